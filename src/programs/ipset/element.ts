import { mask, network, parseCidr, parseIpv4 } from '../../linux/net/addresses.ts';
import type { IpSet, Part, Value } from '../../linux/net/netfilter/ipset.ts';
import { protocolName, protocolNumber } from '../../linux/net/netfilter/protocols.ts';
import { servicePort } from '../../linux/net/netfilter/services.ts';

/** Text that is no element of the set. */
export class ElementError extends Error {}

/** The elements that a word stands for: `10.0.0.1`, `10.0.0.1-10.0.0.9`, `10.0.0.0/30`, `10.0.0.1,tcp:80` … */
export function parseElements(set: IpSet, text: string): Value[][] {
  const words = text.split(',');
  const names = ['First', 'Second', 'Third'];
  if (words.length < set.parts.length) throw new ElementError(`Syntax error: ${names[words.length]} element is missing from ${text}.`);
  if (words.length > set.parts.length) throw new ElementError(`Syntax error: Elem separator in ${text}, but settype ${set.type} supports none.`);
  let all: Value[][] = [[]];
  set.parts.forEach((part, i) => {
    const values = parsePart(set, part, words[i]!, i === 0);
    all = all.flatMap((before) => values.map((v) => [...before, v]));
  });
  return all;
}

function parsePart(set: IpSet, part: Part, word: string, spread: boolean): Value[] {
  if (part === 'set') return [{ set: word }];
  if (part === 'port') return parsePorts(word, set.type === 'bitmap:port');
  if (part === 'net') {
    const prefix = parseCidr(word);
    if (!prefix || word === 'default') throw unresolved(word);
    return [{ address: network(prefix.address, prefix.bits), bits: prefix.bits }];
  }
  const dash = word.split('-');
  if (dash.length === 2 && spread) {
    const [from, to] = dash.map(parseIpv4);
    if (from === undefined || to === undefined) throw unresolved(word);
    return range(from, to);
  }
  const prefix = parseCidr(word);
  if (!prefix || word === 'default') throw unresolved(word);
  if (prefix.bits === 32) return [{ address: prefix.address }];
  const first = network(prefix.address, prefix.bits);
  return range(first, (first | ~mask(prefix.bits)) >>> 0);
}

function range(from: number, to: number): Value[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => ({ address: from + i }));
}

function parsePorts(word: string, bare: boolean): Value[] {
  const colon = word.indexOf(':');
  const proto = colon < 0 ? 6 : protocolNumber(word.slice(0, colon));
  if (proto === undefined) throw new ElementError(`Syntax error: cannot parse '${word.slice(0, colon)}' as a protocol`);
  const [low = '', high = low] = word.slice(colon + 1).split('-');
  const [from, to] = [low, high].map((p) => (/^\d+$/.test(p) && Number(p) <= 65535 ? Number(p) : servicePort(p, protocolName(proto))));
  if (from === undefined || to === undefined) throw new ElementError(`Syntax error: cannot parse '${word.slice(colon + 1)}' as a ${(protocolName(proto) ?? 'tcp').toUpperCase()} port`);
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => (bare ? { port: from + i } : { port: from + i, proto }));
}

function unresolved(word: string): ElementError {
  return new ElementError(`Syntax error: cannot parse ${word}: resolving to IPv4 address failed`);
}
