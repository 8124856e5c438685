import { ICMP_NUMBER } from '../../packet.ts';
import { bad } from '../errors.ts';
import type { MatchExtension } from '../extension.ts';
import { parseUint } from '../values.ts';

interface Icmp {
  type: number;
  codes: [low: number, high: number];
  inverted: boolean;
}

/** libxt_icmp.h: the first name of a type is the one shown. */
const TYPES: [name: string, type: number, low: number, high: number][] = [
  ['any', 255, 0, 255], ['echo-reply', 0, 0, 255], ['pong', 0, 0, 255], ['destination-unreachable', 3, 0, 255],
  ...(['network-unreachable', 'host-unreachable', 'protocol-unreachable', 'port-unreachable', 'fragmentation-needed', 'source-route-failed', 'network-unknown', 'host-unknown'].map((n, i) => [n, 3, i, i]) as [string, number, number, number][]),
  ['network-prohibited', 3, 9, 9], ['host-prohibited', 3, 10, 10], ['TOS-network-unreachable', 3, 11, 11], ['TOS-host-unreachable', 3, 12, 12],
  ['communication-prohibited', 3, 13, 13], ['host-precedence-violation', 3, 14, 14], ['precedence-cutoff', 3, 15, 15], ['source-quench', 4, 0, 255],
  ['redirect', 5, 0, 255], ['network-redirect', 5, 0, 0], ['host-redirect', 5, 1, 1], ['TOS-network-redirect', 5, 2, 2], ['TOS-host-redirect', 5, 3, 3],
  ['echo-request', 8, 0, 255], ['ping', 8, 0, 255], ['router-advertisement', 9, 0, 255], ['router-solicitation', 10, 0, 255],
  ['time-exceeded', 11, 0, 255], ['ttl-exceeded', 11, 0, 255], ['ttl-zero-during-transit', 11, 0, 0], ['ttl-zero-during-reassembly', 11, 1, 1],
  ['parameter-problem', 12, 0, 255], ['ip-header-bad', 12, 0, 0], ['required-option-missing', 12, 1, 1],
  ['timestamp-request', 13, 0, 255], ['timestamp-reply', 14, 0, 255], ['address-mask-request', 17, 0, 255], ['address-mask-reply', 18, 0, 255],
];

export const icmp: MatchExtension<Icmp> = {
  name: 'icmp', protocols: [1],
  init: () => ({ type: 255, codes: [0, 255], inverted: false }),
  options: {
    'icmp-type': {
      required: true, invertible: true,
      parse: (d, value, inverted) => {
        Object.assign(d, parseType(value));
        d.inverted = inverted;
      },
    },
  },
  print: (d, numeric) => {
    if (!numeric) {
      const known = TYPES.find(([, type, low, high]) => type === d.type && low === d.codes[0] && high === d.codes[1]);
      if (known) return ` icmp ${d.inverted ? '!' : ''}${known[0]}`;
    }
    const codes = d.codes[0] === d.codes[1] ? ` code ${d.codes[0]}` : d.codes[0] !== 0 || d.codes[1] !== 255 ? ` codes ${d.codes[0]}-${d.codes[1]}` : '';
    return ` icmp${d.inverted ? ' !' : ''}type ${d.type}${codes}`;
  },
  save: (d) => {
    const code = d.codes[0] !== 0 || d.codes[1] !== 255 ? `/${d.codes[0]}` : '';
    return `${d.inverted ? ' !' : ''} --icmp-type ${d.type === 255 ? 'any' : `${d.type}${code}`}`;
  },
  compile: (d) => (c) => {
    const part = c.packet.icmp;
    if (!part) return false;
    return (d.type === 255 || (ICMP_NUMBER[part.type] === d.type && part.code >= d.codes[0] && part.code <= d.codes[1])) !== d.inverted;
  },
};

function parseType(text: string): { type: number; codes: [number, number] } {
  const found = TYPES.filter(([name]) => name.toLowerCase().startsWith(text.toLowerCase()));
  const exact = found.find(([name]) => name.toLowerCase() === text.toLowerCase());
  if (found.length > 1 && !exact) throw bad(`Ambiguous ICMP type \`${text}': \`${found[0]![0]}' or \`${found[1]![0]}'?`);
  const known = exact ?? found[0];
  if (known) return { type: known[1], codes: [known[2], known[3]] };
  const [type, code] = text.split('/');
  const t = parseUint(type!, 0, 255);
  if (t === undefined) throw bad(/^\d/.test(text) ? `Invalid ICMP type \`${type}'` : `Unknown ICMP type \`${text}'`);
  if (code === undefined) return { type: t, codes: [0, 255] };
  const c = parseUint(code, 0, 255);
  if (c === undefined) throw bad(`Invalid ICMP code \`${code}'`);
  return { type: t, codes: [c, c] };
}
