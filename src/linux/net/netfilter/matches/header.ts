/** Matches on fields of the IP header: ttl (libipt_ttl.c), of IPv6 hl (libip6t_hl.c), tos (libxt_tos.c). */
import { bad } from '../errors.ts';
import type { MatchExtension } from '../extension.ts';
import { parseOptionUint, parseTos, tosName, tosText, type Tos } from '../values.ts';

interface Ttl {
  compare?: 'eq' | 'ne' | 'lt' | 'gt';
  value: number;
}
const SIGN = { eq: '==', ne: '!=', lt: '<', gt: '>' };

const compared = (name: string, compare: 'eq' | 'lt' | 'gt') => ({
  invertible: compare === 'eq',
  parse: (d: Ttl, v: string, not: boolean) => {
    if (d.compare) throw bad(`${name}: option "--${name}-${compare}" cannot be used together with "--${name}-${d.compare === 'ne' ? 'eq' : d.compare}".\n`);
    d.value = parseOptionUint(v, `${name}-${compare}`, name, 0, 255);
    d.compare = not ? 'ne' : compare;
  },
});

const hops = (name: string, upper: string): MatchExtension<Ttl> => ({
  name,
  init: () => ({ value: 0 }),
  options: { [`${name}-eq`]: compared(name, 'eq'), [`${name}-lt`]: compared(name, 'lt'), [`${name}-gt`]: compared(name, 'gt'), [name]: compared(name, 'eq') },
  check: (d) => {
    if (!d.compare) throw bad(`${upper} match: You must specify one of \`--${name}-eq', \`--${name}-lt', \`--${name}-gt`);
  },
  print: (d) => ` ${upper} match ${upper} ${SIGN[d.compare!]} ${d.value}`,
  save: (d) => (d.compare === 'ne' ? ` ! --${name}-eq ${d.value}` : ` --${name}-${d.compare!} ${d.value}`),
  compile: ({ compare, value }) => {
    const holds = { eq: (n: number) => n === value, ne: (n: number) => n !== value, lt: (n: number) => n < value, gt: (n: number) => n > value }[compare!];
    return (c) => holds(c.packet.ttl);
  },
});
export const ttl = hops('ttl', 'TTL'), hl = hops('hl', 'HL');

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
