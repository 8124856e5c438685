import { formatIpv4, parseIpv4 } from '../../linux/net/addresses.ts';
import { resolve, reverseAll } from '../../linux/net/dns.ts';
import type { Program } from '../../linux/process.ts';

/** arp(8) of net-tools: lists, -a, -d, -s. */
export const arp: Program = async (p) => {
  const args = p.args;
  const letters = args.filter((a) => /^-[a-z]+$/i.test(a)).join('').replace(/-/g, '');
  const words = args.filter((a) => !a.startsWith('-'));
  const numeric = letters.includes('n');
  const bad = [...letters].find((l) => !'anvdsei'.includes(l));
  if (bad !== undefined) {
    p.err(`arp: invalid option -- '${bad}'\n`);
    return 255;
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
    const dev = p.net.fib.output(ip).dev;
    p.net.addNeighbour({ ip: words[0]!, dev: dev.name, lladdr: words[1] ?? '', state: 'PERMANENT' }, { replace: true });
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
  return 0;
};
