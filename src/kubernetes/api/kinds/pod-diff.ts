// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Any = any;

/**
 * What the server shows under a refused change of a pod's or claim's spec: in the real one the output of go-cmp for the internal Go
 * structs. Only the lines of the changed top-level fields are here; go-cmp also prints some of their neighbours.
 */
export function podSpecDiff(was: Any, now: Any): string {
  return diff('core.PodSpec', was, now);
}

export function pvcSpecDiff(was: Any, now: Any): string {
  return diff('core.PersistentVolumeClaimSpec', was, now);
}

function diff(type: string, was: Any, now: Any): string {
  const lines = [`  ${type}{`];
  for (const field of [...new Set([...Object.keys(was), ...Object.keys(now)])]) {
    const a = JSON.stringify(was[field]), b = JSON.stringify(now[field]);
    if (a === b) continue;
    const name = `${field[0]!.toUpperCase()}${field.slice(1)}:`;
    lines.push(`- \t${name} ${goText(was[field])},`, `+ \t${name} ${goText(now[field])},`);
  }
  return `${[...lines, '  }'].join('\n')}\n`;
}

function goText(value: Any): string {
  if (value === undefined) return 'nil';
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `{${value.map(goText).join(', ')}}`;
  if (typeof value === 'object' && value !== null) return `{${Object.entries(value).map(([k, v]) => `${k[0]!.toUpperCase()}${k.slice(1)}: ${goText(v)}`).join(', ')}}`;
  return typeof value === 'number' ? `&${value}` : String(value);
}
