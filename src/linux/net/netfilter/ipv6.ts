import { ICMP6_NUMBER } from '../packet.ts';
import { bad } from './errors.ts';
import type { MatchExtension, TargetExtension } from './extension.ts';
import { reject } from './targets/verdicts.ts';
import { parseUint } from './values.ts';

/** What ip6tables has of its own: icmp6, REJECT (extensions/libip6t_icmp6.c, libip6t_REJECT.c). */

const TYPES: [name: string, type: number][] = [
  ['destination-unreachable', 1], ['packet-too-big', 2], ['time-exceeded', 3], ['ttl-exceeded', 3], ['parameter-problem', 4], ['echo-request', 128], ['ping', 128],
  ['echo-reply', 129], ['pong', 129], ['router-solicitation', 133], ['router-advertisement', 134], ['neighbour-solicitation', 135], ['neighbor-solicitation', 135],
  ['neighbour-advertisement', 136], ['neighbor-advertisement', 136], ['redirect', 137],
];

export const icmp6: MatchExtension<{ type: number; code: number | undefined; not: boolean }> = {
  name: 'icmp6', protocols: [58],
  init: () => ({ type: 0, code: undefined, not: false }),
  options: {
    'icmpv6-type': {
      required: true, invertible: true,
      parse: (d, v, not) => {
        const [type, code] = v.split('/');
        const n = TYPES.find(([name]) => name === v)?.[1] ?? parseUint(type!, 0, 255);
        if (n === undefined) throw bad(`Unknown ICMPv6 type \`${v}'`);
        Object.assign(d, { type: n, code: code === undefined ? undefined : parseUint(code, 0, 255), not });
      },
    },
  },
  print: (d, numeric) => {
    const name = numeric || d.code !== undefined ? undefined : TYPES.find(([, type]) => type === d.type)?.[0];
    return name ? ` ipv6-icmp ${d.not ? '!' : ''}${name}` : ` ipv6-icmp${d.not ? ' !' : ''}type ${d.type}${d.code === undefined ? '' : ` code ${d.code}`}`;
  },
  save: (d) => `${d.not ? ' !' : ''} --icmpv6-type ${d.type}${d.code === undefined ? '' : `/${d.code}`}`,
  compile: (d) => (c) => {
    const part = c.packet.icmp;
    return part !== undefined && (ICMP6_NUMBER[part.type] === d.type && (d.code === undefined || part.code === d.code)) !== d.not;
  },
};

/** Name, alias, the code of ICMP that says the same (undefined: a TCP reset). */
const REJECTS: [name: string, alias: string, code: number | undefined][] = [
  ['icmp6-no-route', 'no-route', 0], ['icmp6-adm-prohibited', 'adm-prohibited', 13], ['icmp6-addr-unreachable', 'addr-unreach', 1], ['icmp6-port-unreachable', 'port-unreach', 3],
  ['tcp-reset', 'tcp-reset', undefined], ['icmp6-policy-fail', 'policy-fail', 5], ['icmp6-reject-route', 'reject-route', 6],
];

export const REJECT6: TargetExtension<{ type: string }> = {
  name: 'REJECT', tables: ['filter'], hooks: ['INPUT', 'FORWARD', 'OUTPUT'],
  init: () => ({ type: 'icmp6-port-unreachable' }),
  options: {
    'reject-with': {
      parse: (d, v) => {
        const found = REJECTS.find(([name, alias]) => name.startsWith(v.toLowerCase()) || alias.startsWith(v.toLowerCase()));
        if (!found) throw bad(`unknown reject type "${v}"`);
        d.type = found[0];
      },
    },
  },
  valid: (d, { proto, protoInverted }) => d.type !== 'tcp-reset' || (proto === 6 && !protoInverted),
  print: (d) => ` reject-with ${d.type}`,
  save: (d) => ` --reject-with ${d.type}`,
  compile: (d) => reject(REJECTS.find(([name]) => name === d.type)![2]),
};
