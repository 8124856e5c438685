import { bad } from '../errors.ts';
import type { MatchExtension } from '../extension.ts';

interface SetMatch {
  set: string;
  flags: ('src' | 'dst')[];
  not: boolean;
}

/** -m set: looks a packet up in an ipset of the namespace. */
export const set: MatchExtension<SetMatch> = {
  name: 'set',
  init: () => ({ set: '', flags: [], not: false }),
  options: {
    'match-set': {
      args: 2, invertible: true,
      parse: (d, name, not, state, flags) => {
        if (d.set) throw bad('--match-set can be specified only once');
        if (state.netfilter && !state.netfilter.sets.has(name)) throw bad(`Set ${name} doesn't exist.\n`);
        const sides = flags.split(',');
        const wrong = sides.findIndex((s) => s !== 'src' && s !== 'dst');
        if (wrong >= 0) throw bad("You must spefify (the comma separated list of) 'src' or 'dst'.");
        Object.assign(d, { set: name, flags: sides, not });
      },
    },
  },
  check: (d) => {
    if (!d.set) throw bad('You must specify `--match-set\' with proper arguments');
  },
  print: (d) => `${d.not ? ' !' : ''} match-set ${d.set} ${d.flags.join(',')}`,
  save: (d) => `${d.not ? ' !' : ''} --match-set ${d.set} ${d.flags.join(',')}`,
  compile: (d, netfilter) => (c) => (netfilter.sets.get(d.set)?.has(c.packet, d.flags, netfilter.sets) ?? false) !== d.not,
};
