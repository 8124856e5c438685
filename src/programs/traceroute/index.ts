import { resolve, reverse, type Family } from '../../linux/net/dns.ts';
import { SocketError } from '../../linux/net/errors.ts';
import { icmpOpen, type IcmpErrorMessage } from '../../linux/net/icmp.ts';
import { ipv6Of } from '../../linux/net/shared.ts';
import { sendProbe } from '../../linux/net/probe.ts';
import { formatIpv4 } from '../../linux/net/addresses.ts';
import { socketAddress } from '../../linux/net/sockets.ts';
import type { Program } from '../../linux/process.ts';
import { SECOND } from '../../sim/clock.ts';
import { USAGE } from './usage.ts';

/** traceroute(8) 2.1.2: probes with growing TTL: UDP to high ports, -U to one port, -I ICMP echoes, -T SYNs. */
export const main: Program = async (p) => {
  let numeric = false, max = 30, wait = 5, queries = 3, method: Method = 'default', first = 1, base: number | undefined, tos = 0, df = false, src: string | undefined, dev: string | undefined, pause = 0, sport: number | undefined, family: Family = p.argv[0]!.endsWith('6') ? 6 : 0;
  const words: string[] = [];
  const args = p.args;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '-n') numeric = true;
    else if (METHODS[arg]) method = METHODS[arg];
    else if (arg === '-F' || arg === '--dont-fragment') df = true;
    else if (arg === '-d' || arg === '-r' || arg === '--debug') continue;
    else if (arg === '--help') {
      p.err(USAGE);
      return 0;
    } else if (arg === '-V' || arg === '--version') {
      p.out('Modern traceroute for Linux, version 2.1.2\nCopyright (c) 2016  Dmitry Butskoy,   License: GPL v2 or any later\n');
      return 0;
    } else if (/^-[siM]/.test(arg)) {
      const value = arg.slice(2) || args[++i] || '';
      if (arg[1] === 's') src = value;
      else if (arg[1] === 'i') dev = value;
      else if (METHODS[value]) method = METHODS[value];
      else {
        p.err(`Unknown traceroute module ${value}\n`);
        return 2;
      }
    } else if (arg.startsWith('--sport=')) sport = Number(arg.slice(8));
    else if (arg === '-4' || arg === '-6') family = arg === '-4' ? 4 : 6;
    else if (/^-[mwqfpNtz]/.test(arg)) {
      const value = Number(arg.slice(2) || args[++i]);
      if (Number.isNaN(value)) {
        p.err(`Cannot handle \`${arg.slice(0, 2)}' option with arg \`${args[i]}' (argc ${i + 1})\n`);
        return 2;
      }
      if (arg[1] === 'm') max = value;
      else if (arg[1] === 'w') wait = value;
      else if (arg[1] === 'q') queries = value;
      else if (arg[1] === 'f') first = value;
      else if (arg[1] === 'p') base = value;
      else if (arg[1] === 't') tos = value;
      else if (arg[1] === 'z') pause = value > 10 ? value * 1000 : value * SECOND;
    } else if (arg.startsWith('-')) {
      p.err(`Bad option \`${arg}' (argc ${i + 1})\n`);
      return 2;
    } else words.push(arg);
  }
  if (max > 255) {
    p.err('max hops cannot be more than 255\n');
    return 2;
  }
  const wrong = queries < 1 || queries > 10 ? 'no more than 10 probes per hop' : first < 1 || first > max ? 'first hop out of range' : undefined;
  if (wrong && words.length > 0) {
    p.err(`${wrong}\n`);
    return 2;
  }
  if (words.length === 0) {
    p.err(USAGE);
    return 0;
  }
  const found = await resolve(p, words[0]!, family);
  if (typeof found === 'string') {
    p.err(`${words[0]}: ${{ ENOTFOUND: 'Name or service not known', EAI_AGAIN: 'Temporary failure in name resolution', EAI_ADDRFAMILY: 'Address family for hostname not supported' }[found]}\nCannot handle "host" cmdline arg \`${words[0]}' on position 1 (argc ${args.indexOf(words[0]!) + 1})\n`);
    return 2;
  }
  const ip = found.addresses[0]!;
  const six = ip.includes(':');
  if (six) await ipv6Of(p.net);
  const length = Math.max(six ? 48 : 28, Number(words[1] ?? (six ? 80 : 60))), oif = dev === undefined ? undefined : p.net.link(dev);
  p.out(`traceroute to ${words[0]} (${ip}), ${max} hops max, ${length} byte packets`);
  if (dev !== undefined && !oif) {
    p.err('\nsetsockopt SO_BINDTODEVICE: No such device\n');
    return 1;
  }
  if (src !== undefined && p.net.fib.addressType(socketAddress(src)) !== 'LOCAL') {
    p.err('\nbind: Cannot assign requested address\n');
    return 1;
  }
  p.out('\n');
  const socket = icmpOpen(p), stops: (() => void)[] = [];
  let port = base ?? PORTS[method], seq = method === 'icmp' ? (base ?? 1) - 1 : 0;
  for (let ttl = first; ttl <= max; ttl++) {
    let line = `${String(ttl).padStart(2)}`;
    let last: string | undefined, reached = false;
    for (let k = 0; k < queries; k++) {
      if (pause > 0 && (ttl > first || k > 0)) await p.sleep(pause);
      const sent = p.now;
      let answer: { from: string; final: boolean; mark: string } | undefined;
      try {
        answer = await p.wait<{ from: string; final: boolean; mark: string } | undefined>((resume, fail) => {
          const timer = p.world.clock.after(wait * SECOND, () => resume(undefined));
          const got = (e: IcmpErrorMessage) => {
            timer.cancel();
            resume({ from: e.from, final: e.type === 'destination-unreachable', mark: e.type === 'destination-unreachable' ? ((six ? MARKS6 : MARKS)[e.code] ?? '') : '' });
          };
          socket.onAnyError = got;
          socket.onError = got;
          socket.onReply = (r) => {
            timer.cancel();
            resume({ from: r.from, final: true, mark: '' });
          };
          let from = 0;
          // The answer to a SYN is read off the wire: no socket waits for it.
          const stop = method === 'tcp' ? p.net.capture('any', ({ frame: { packet }, direction }) => {
            if (direction !== 'in' || packet?.protocol !== 'tcp' || packet.dport !== from || packet.sport !== port || formatIpv4(packet.src) !== ip) return;
            timer.cancel();
            resume({ from: ip, final: true, mark: '' });
          }) : () => {};
          stops.push(stop);
          try {
            if (method === 'icmp') socket.send({ ip, seq: ++seq, ttl, size: length - (six ? 48 : 28) });
            else from = sendProbe(p, { ip, port: method === 'default' ? port++ : port, ttl, size: length - (six ? 48 : 28), tcp: method === 'tcp', src, sport, oif, tos, df });
          } catch (error) {
            timer.cancel();
            fail(error);
          }
          return () => timer.cancel();
        });
      } catch (error) {
        if (!(error instanceof SocketError)) throw error;
        p.err(`${method === 'icmp' ? 'sendto' : 'connect'}: ${error.message}\n`);
        return 1;
      }
      for (const stop of stops.splice(0)) stop();
      if (!answer) line += ' *';
      else {
        if (answer.from !== last) line += `  ${numeric ? answer.from : `${(await reverse(p, answer.from)) ?? answer.from} (${answer.from})`}`;
        line += `  ${((p.now - sent) / 1000).toFixed(3)} ms${answer.mark}`;
        last = answer.from;
        reached ||= answer.final;
      }
    }
    p.out(`${line.replace(/^(\s*\d+) \*/, '$1  *')}\n`);
    if (reached) break;
  }
  socket.close();
  return 0;
};

type Method = 'default' | 'udp' | 'icmp' | 'tcp';
const METHODS: Record<string, Method> = { '-I': 'icmp', '--icmp': 'icmp', '-T': 'tcp', '--tcp': 'tcp', '-U': 'udp', '--udp': 'udp', default: 'default', udp: 'udp', icmp: 'icmp', tcp: 'tcp' };
const PORTS: Record<Method, number> = { default: 33434, udp: 53, tcp: 80, icmp: 0 };
const MARKS6: Record<number, string> = { 0: ' !N', 1: ' !X', 2: ' !S', 3: ' !H' };
const MARKS: Record<number, string> = { 0: ' !N', 1: ' !H', 2: ' !P', 4: ' !F', 9: ' !X', 10: ' !X', 13: ' !X' };
