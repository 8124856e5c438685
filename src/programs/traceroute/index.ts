import { resolve, reverse, type Family } from '../../linux/net/dns.ts';
import { SocketError } from '../../linux/net/errors.ts';
import { icmpOpen, type IcmpErrorMessage } from '../../linux/net/icmp.ts';
import { ipv6Of } from '../../linux/net/shared.ts';
import { sendProbe } from '../../linux/net/probe.ts';
import type { Program } from '../../linux/process.ts';
import { SECOND } from '../../sim/clock.ts';

/** traceroute(8): UDP probes to high ports with growing TTL, or -I ICMP echoes. */
export const main: Program = async (p) => {
  let numeric = false, max = 30, wait = 5, queries = 3, icmp = false, first = 1, family: Family = p.argv[0]!.endsWith('6') ? 6 : 0;
  const words: string[] = [];
  const args = p.args;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '-n') numeric = true;
    else if (arg === '-I' || arg === '--icmp') icmp = true;
    else if (arg === '-4' || arg === '-6') family = arg === '-4' ? 4 : 6;
    else if (/^-[mwqfpN]/.test(arg)) {
      const value = Number(arg.slice(2) || args[++i]);
      if (Number.isNaN(value)) {
        p.err(`Cannot handle \`${arg.slice(0, 2)}' option with arg \`${args[i]}' (argc ${i})\n`);
        return 2;
      }
      if (arg[1] === 'm') max = value;
      else if (arg[1] === 'w') wait = value;
      else if (arg[1] === 'q') queries = value;
      else if (arg[1] === 'f') first = value;
    } else if (arg.startsWith('-')) {
      p.err(`Bad option \`${arg}' (argc ${i + 1})\n`);
      return 2;
    } else words.push(arg);
  }
  if (max > 255) {
    p.err('max hops cannot be more than 255\n');
    return 2;
  }
  if (words.length === 0) {
    p.err('Usage:\n  traceroute [ -46dFITnreAUDV ] [ -f first_ttl ] [ -g gate,... ] [ -i device ] [ -m max_ttl ] [ -N squeries ] [ -p port ] [ -t tos ] [ -l flow_label ] [ -w MAX,HERE,NEAR ] [ -q nqueries ] [ -s src_addr ] [ -z sendwait ] [ --fwmark=num ] host [ packetlen ]\n');
    return 2;
  }
  const found = await resolve(p, words[0]!, family);
  if (typeof found === 'string') {
    p.err(`${words[0]}: ${{ ENOTFOUND: 'Name or service not known', EAI_AGAIN: 'Temporary failure in name resolution', EAI_ADDRFAMILY: 'Address family for hostname not supported' }[found]}\nCannot handle "host" cmdline arg \`${words[0]}' on position 1 (argc ${args.indexOf(words[0]!) + 1})\n`);
    return 2;
  }
  const ip = found.addresses[0]!;
  const six = ip.includes(':');
  if (six) await ipv6Of(p.net);
  p.out(`traceroute to ${words[0]} (${ip}), ${max} hops max, ${six ? 80 : 60} byte packets\n`);
  const socket = icmpOpen(p);
  let port = 33434, seq = 0;
  for (let ttl = first; ttl <= max; ttl++) {
    let line = `${String(ttl).padStart(2)}`;
    let last: string | undefined, reached = false;
    for (let k = 0; k < queries; k++) {
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
          try {
            if (icmp) socket.send({ ip, seq: ++seq, ttl, size: 32 });
            else sendProbe(p, { ip, port: port++, ttl, size: 32 });
          } catch (error) {
            timer.cancel();
            fail(error);
          }
          return () => timer.cancel();
        });
      } catch (error) {
        if (!(error instanceof SocketError)) throw error;
        p.err(`${icmp ? 'sendto' : 'connect'}: ${error.message}\n`);
        return 1;
      }
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

const MARKS6: Record<number, string> = { 0: ' !N', 1: ' !X', 2: ' !S', 3: ' !H' };
const MARKS: Record<number, string> = { 0: ' !N', 1: ' !H', 2: ' !P', 4: ' !F', 9: ' !X', 10: ' !X', 13: ' !X' };
