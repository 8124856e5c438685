import { parseQuantity, quantity } from '../quantity.ts';
import { same } from '../same.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Any = any;

/**
 * What the server shows under a refused change of a pod's or claim's spec: go-cmp's report of the internal Go structs. Structs are
 * given field by field in Go's order; `""` marks fields whose zero is an empty string, the others print nil.
 */
const POD_SPEC = 'Volumes InitContainers Containers EphemeralContainers RestartPolicy"" TerminationGracePeriodSeconds& ActiveDeadlineSeconds& DNSPolicy"" NodeSelector ServiceAccountName"" AutomountServiceAccountToken& NodeName"" SecurityContext& ImagePullSecrets Hostname"" Subdomain"" SetHostnameAsFQDN& Affinity& SchedulerName"" Tolerations HostAliases PriorityClassName"" Priority& PreemptionPolicy& DNSConfig& ReadinessGates RuntimeClassName& Overhead EnableServiceLinks& TopologySpreadConstraints OS& SchedulingGates ResourceClaims'.split(' ');
const CONTAINER = 'Name"" Image"" Command Args WorkingDir"" Ports EnvFrom Env Resources VolumeMounts VolumeDevices LivenessProbe& ReadinessProbe& StartupProbe& Lifecycle& TerminationMessagePath"" TerminationMessagePolicy"" ImagePullPolicy"" SecurityContext& Stdin StdinOnce TTY'.split(' ');
const CLAIM_SPEC = 'AccessModes Selector& Resources VolumeName"" StorageClassName& VolumeMode& DataSource& DataSourceRef&'.split(' ');
const ELEMENTS: Record<string, string> = { Ports: 'core.ContainerPort', Env: 'core.EnvVar', Command: 'string', Args: 'string', AccessModes: 'core.PersistentVolumeAccessMode', Tolerations: 'core.Toleration', Volumes: 'core.Volume' };

export function podSpecDiff(was: Any, now: Any): string {
  return `${report('core.PodSpec', POD_SPEC, was, now, '  ', '').join('\n')}\n`;
}

export function pvcSpecDiff(was: Any, now: Any): string {
  return `${report('core.PersistentVolumeClaimSpec', CLAIM_SPEC, was, now, '  ', '').join('\n')}\n`;
}

interface Line { sign: string; name: string; text: string[] }

function report(type: string, fields: string[], was: Any, now: Any, margin: string, indent: string): string[] {
  const names = fields.map((f) => f.replace(/(""|&)$/, ''));
  const changed = names.map((n) => !same(was[json(n)], now[json(n)]));
  const lines: (Line | string)[] = [];
  for (let i = 0; i < fields.length; ) {
    if (changed[i]) {
      lines.push(...changedField(fields[i]!, was, now, `${indent}\t`));
      i++;
      continue;
    }
    let end = i;
    while (end < fields.length && !changed[end]) end++;
    // Two neighbours on each side that has a change; the rest is counted.
    const before = i === 0 ? 0 : 2, after = end === fields.length ? 0 : 2;
    const hidden = end - i - before - after;
    const show = (k: number) => lines.push({ sign: ' ', name: names[k]!, text: [value(was[json(names[k]!)], fields[k]!)] });
    if (hidden <= 1) for (let k = i; k < end; k++) show(k);
    else {
      for (let k = i; k < i + before; k++) show(k);
      lines.push(`... // ${hidden} identical fields`);
      for (let k = end - after; k < end; k++) show(k);
    }
    i = end;
  }
  return [`${margin}${indent}${type}{`, ...align(lines, `${indent}\t`), `${margin}${indent}}`];
}

function changedField(field: string, was: Any, now: Any, indent: string): Line[] {
  const name = field.replace(/(""|&)$/, ''), a = was[json(name)], b = now[json(name)];
  if (name === 'Containers' && Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
    const text = ['[]core.Container{'];
    a.forEach((c: Any, i: number) => {
      if (same(c, b[i])) text.push(`  ${indent}\t${value(c, 'Container')},`);
      else text.push(...report('', CONTAINER, c, b[i], '  ', `${indent}\t`).map((l, k, all) => (k === all.length - 1 ? `${l},` : l)));
    });
    return [{ sign: ' ', name, text: [...text, `  ${indent}}`] }];
  }
  if (name === 'Resources') {
    const text = ['core.ResourceRequirements{'];
    for (const list of ['limits', 'requests']) {
      const x = a?.[list], y = b?.[list], label = title(list);
      if (same(x, y)) text.push(`  ${indent}\t${label}: ${value(x, '', 1)},`);
      else for (const [sign, q] of [['-', x], ['+', y]] as const) text.push(...quantities(sign, label, q ?? {}, `${indent}\t`));
    }
    return [{ sign: ' ', name, text: [...text, `  ${indent}\tClaims: nil,`, `  ${indent}}`] }];
  }
  const typed = (v: Any) => (Array.isArray(v) && v.length > 0 ? `[]${ELEMENTS[name] ?? 'interface{}'}${value(v, field)}` : value(v, field));
  return [{ sign: '-', name, text: [typed(a)] }, { sign: '+', name, text: [typed(b)] }];
}

function quantities(sign: string, label: string, list: Record<string, string>, indent: string): string[] {
  const rows = Object.entries(list).map(([k, text]) => {
    const { nano, format } = quantity(text);
    const amount = nano % 1_000_000_000n === 0n ? `value: ${nano / 1_000_000_000n}` : `value: ${nano / 1_000_000n}, scale: -3`;
    return `${sign} ${indent}\ts${JSON.stringify(k)}: {i: resource.int64Amount{${amount}}, s: ${JSON.stringify(text)}, Format: ${JSON.stringify(format)}},`;
  });
  return [`${sign} ${indent}${label}: core.ResourceList{`, ...rows, `${sign} ${indent}},`];
}

/** Values stand in a column within a run of one-line fields. */
function align(lines: (Line | string)[], indent: string): string[] {
  const out: string[] = [];
  for (let i = 0; i < lines.length; ) {
    let end = i;
    while (end < lines.length && typeof lines[end] !== 'string' && (lines[end] as Line).text.length === 1) end++;
    // A field that goes over several lines closes the run before it and stands in its column.
    const run = lines.slice(i, Math.max(end, i + 1));
    const next = lines[end];
    const withNext = end > i && next !== undefined && typeof next !== 'string' && (next as Line).text.length > 1;
    const width = Math.max(0, ...[...run, ...(withNext ? [next!] : [])].map((l) => (typeof l === 'string' ? 0 : l.name.length)));
    for (const line of withNext ? [...run, next!] : run) {
      if (typeof line === 'string') out.push(`  ${indent}${line}`);
      else {
        const multi = line.text.length > 1;
        out.push(`${line.sign === ' ' ? ' ' : line.sign} ${indent}${multi ? `${line.name}: ` : `${line.name}:`.padEnd(width + 2)}${line.text[0]}${multi ? '' : ','}`, ...line.text.slice(1, -1));
        if (multi) out.push(`${line.text.at(-1)},`);
      }
    }
    i = Math.max(end, i + 1) + (withNext ? 1 : 0);
  }
  return out;
}

const LITERAL: Record<string, string> = { DNSPolicy: 'dnsPolicy', DNSConfig: 'dnsConfig', OS: 'os', TTY: 'tty', SetHostnameAsFQDN: 'setHostnameAsFQDN' };
function json(name: string): string {
  return LITERAL[name] ?? `${name[0]!.toLowerCase()}${name.slice(1)}`;
}

/** A value on one line; what is deep is cut as go-cmp cuts it. */
function value(v: Any, field: string, depth = 0): string {
  if (v === undefined || v === null) return field.endsWith('""') ? '""' : /^(Stdin|StdinOnce|TTY)$/.test(field) ? 'false' : field === 'Resources' ? '{}' : 'nil';
  const pointer = field.endsWith('&') ? '&' : '';
  if (typeof v === 'string') return `${pointer}${JSON.stringify(v)}`;
  if (typeof v !== 'object') return `${pointer}${String(v)}`;
  if (Array.isArray(v)) return `{${v.map((item) => value(item, '', depth + 1)).join(', ')}}`;
  const keys = Object.keys(v).filter((k) => typeof v[k] !== 'object' || Object.keys(v[k] ?? {}).length > 0);
  if (depth === 1 && SOURCES.some((k) => k in v)) {
    const source = Object.keys(v).find((k) => k !== 'name')!;
    return `{Name: ${JSON.stringify(v.name)}, VolumeSource: {${title(source)}: &${value(v[source], '', depth + 1)}}}`;
  }
  if (keys.length > 0 && keys.every((k) => typeof v[k] === 'string' && typeof parseQuantity(v[k]) !== 'string') && depth > 0) {
    return `{${keys.map((k) => `s${JSON.stringify(k)}: {i: {...}, s: ${JSON.stringify(v[k])}, Format: ${JSON.stringify(quantity(v[k]).format)}}`).join(', ')}}`;
  }
  const known = depth === 1 && 'image' in v ? CONTAINER.map((f) => json(f.replace(/(""|&)$/, ''))).filter((k) => keys.includes(k)) : keys;
  const shown = known.slice(0, 4).map((k) => (k === 'name' && depth > 2 && 'items' in v ? `LocalObjectReference: {Name: ${JSON.stringify(v[k])}}` : `${title(k)}: ${POINTERS.has(k) ? '&' : ''}${value(v[k], '', depth + 1)}`));
  return `${pointer}{${shown.join(', ')}${known.length > 4 ? ', ...' : ''}}`;
}

const SOURCES = ['projected', 'configMap', 'secret', 'emptyDir', 'hostPath', 'persistentVolumeClaim', 'downwardAPI'];
const POINTERS = new Set(['serviceAccountToken', 'configMap', 'downwardAPI', 'secret', 'fieldRef', 'defaultMode']);

function title(field: string): string {
  return field === 'apiVersion' ? 'APIVersion' : `${field.slice(0, 1).toUpperCase()}${field.slice(1)}`;
}
