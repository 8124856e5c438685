import { formatIpv4, parseIpv4 } from '../../linux/net/addresses.ts';
import { ERROR_TEXT } from '../../linux/net/errors.ts';
import { resolve, reverseAll } from '../../linux/net/dns.ts';
import type { Program } from '../../linux/process.ts';
import { version } from './usage.ts';

/** arp(8) of net-tools: lists, -a, -d, -s. */
export const arp: Program = async (p) => {
  const args = p.args;
  const letters = args.filter((a) => /^-[a-z]+$/i.test(a)).join('').replace(/-/g, '');
  const words = args.filter((a) => !a.startsWith('-'));
  const numeric = letters.includes('n');
  if (args.includes('--help') || letters.includes('h')) {
    p.out(USAGE);
    return 0;
  }
  if (args.includes('--version') || letters.includes('V')) {
    p.out(version('(ether)'));
    return 0;
  }
  const bad = [...letters].find((l) => !'anvdsei'.includes(l));
  if (bad !== undefined) {
    p.err(`arp: invalid option -- '${bad}'\n${USAGE}`);
    return 3;
  }
  const names = numeric || /[ds]/.test(letters) ? new Map<string, string>() : await reverseAll(p, p.net.neighbours().filter((n) => n.state !== 'NOARP').map((n) => formatIpv4(n.ip)));
  const name = (ip: number) => names.get(formatIpv4(ip));
  if (letters.includes('d') || letters.includes('s')) {
    const ip = parseIpv4(words[0] ?? '');
    if (ip === undefined) {
      p.err(words.length === 0 ? 'arp: need host name\n' : `${words[0]}: Unknown host\n`);
      return 255;
    }
    const known = p.net.neighbours().find((n) => n.ip === ip);
    if (!p.can('NET_ADMIN')) {
      p.err(letters.includes('d') ? 'SIOCDARP(dontpub): Operation not permitted\n' : 'SIOCSARP: Operation not permitted\n');
      return 255;
    }
    if (letters.includes('d')) {
      if (!known) {
        p.out(`No ARP entry for ${words[0]}\n`);
        return 255;
      }
      p.net.delNeighbour({ ip: words[0]!, dev: known.dev.name });
      return 0;
    }
    if (words[1] === undefined || !/^([0-9a-f]{1,2}:){5}[0-9a-f]{1,2}$/i.test(words[1])) {
      p.err(words[1] === undefined ? 'arp: need hardware address\n' : 'arp: invalid hardware address\n');
      return 255;
    }
    const { dev, error } = p.net.fib.output(ip);
    if (error) {
      p.err(`SIOCSARP: ${ERROR_TEXT[error]}\n`);
      return 255;
    }
    p.net.addNeighbour({ ip: words[0]!, dev: dev.name, lladdr: words[1], state: 'PERMANENT' }, { replace: true });
    return 0;
  }
  if (letters.includes('i') && words[0] !== undefined) {
    const all = p.net.neighbours().filter((n) => n.state !== 'NOARP');
    if (all.length > 0 && !all.some((n) => n.dev.name === words[0])) {
      p.out(`arp: in ${all.length} entries no match found.\n`);
      return 0;
    }
  } else if (words[0] !== undefined && parseIpv4(words[0]) === undefined && typeof (await resolve(p, words[0])) === 'string') {
    p.err(`${words[0]}: Host name lookup failure\n`);
    return 255;
  }
  const device = letters.includes('i') ? words.shift() : undefined;
  const found = p.net.neighbours().filter((n) => (device === undefined || n.dev.name === device)).filter((n) => n.state !== 'NOARP' && (words.length === 0 || formatIpv4(n.ip) === words[0] || name(n.ip) === words[0]));
  if (words.length > 0 && found.length === 0 && letters.includes('a')) {
    p.out(`arp: in ${p.net.neighbours().filter((n) => n.state !== 'NOARP').length} entries no match found.\n`);
    return 0;
  }
  if (letters.includes('a')) {
    for (const n of found) p.out(`${(numeric ? undefined : name(n.ip)) ?? '?'} (${formatIpv4(n.ip)}) at ${n.mac && n.state !== 'FAILED' ? `${n.mac} [ether]${n.state === 'PERMANENT' ? ' PERM' : ''}` : '<incomplete>'} on ${n.dev.name}\n`);
    return 0;
  }
  if (words.length > 0 && found.length === 0) {
    p.out(`${words[0]} (${words[0]}) -- no entry\n`);
    return 0;
  }
  if (found.length > 0) p.out('Address                  HWtype  HWaddress           Flags Mask            Iface\n');
  for (const n of found) {
    const complete = n.mac !== undefined && n.state !== 'FAILED' && n.state !== 'INCOMPLETE';
    p.out(`${((numeric ? undefined : name(n.ip)) ?? formatIpv4(n.ip)).padEnd(24)} ${(complete ? 'ether' : '').padEnd(7)} ${(complete ? n.mac! : '(incomplete)').padEnd(19)} ${(complete ? (n.state === 'PERMANENT' ? 'CM' : 'C') : '').padEnd(21)} ${n.dev.name}\n`);
  }
  if (letters.includes('v')) {
    const all = p.net.neighbours().filter((n) => n.state !== 'NOARP').length;
    p.out(`Entries: ${all}\tSkipped: ${all - found.length}\tFound: ${found.length}\n`);
  }
  return 0;
};

const USAGE = `Usage:
  arp [-vn]  [<HW>] [-i <if>] [-a] [<hostname>]             <-Display ARP cache
  arp [-v]          [-i <if>] -d  <host> [pub]               <-Delete ARP entry
  arp [-vnD] [<HW>] [-i <if>] -f  [<filename>]            <-Add entry from file
  arp [-v]   [<HW>] [-i <if>] -s  <host> <hwaddr> [temp]            <-Add entry
  arp [-v]   [<HW>] [-i <if>] -Ds <host> <if> [netmask <nm>] pub          <-''-

        -a                       display (all) hosts in alternative (BSD) style
        -e                       display (all) hosts in default (Linux) style
        -s, --set                set a new ARP entry
        -d, --delete             delete a specified entry
        -v, --verbose            be verbose
        -n, --numeric            don't resolve names
        -i, --device             specify network interface (e.g. eth0)
        -D, --use-device         read <hwaddr> from given device
        -A, -p, --protocol       specify protocol family
        -f, --file               read new entries from file or from /etc/ethers

  <HW>=Use '-H <hw>' to specify hardware address type. Default: ether
  List of possible hardware types (which support ARP):
    ash (Ash) ether (Ethernet) ax25 (AMPR AX.25) 
    netrom (AMPR NET/ROM) rose (AMPR ROSE) arcnet (ARCnet) 
    dlci (Frame Relay DLCI) fddi (Fiber Distributed Data Interface) hippi (HIPPI) 
    irda (IrLAP) x25 (generic X.25) eui64 (Generic EUI-64) 
`;
