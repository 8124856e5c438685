import type { LabelSelector } from '../../client/labels.ts';
import { uniqueId } from './hash.ts';

/** A selector over the labels of endpoints: Calico's language (libcalico-go/lib/selector), as far as NetworkPolicies are turned into it. */
export interface Selector {
  /** As Calico writes it back: what its id is made of. */
  text: string;
  matches(labels: ReadonlyMap<string, string>): boolean;
}

export const NAMESPACE = 'projectcalico.org/namespace', ORCHESTRATOR = 'projectcalico.org/orchestrator', NAMESPACE_LABELS = 'pcns.';

export const all: Selector = { text: 'all()', matches: () => true };
export const equals = (label: string, value: string): Selector => ({ text: `${label} == ${quote(value)}`, matches: (l) => l.get(label) === value });
export const has = (label: string): Selector => ({ text: `has(${label})`, matches: (l) => l.has(label) });
const not = (s: Selector): Selector => ({ text: `!${s.text}`, matches: (l) => !s.matches(l) });

export function and(...parts: Selector[]): Selector {
  if (parts.length === 1) return parts[0]!;
  return { text: `(${parts.map((p) => p.text).join(' && ')})`, matches: (l) => parts.every((p) => p.matches(l)) };
}

function isIn(label: string, values: readonly string[], inverted: boolean): Selector {
  const sorted = [...new Set(values)].sort();
  return {
    text: `${label} ${inverted ? 'not in' : 'in'} {${sorted.map(quote).join(', ')}}`,
    matches: (l) => (l.has(label) && sorted.includes(l.get(label)!)) !== inverted,
  };
}

const quote = (value: string): string => (value.includes('"') ? `'${value}'` : `"${value}"`);

/** k8sSelectorToCalico: the parts of a label selector, labels first in order of their names. `prefix`: of namespaces' labels. */
function parts(s: LabelSelector | undefined, prefix: string): Selector[] {
  if (!s) return [];
  const labels = Object.entries(s.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => equals(prefix + k, v));
  const expressions = (s.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    const label = prefix + key;
    if (operator === 'Exists') return has(label);
    if (operator === 'DoesNotExist') return not(has(label));
    return isIn(label, values, operator === 'NotIn');
  });
  return [...labels, ...expressions];
}

/** Pods of any namespace that a podSelector selects; without one, all pods. */
export function podSelector(s: LabelSelector | undefined): Selector {
  return and(equals(ORCHESTRATOR, 'k8s'), ...parts(s, ''));
}

/** Pods in namespaces that a namespaceSelector selects. */
export function namespaceSelector(s: LabelSelector): Selector {
  const found = parts(s, NAMESPACE_LABELS);
  return found.length === 0 ? has(NAMESPACE) : and(...found);
}

export const selectorId = (s: Selector): string => uniqueId('s', s.text);
/** Id of the set of those endpoints' ports of that name. */
export const namedPortId = (s: Selector, protocol: string, port: string): string => uniqueId('n', `${selectorId(s)},${protocol},${port}`);
