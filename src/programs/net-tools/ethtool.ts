import type { Link } from '../../linux/net/link.ts';
import type { Program } from '../../linux/process.ts';

const DRIVERS: Readonly<Record<string, [driver: string, version: string, statistics: boolean]>> = { vlan: ['802.1Q VLAN Support', '1.8', false], macvlan: ['macvlan', '0.1', false], tun: ['tun', '1.6', false], tap: ['tun', '1.6', false], veth: ['veth', '1.0', true], bridge: ['bridge', '2.3', false], vxlan: ['vxlan', '0.1', false], dummy: ['dummy', '1.0', false] };
/** What each asks of the kernel first, as its error names it. */
const ASKS: Readonly<Record<string, string>> = { '-i': 'driver information', '-S': 'stats strings information', '-k': 'device features', '-g': 'device ring settings', '-a': 'device pause settings', '-c': 'device coalesce settings', '-P': 'permanent address', '-T': 'device time stamping capabilities' };
const LONG: Readonly<Record<string, string>> = { '--driver': '-i', '--statistics': '-S', '--show-features': '-k', '--show-offload': '-k' };

/** ethtool(8) 6.1: -i, -S, and a link's settings as far as virtual links have any. */
export const ethtool: Program = (p) => {
  const [first = '', second] = p.args;
  const option = first.startsWith('-') ? (LONG[first] ?? first) : '';
  const name = option === '' ? first : (second ?? '');
  if (name === '' || (option !== '' && !(option in ASKS))) {
    p.err("ethtool: bad command line argument(s)\nFor more information run ethtool -h\n");
    return 1;
  }
  const link = p.net.link(name);
  if (option === '-P' && link) {
    p.out(`Permanent address: ${link.kind === 'loopback' ? '00:00:00:00:00:00' : 'not set'}\n`);
    return 0;
  }
  if (option === '-T' && link) {
    p.out(`Time stamping parameters for ${name}:\nCapabilities:\n\tsoftware-transmit\n\tsoftware-receive\n\tsoftware-system-clock\nPTP Hardware Clock: none\nHardware Transmit Timestamp Modes: none\nHardware Receive Filter Modes: none\n`);
    return 0;
  }
  if (link && ['-g', '-a', '-c'].includes(option)) {
    p.err('netlink error: Operation not supported\n');
    return 1;
  }
  if (option === '' && !link) {
    p.err('netlink error: no device matches name (offset 24)\nnetlink error: No such device\n'.repeat(5) + 'No data available\n');
    return 75;
  }
  if (!link) {
    p.err(`Cannot get ${ASKS[option]}: No such device\n`);
    return option === '-S' ? 96 : 71;
  }
  const known = DRIVERS[link.kind];
  if (option === '-i') {
    if (!known) {
      p.err('Cannot get driver information: Operation not supported\n');
      return 71;
    }
    p.out(`driver: ${known[0]}\nversion: ${known[1]}\nfirmware-version: \nexpansion-rom-version: \nbus-info: \nsupports-statistics: ${known[2] ? 'yes' : 'no'}\nsupports-test: no\nsupports-eeprom-access: no\nsupports-register-dump: no\nsupports-priv-flags: no\n`);
    return 0;
  }
  if (option === '-S') {
    if (link.kind !== 'veth') {
      p.err('no stats available\n');
      return 94;
    }
    p.out(`NIC statistics:\n     peer_ifindex: ${link.peer?.index ?? 0}\n`);
    return 0;
  }
  if (option !== '') {
    p.err(`Cannot get ${ASKS[option]}: Operation not supported\n`);
    return 76;
  }
  p.out(`Settings for ${name}:\n${settings(link)}\tLink detected: ${link.running ? 'yes' : 'no'}\n`);
  return 0;
};

function settings(link: Link): string {
  if (link.kind !== 'veth') return '';
  return '\tSupported ports: [  ]\n\tSupported link modes:   Not reported\n\tSupported pause frame use: No\n\tSupports auto-negotiation: No\n\tSupported FEC modes: Not reported\n\tAdvertised link modes:  Not reported\n\tAdvertised pause frame use: No\n\tAdvertised auto-negotiation: No\n\tAdvertised FEC modes: Not reported\n\tSpeed: 10000Mb/s\n\tDuplex: Full\n\tAuto-negotiation: off\n\tPort: Twisted Pair\n\tPHYAD: 0\n\tTransceiver: internal\n\tMDI-X: Unknown\n';
}
