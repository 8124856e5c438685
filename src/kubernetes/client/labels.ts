/** Label selectors as structs (metav1.LabelSelector, corev1.NodeSelector) and as maps. */
export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: Requirement[];
}
export interface Requirement {
  key: string;
  operator: string;
  values?: string[];
}
type Labels = Record<string, string> | undefined;

/** metav1.LabelSelectorAsSelector: a missing selector matches nothing, an empty one everything. */
export function matchesSelector(selector: LabelSelector | undefined | null, labels: Labels): boolean {
  if (!selector) return false;
  if (!matchesMap(selector.matchLabels, labels)) return false;
  for (const r of selector.matchExpressions ?? []) if (!matchesRequirement(r, labels)) return false;
  return true;
}

/** Whether every pair of `wanted` is among `labels`. */
export function matchesMap(wanted: Labels, labels: Labels): boolean {
  for (const k in wanted) if (labels?.[k] !== wanted[k]) return false;
  return true;
}

export function matchesRequirement({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = labels?.[key];
  switch (operator) {
    case 'In': return value !== undefined && (values ?? []).includes(value);
    case 'NotIn': return value === undefined || !(values ?? []).includes(value);
    case 'Exists': return value !== undefined;
    case 'DoesNotExist': return value === undefined;
    case 'Gt': return value !== undefined && /^-?\d+$/.test(value) && Number(value) > Number(values?.[0]);
    case 'Lt': return value !== undefined && /^-?\d+$/.test(value) && Number(value) < Number(values?.[0]);
    default: return false;
  }
}

/** metav1.FormatLabelSelector's text: `app=web,tier in (a,b)`. */
export function formatSelector(selector: LabelSelector | undefined): string {
  const all: { key: string; text: string }[] = [];
  for (const [key, value] of Object.entries(selector?.matchLabels ?? {})) all.push({ key, text: `${key}=${value}` });
  for (const { key, operator, values } of selector?.matchExpressions ?? []) {
    const set = `(${[...(values ?? [])].sort().join(',')})`;
    all.push({ key, text: operator === 'In' ? `${key} in ${set}` : operator === 'NotIn' ? `${key} notin ${set}` : operator === 'Exists' ? key : `!${key}` });
  }
  return all.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map((r) => r.text).join(',');
}
