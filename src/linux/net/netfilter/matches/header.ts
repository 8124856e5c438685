/** Matches on fields of the IP header: ttl (libipt_ttl.c), tos (libxt_tos.c). */
import { bad } from '../errors.ts';
import type { MatchExtension } from '../extension.ts';
import { parseOptionUint, parseTos, tosName, tosText, type Tos } from '../values.ts';

interface Ttl {
  compare?: 'eq' | 'ne' | 'lt' | 'gt';
  value: number;
}
const SIGN = { eq: '==', ne: '!=', lt: '<', gt: '>' };

const compared = (compare: 'eq' | 'lt' | 'gt') => ({
  invertible: compare === 'eq',
  parse: (d: Ttl, v: string, not: boolean) => {
    if (d.compare) throw bad(`ttl: option "--ttl-${compare}" cannot be used together with "--ttl-${d.compare === 'ne' ? 'eq' : d.compare}".\n`);
    d.value = parseOptionUint(v, `ttl-${compare}`, 'ttl', 0, 255);
    d.compare = not ? 'ne' : compare;
  },
});

export const ttl: MatchExtension<Ttl> = {
  name: 'ttl',
  init: () => ({ value: 0 }),
  options: { 'ttl-eq': compared('eq'), 'ttl-lt': compared('lt'), 'ttl-gt': compared('gt'), ttl: compared('eq') },
  check: (d) => {
    if (!d.compare) throw bad("TTL match: You must specify one of `--ttl-eq', `--ttl-lt', `--ttl-gt");
  },
  print: (d) => ` TTL match TTL ${SIGN[d.compare!]} ${d.value}`,
  save: (d) => (d.compare === 'ne' ? ` ! --ttl-eq ${d.value}` : ` --ttl-${d.compare!} ${d.value}`),
  compile: ({ compare, value }) => {
    const holds = { eq: (n: number) => n === value, ne: (n: number) => n !== value, lt: (n: number) => n < value, gt: (n: number) => n > value }[compare!];
    return (c) => holds(c.packet.ttl);
  },
};

export const tos: MatchExtension<{ tos: Tos; not: boolean }> = {
  name: 'tos',
  init: () => ({ tos: { value: 0, mask: 0xff }, not: false }),
  options: { tos: { required: true, invertible: true, parse: (d, v, not) => Object.assign(d, { tos: parseTos(v, 'tos', 'tos'), not }) } },
  print: (d, numeric) => {
    const name = numeric ? undefined : tosName(d.tos);
    return ` tos match${d.not ? '!' : ''}${name ? ` ${name}` : tosText(d.tos)}`;
  },
  save: (d) => `${d.not ? ' !' : ''} --tos ${tosText(d.tos)}`,
  compile: ({ tos: { value, mask }, not }) => (c) => ((c.packet.tos & mask) === value) !== not,
};
