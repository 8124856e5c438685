import { deepFreeze } from '../api/decode.ts';
import { parseYaml } from '../yaml/parse.ts';

const KEPT = 200;
const known = new Map<string, unknown>();

/** What a YAML text holds, frozen. For files that are read again and again and hardly ever change (kubeconfigs, manifests, configurations): the same text is parsed once. Throws YamlError. */
export function parseOnce(text: string): unknown {
  if (known.has(text)) return known.get(text);
  const value = deepFreeze(parseYaml(text) as unknown);
  if (known.size >= KEPT) known.clear();
  known.set(text, value);
  return value;
}
