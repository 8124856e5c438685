import { describe } from 'vitest';
import { RestoreError, restore } from '../../src/linux/net/netfilter/restore.ts';
import { parseCommand } from '../../src/linux/net/netfilter/command.ts';
import { XtablesError } from '../../src/linux/net/netfilter/errors.ts';
import { compileFilter, FilterError } from '../../src/programs/tcpdump/filter.ts';
import { PROGRAMS } from '../../src/programs/index.ts';
import { oneMachine } from '../shell/machine.ts';
import { type Draw, fuzz, fuzzAsync, linear } from './fuzz.ts';

const RULES = ['*nat', '*filter', '*mangle', '*x', '\n', ' ', 'COMMIT', ':INPUT ACCEPT [0:0]', ':KUBE - [0:0]', ':KUBE', '-A KUBE', '-A INPUT', '-A', '-I', '-D', '-F', '-X', '-N', '-P', '-p tcp', '-m tcp', '--dport 80', '--dport', '-m comment --comment "a b"', '--comment', '-j ACCEPT', '-j KUBE', '-j', '-j DNAT --to-destination 10.244.1.2:8080', '-m statistic --mode random --probability 0.5', '-s 10.0.0.0/8', '-d 1.2.3.4/33', '!', '[1:2]', '"', "'", '\\', '#', '-m', 'set', '-j MARK --or-mark 0x4000', '-m conntrack --ctstate NEW,X', '-i eth0', '-o', '--to-ports 99999', '-m multiport --dports 1,2,3:4', '-j REJECT --reject-with x', '-g KUBE', '-c 1 2', '-t nat', '-m physdev', '-m addrtype --dst-type LOCAL'];
const SAVED = '*nat\n:PREROUTING ACCEPT [0:0]\n:KUBE-SERVICES - [0:0]\n:KUBE-SVC-A - [0:0]\n-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES\n-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m comment --comment "default/kubernetes:https cluster IP" -m tcp --dport 443 -j KUBE-SVC-A\n-A KUBE-SVC-A -m statistic --mode random --probability 0.50000000000 -j MARK --set-xmark 0x4000/0x4000\nCOMMIT\n';
const FILTER = ['tcp', 'udp', 'icmp', 'arp', 'ip', 'ip6', 'port', 'portrange', '80', '1-2', 'host', '10.244.1.2', 'net', '10.0.0.0/8', 'src', 'dst', 'and', 'or', 'not', '(', ')', '&&', '||', '!', 'tcp[', '13', ']', '&', '2', '!=', '0', '==', 'tcp[tcpflags]', '(tcp-syn|tcp-fin)', 'vlan', 'less', 'greater', '100', 'ether', 'proto', '\\tcp', 'gateway', 'inbound', 'udp[10:2]', '>', '<<', '0x1f', 'icmp[icmptype]', 'http', 'broadcast', 'multicast'];
const IP = ['addr', 'address', 'a', 'link', 'l', 'route', 'r', 'neigh', 'n', 'rule', 'netns', 'add', 'del', 'show', 'get', 'set', 'replace', 'flush', 'list', 'dev', 'lo', 'eth0', 'dummy0', 'via', '10.0.0.1', '10.0.0.0/24', '127.0.0.1/8', 'default', 'type', 'dummy', 'bridge', 'veth', 'peer', 'name', 'v0', 'v1', 'vxlan', 'id', '8', 'up', 'down', 'mtu', '1500', '-1', 'table', 'main', '100', 'proto', 'static', 'scope', 'host', 'metric', 'src', '-4', '-6', '-o', '-br', '-s', '-j', '-d', '-n', '-c', '-details', '-json', 'lladdr', '00:11:22:33:44:55', 'nud', 'permanent', 'exec', 'x', 'true', 'from', 'all', 'lookup', 'pref', 'master', 'help', 'onlink', 'blackhole', 'broadcast', 'label', '+', '::1/128', 'fe80::1', 'to', 'oif', 'mark', '0x1'];

describe('packet filters read', () => {
  let { machine } = oneMachine(), n = 0;
  const fresh = () => {
    if (++n % 1_000 === 0) machine = oneMachine().machine;
    return machine.net.netfilter;
  };
  fuzz('iptables-restore input', (d) => (d.chance(0.4) ? d.spoilt([SAVED]) : `*nat\n:KUBE - [0:0]\n${d.words(RULES, 20, d.pick([' ', ' ', '\n']))}\nCOMMIT\n`), (text) => restore(fresh(), text, { noflush: text.length % 2 === 0, counters: text.length % 3 === 0 }), [RestoreError]);
  fuzz('iptables arguments', (d) => d.words(RULES, 8, ' ').split(/\s+/), (argv) => parseCommand(argv, { netfilter: fresh() }), [XtablesError]);
  fuzz('tcpdump filters', (d) => (d.chance(0.7) ? d.words(FILTER, 10, ' ') : d.spoilt(['tcp port 80 and (host 10.244.1.2 or net 10.0.0.0/8)', 'tcp[tcpflags] & (tcp-syn|tcp-fin) != 0 and not port ssh', 'udp[10:2] == 0x1f90 or icmp[icmptype] == icmp-echo'])), compileFilter, [FilterError]);
});

describe('ip(8) reads', () => {
  let made = oneMachine({ ip: PROGRAMS['ip']! }), n = 0;
  fuzzAsync('ip arguments', (d: Draw) => d.times(9, () => (d.chance(0.06) ? d.text(6) : d.pick(IP))).filter((w) => !w.includes('\0') && w !== 'monitor'), async (args) => {
    if (++n % 500 === 0) made = oneMachine({ ip: PROGRAMS['ip']! });
    const { world, machine } = made;
    const { NULL, Sink } = await import('../../src/linux/streams.ts');
    const process = machine.spawn({ argv: ['ip', ...args], exe: '/usr/bin/ip', stdin: NULL, stdout: new Sink(() => {}), stderr: new Sink(() => {}), uid: 0, gid: 0, cwd: '/root', env: { PATH: '/usr/bin' } } as never);
    const ended = await world.until(() => process.status !== undefined, 60_000_000);
    if (!ended) throw new Error('did not end within a minute of the world');
    if (world.defects.length > 0) throw new Error(JSON.stringify(world.defects.splice(0), Object.getOwnPropertyNames(Error.prototype).concat('message', 'stack', 'error')));
  });
});

describe('in time', () => {
  const { machine } = oneMachine();
  linear('iptables-restore', (n) => `*nat\n:KUBE - [0:0]\n${'-A KUBE -p tcp -m tcp --dport 80 -j ACCEPT\n'.repeat(n)}COMMIT\n`, (text) => restore(machine.net.netfilter, text), 500);
  linear('iptables-restore, an unclosed quote', (n) => `*nat\n-A KUBE "${' a'.repeat(n)}\nCOMMIT\n`, (text) => restore(machine.net.netfilter, text));
  linear('tcpdump filters', (n) => `tcp${' and port 80'.repeat(n)}`, compileFilter, 500);
  linear('tcpdump filters of brackets', (n) => '('.repeat(n), compileFilter);
});
