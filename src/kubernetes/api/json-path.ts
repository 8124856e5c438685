/** The part of kubectl's JSONPath that printer columns use: `.a.b`, `['a.b']`, `[0]`, `[*]`, `[?(@.type=="Ready")]`. */
export function jsonPath(root: unknown, path: string): unknown[] {
  let nodes: unknown[] = [root];
  for (const step of steps(path)) nodes = nodes.flatMap((node) => apply(node, step));
  return nodes;
}

type Step = { field: string } | { index: number } | { all: true } | { filter: { path: string; operator: string; value: unknown } };
const cache = new Map<string, Step[]>();

function steps(path: string): Step[] {
  const known = cache.get(path);
  if (known) return known;
  const out: Step[] = [];
  const pattern = /\.?((?:\\.|[A-Za-z0-9_$/-])+)|\['([^']*)'\]|\["([^"]*)"\]|\[(-?\d+)\]|(\.?\[?\*\]?)|\[\?\(@\.?(.+?)\s*(==|!=|<=|>=|<|>)\s*(.+?)\)\]/y;
  let at = 0;
  while (at < path.length) {
    pattern.lastIndex = at;
    const m = pattern.exec(path);
    if (!m) break;
    at = pattern.lastIndex;
    const field = m[1] ?? m[2] ?? m[3];
    if (field !== undefined) out.push({ field: field.replace(/\\(.)/g, '$1') });
    else if (m[4] !== undefined) out.push({ index: Number(m[4]) });
    else if (m[5] !== undefined) out.push({ all: true });
    else out.push({ filter: { path: `.${m[6]}`, operator: m[7]!, value: literal(m[8]!) } });
  }
  cache.set(path, out);
  return out;
}

function literal(text: string): unknown {
  const quoted = /^(['"])(.*)\1$/.exec(text);
  if (quoted) return quoted[2];
  if (text === 'true' || text === 'false') return text === 'true';
  return Number.isNaN(Number(text)) ? text : Number(text);
}

function apply(node: unknown, step: Step): unknown[] {
  if (node === null || typeof node !== 'object') return [];
  if ('field' in step) {
    const value = (node as Record<string, unknown>)[step.field];
    return value === undefined || Array.isArray(node) ? [] : [value];
  }
  const items = Array.isArray(node) ? node : Object.values(node);
  if ('all' in step) return items;
  if ('index' in step) {
    const value = items.at(step.index);
    return value === undefined ? [] : [value];
  }
  const { path, operator, value } = step.filter;
  return items.filter((item) => {
    const found = jsonPath(item, path)[0] as string;
    switch (operator) {
      case '==': return found === value;
      case '!=': return found !== value;
      case '<': return found < (value as string);
      case '>': return found > (value as string);
      case '<=': return found <= (value as string);
      default: return found >= (value as string);
    }
  });
}
