import { base64Url } from '../../api/base64.ts';
import { sha224, sha256 } from '../../runtime/sha256.ts';

/** How Felix names things (felix/hashutils, felix/iptables/rules.go, v3.26). */

const MAX_CHAIN_NAME = 28, MAX_SET_NAME = 31, RULE_HASH = 16;
const encode = (text: string) => new TextEncoder().encode(text);

/** A chain's name: the prefix and the name, or `_` and a hash of the name when that is too long. */
export function chainName(prefix: string, name: string): string {
  const total = prefix.length + name.length;
  if (total < MAX_CHAIN_NAME || (total === MAX_CHAIN_NAME && !name.startsWith('_'))) return prefix + name;
  return `${prefix}_${base64Url(sha256(name)).slice(0, MAX_CHAIN_NAME - 1 - prefix.length)}`;
}

/** `PREFIX:HASH`, as selectors and named ports are known. */
export function uniqueId(prefix: string, content: string): string {
  return `${prefix}:${base64Url(sha224(encode(`${prefix}:${content}`)))}`;
}

export function setName(id: string): string {
  return `cali40${id}`.slice(0, MAX_SET_NAME);
}

/** Each rule's hash holds those before it; `texts` are the rules as they are appended, with HASH in the place of the comment. */
export function ruleHashes(chain: string, texts: readonly string[]): string[] {
  let hash = sha224(encode(chain));
  return texts.map((text) => {
    const rule = encode(text), all = new Uint8Array(hash.length + rule.length);
    all.set(hash);
    all.set(rule, hash.length);
    hash = sha224(all);
    return base64Url(hash).slice(0, RULE_HASH);
  });
}
