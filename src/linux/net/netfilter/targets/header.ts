/** Targets that change the IP header: TTL (libipt_TTL.c), of IPv6 HL (libip6t_HL.c), TOS (libxt_TOS.c). */
import { bad } from '../errors.ts';
import { CONTINUE, type TargetExtension } from '../extension.ts';
import { parseOptionUint, parseTos, tosName, tosText, type Tos } from '../values.ts';

interface Ttl {
  action?: 'set' | 'inc' | 'dec';
  value: number;
}
const SHOWN = { set: 'set to', inc: 'increment by', dec: 'decrement by' };

const changed = (name: string, action: 'set' | 'inc' | 'dec') => ({
  parse: (d: Ttl, v: string) => {
    if (d.action) throw bad(`${name}: option "--${name.toLowerCase()}-${action}" cannot be used together with "--${name.toLowerCase()}-${d.action}".\n`);
    d.value = parseOptionUint(v, `${name.toLowerCase()}-${action}`, name, action === 'set' ? 0 : 1, 255);
    d.action = action;
  },
});

const hops = (name: string): TargetExtension<Ttl> => ({
  name, tables: ['mangle'],
  init: () => ({ value: 0 }),
  options: Object.fromEntries((['set', 'inc', 'dec'] as const).map((action) => [`${name.toLowerCase()}-${action}`, changed(name, action)])),
  check: (d) => {
    if (!d.action) throw bad(`${name}: You must specify an action`);
  },
  print: (d) => ` ${name} ${SHOWN[d.action!]} ${d.value}`,
  save: (d) => ` --${name.toLowerCase()}-${d.action!} ${d.value}`,
  compile: ({ action, value }) => ({ packet }) => {
    const to = action === 'set' ? value : action === 'inc' ? packet.ttl + value : packet.ttl - value;
    packet.ttl = Math.max(0, Math.min(255, to));
    return CONTINUE;
  },
});
export const TTL = hops('TTL'), HL = hops('HL');

export const TOS: TargetExtension<{ tos?: Tos }> = {
  name: 'TOS', tables: ['mangle'],
  init: () => ({}),
  options: {
    'set-tos': { parse: (d, v) => void (d.tos = parseTos(v, 'set-tos', 'TOS')) },
    'and-tos': { parse: (d, v) => void (d.tos = { value: 0, mask: ~parseOptionUint(v, 'and-tos', 'TOS', 0, 255) & 0xff }) },
    'or-tos': {
      parse: (d, v) => {
        const value = parseOptionUint(v, 'or-tos', 'TOS', 0, 255);
        d.tos = { value, mask: value };
      },
    },
    'xor-tos': { parse: (d, v) => void (d.tos = { value: parseOptionUint(v, 'xor-tos', 'TOS', 0, 255), mask: 0 }) },
  },
  check: (d) => {
    if (!d.tos) throw bad('TOS: An action is required');
  },
  print: (d, numeric) => {
    const name = numeric ? undefined : tosName(d.tos!);
    // The symbol follows its prefix without a space (tos_try_print_symbolic).
    return name ? `  TOS set${name}` : ` TOS set ${tosText(d.tos!)}`;
  },
  save: (d) => ` --set-tos ${tosText(d.tos!)}`,
  compile: ({ tos }) => ({ packet }) => {
    packet.tos = (packet.tos & ~tos!.mask) ^ tos!.value;
    return CONTINUE;
  },
};
