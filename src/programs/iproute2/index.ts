import { ipv6Of } from '../../linux/net/shared.ts';
import type { Program } from '../../linux/process.ts';
import { address } from './address.ts';
import { link } from './link.ts';
import { maddress } from './maddress.ts';
import { monitor } from './monitor.ts';
import { neigh } from './neigh.ts';
import { netns } from './netns.ts';
import { Exit, finish, abbreviates, Words, type Options } from './options.ts';
import { route } from './route.ts';
import { rule } from './rule.ts';
import { tunnel } from './tunnel.ts';
import { tuntap } from './tuntap.ts';

const USAGE = `Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }
       ip [ -force ] -batch filename
where  OBJECT := { address | addrlabel | amt | fou | help | ila | ioam | l2tp |
                   link | macsec | maddress | monitor | mptcp | mroute | mrule |
                   neighbor | neighbour | netconf | netns | nexthop | ntable |
                   ntbl | route | rule | sr | tap | tcpmetrics |
                   token | tunnel | tuntap | vrf | xfrm }
       OPTIONS := { -V[ersion] | -s[tatistics] | -d[etails] | -r[esolve] |
                    -h[uman-readable] | -iec | -j[son] | -p[retty] |
                    -f[amily] { inet | inet6 | mpls | bridge | link } |
                    -4 | -6 | -M | -B | -0 |
                    -l[oops] { maximum-addr-flush-attempts } | -br[ief] |
                    -o[neline] | -t[imestamp] | -ts[hort] | -b[atch] [filename] |
                    -rc[vbuf] [size] | -n[etns] name | -N[umeric] | -a[ll] |
                    -c[olor]}
`;

/** The objects that are modelled, in the order in which an abbreviation is looked up (ip.c). */
const OBJECTS = [
  ['address', address], ['maddress', maddress], ['route', route], ['rule', rule], ['neighbor', neigh], ['neighbour', neigh], ['link', link],
  ['tunnel', tunnel], ['tuntap', tuntap], ['tap', tuntap], ['monitor', monitor], ['netns', netns],
] as const;

/** Objects that IPv6 has too. */
const BOTH_FAMILIES: ReadonlySet<string> = new Set(['address', 'maddress', 'route', 'rule', 'neighbor', 'neighbour']);

/** ip(8), iproute2 6.1. Objects other than those above answer as unknown ones. */
export const main: Program = (p) =>
  finish(p, async () => {
    const words = new Words(p.args);
    const options: Options = { family: 'any', oneline: false, brief: false, stats: 0, details: false, json: false, pretty: false, color: false };
    while (words.peek()?.startsWith('-')) {
      const given = words.next();
      const option = given.startsWith('--') ? given.slice(1) : given;
      if (option === '-') break;
      if (abbreviates(option, '-loops') || abbreviates(option, '-rcvbuf')) words.next();
      else if (abbreviates(option, '-family')) options.family = words.next() as Options['family'];
      else if (option === '-4') options.family = 'inet';
      else if (option === '-6') options.family = 'inet6';
      else if (option === '-0') options.family = 'link';
      else if (abbreviates(option, '-human-readable') && option !== '-h') continue;
      else if (option === '-h' || option === '-iec' || abbreviates(option, '-resolve') || abbreviates(option, '-Numeric')) continue;
      else if (option === '-a' || option === '-all') options.all = true;
      else if (/^-c(o|ol|olo|olor)?(=(always|auto|never))?$/.test(option)) options.color = !option.endsWith('=never') && (!option.endsWith('=auto') || Boolean(p.stdout.isTTY));
      else if (option === '-ts' || option === '-tshort') options.timestamp = 'short';
      else if (abbreviates(option, '-timestamp')) options.timestamp = 'long';
      else if (abbreviates(option, '-stats') || abbreviates(option, '-statistics')) options.stats++;
      else if (abbreviates(option, '-details')) options.details = true;
      else if (abbreviates(option, '-oneline')) options.oneline = true;
      else if (option.length > 2 && abbreviates(option, '-brief')) options.brief = true;
      else if (abbreviates(option, '-json')) options.json = true;
      else if (abbreviates(option, '-pretty')) options.pretty = true;
      else if (option === '-V' || abbreviates(option, '-Version')) {
        p.out('ip utility, iproute2-6.1.0, libbpf 1.1.2\n');
        return 0;
      } else if (abbreviates(option, '-help')) throw new Exit(255, USAGE);
      else if (abbreviates(option, '-netns')) {
        const name = words.next();
        return netns(p, options, new Words(['exec', name, 'ip', ...words.rest()]));
      } else throw new Exit(255, `Option "${option}" is unknown, try "ip -help".\n`);
    }
    const object = words.peek();
    if (object === undefined) throw new Exit(255, USAGE);
    words.next();
    if (abbreviates(object, 'help')) throw new Exit(255, USAGE);
    const found = OBJECTS.find(([name]) => abbreviates(object, name));
    if (!found) throw new Exit(1, `Object "${object}" is unknown, try "ip help".\n`);
    if (BOTH_FAMILIES.has(found[0]) && (options.family === 'any' || options.family === 'inet6')) await ipv6Of(p.net);
    return found[1](p, options, words);
  });
