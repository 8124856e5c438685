import type { MatchExtension } from '../extension.ts';

interface Rpfilter {
  loose: boolean;
  validmark: boolean;
  acceptLocal: boolean;
  invert: boolean;
}
const words = (d: Rpfilter, dash: string): string => `${d.loose ? ` ${dash}loose` : ''}${d.validmark ? ` ${dash}validmark` : ''}${d.acceptLocal ? ` ${dash}accept-local` : ''}${d.invert ? ` ${dash}invert` : ''}`;
const flag = (key: keyof Rpfilter) => ({ args: 0 as const, parse: (d: Rpfilter) => void (d[key] = true) });

/** -m rpfilter: an answer to the packet would leave by the link it came in. */
export const rpfilter: MatchExtension<Rpfilter> = {
  name: 'rpfilter',
  init: () => ({ loose: false, validmark: false, acceptLocal: false, invert: false }),
  options: { loose: flag('loose'), validmark: flag('validmark'), 'accept-local': flag('acceptLocal'), invert: flag('invert') },
  hooks: ['PREROUTING'],
  print: (d) => ` rpfilter${words(d, '')}`,
  save: (d) => words(d, '--'),
  compile: (d, netfilter) => ({ packet, in: dev }) => {
    const ok = dev === 'lo' || packet.src === 0 || netfilter.host.reversePath(packet.src, dev, { loose: d.loose, acceptLocal: d.acceptLocal, mark: d.validmark ? packet.mark : 0 });
    return ok !== d.invert;
  },
};
