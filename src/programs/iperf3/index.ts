import { resolve } from '../../linux/net/dns.ts';
import { ERROR_TEXT, SocketError } from '../../linux/net/errors.ts';
import { connect, tcpListen, type TcpSocket } from '../../linux/net/tcp.ts';
import type { Process, Program } from '../../linux/process.ts';
import { SECOND } from '../../sim/clock.ts';
import { USAGE } from './usage.ts';

interface Options {
  server: boolean;
  client: string | undefined;
  port: number;
  seconds: number;
  once: boolean;
}

const BLOCK = 131_072;
/** What this machine's processor takes to fill and hand over a block; microseconds. The network of the world has no rate of its own. */
const FILL = 500;
const bytes = 'x'.repeat(BLOCK);

/** iperf3(1) 3.12 in small: one TCP stream from the client to the server. */
export const main: Program = async (p) => {
  const o = parse(p);
  if (typeof o === 'number') return o;
  return o.server ? serve(p, o) : measure(p, o);
};

/** Two connections come for a test: one to talk about it, one for the bytes. */
async function serve(p: Process, o: Options): Promise<number> {
  const rule = `-----------------------------------------------------------\n`;
  const waiting: TcpSocket[] = [];
  let wake: (() => void) | undefined;
  try {
    tcpListen(p, { ip: '::', port: o.port }, (socket) => {
      waiting.push(socket);
      wake?.();
    });
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    p.err(`iperf3: error - unable to start listener for connections: ${error.message}\niperf3: exiting\n`);
    return 1;
  }
  const next = () => (waiting.length > 0 ? Promise.resolve(waiting.shift()!) : p.wait<TcpSocket>((resume) => {
    wake = () => {
      wake = undefined;
      resume(waiting.shift()!);
    };
  }));
  for (let test = 1; ; test++) {
    await p.out(`${rule}Server listening on ${o.port} (test #${test})\n${rule}`);
    const control = await next();
    await p.out(`Accepted connection from ${control.remote.ip}, port ${control.remote.port}\n`);
    const data = await next();
    await p.out(`[  5] local ${data.local.ip} port ${o.port} connected to ${data.remote.ip} port ${data.remote.port}\n[ ID] Interval           Transfer     Bitrate\n`);
    let received = 0;
    data.onBytes = (b) => (received += b.length);
    data.flush();
    const begun = p.now;
    let ended = false;
    control.onData = () => (ended = true);
    control.onEnd = () => (ended = true);
    for (let before = 0, at = begun; !ended; ) {
      await p.sleep(SECOND / 100);
      if (p.now - at < SECOND && !ended) continue;
      await p.out(`[  5] ${interval(at - begun, p.now - begun)}  ${amounts(received - before, p.now - at)}                  \n`);
      [before, at] = [received, p.now];
    }
    await p.out(`- - - - - - - - - - - - - - - - - - - - - - - - -\n[ ID] Interval           Transfer     Bitrate\n[  5] ${interval(0, p.now - begun)}  ${amounts(received, p.now - begun)}                  receiver\n`);
    control.write(`${received} ${p.now - begun}\n`);
    control.end();
    data.close();
    if (o.once) return 0;
  }
}

async function measure(p: Process, o: Options): Promise<number> {
  const host = o.client!;
  const fail = (why: string): number => {
    p.err(`iperf3: error - unable to connect to server: ${why}\n`);
    return 1;
  };
  const found = await resolve(p, host);
  if (typeof found === 'string') return fail(found === 'ENOTFOUND' ? 'Name or service not known' : 'Temporary failure in name resolution');
  const to = { ip: found.addresses[0]!, port: o.port };
  try {
    const control = await connect(p, to), data = await connect(p, to);
    await p.out(`Connecting to host ${host}, port ${o.port}\n[  5] local ${data.local.ip} port ${data.local.port} connected to ${to.ip} port ${o.port}\n[ ID] Interval           Transfer     Bitrate         Retr  Cwnd\n`);
    const begun = p.now, end = begun + o.seconds * SECOND;
    let [before, again, at] = [0, 0, begun];
    while (p.now < end) {
      if (data.pending < 4 * BLOCK) data.writeBytes(bytes);
      await p.sleep(FILL);
      if (p.now - at < SECOND && p.now < end) continue;
      const { acked, retransmitted, window } = data.progress;
      await p.out(`[  5] ${interval(at - begun, p.now - begun)}  ${amounts(acked - before, p.now - at)}  ${String(retransmitted - again).padStart(3)}   ${amount(window)}       \n`);
      [before, again, at] = [acked, retransmitted, p.now];
    }
    const took = p.now - begun, { acked, retransmitted } = data.progress;
    control.write('end\n');
    const [received = 0, elapsed = took] = ((await control.receive(p, 5 * SECOND)) ?? '').trim().split(' ').map(Number);
    data.close();
    control.close();
    await p.out(`- - - - - - - - - - - - - - - - - - - - - - - - -\n[ ID] Interval           Transfer     Bitrate         Retr\n[  5] ${interval(0, took)}  ${amounts(acked, took)}  ${String(retransmitted).padStart(3)}             sender\n[  5] ${interval(0, elapsed)}  ${amounts(received, elapsed)}                  receiver\n\niperf Done.\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    return fail(ERROR_TEXT[error.errno]);
  }
}

const interval = (from: number, to: number) => `${(from / 1e6).toFixed(2).padStart(6)}-${(to / 1e6).toFixed(2).padEnd(6)} sec`;
const amounts = (n: number, time: number) => `${amount(n)}  ${rate((n * 8 * 1e6) / Math.max(1, time))}`;

/** `1.15 GBytes`, ` 479 MBytes` */
function amount(n: number): string {
  const [by, unit] = n >= 2 ** 30 ? [2 ** 30, 'G'] : n >= 2 ** 20 ? [2 ** 20, 'M'] : n >= 2 ** 10 ? [2 ** 10, 'K'] : [1, ''];
  return `${three(n / by)} ${unit}Bytes`;
}
function rate(n: number): string {
  const [by, unit] = n >= 1e9 ? [1e9, 'G'] : n >= 1e6 ? [1e6, 'M'] : n >= 1e3 ? [1e3, 'K'] : [1, ''];
  return `${three(n / by)} ${unit}bits/sec`;
}
const three = (n: number) => (n < 9.995 ? n.toFixed(2) : n < 99.95 ? n.toFixed(1) : n.toFixed(0)).padStart(4);

function parse(p: Process): Options | number {
  const o: Options = { server: false, client: undefined, port: 5201, seconds: 10, once: false };
  const names: Record<string, string> = { '--server': '-s', '--client': '-c', '--port': '-p', '--time': '-t', '--one-off': '-1' };
  const wrong = (text: string): number => {
    p.err(`iperf3: ${text}\n\n${USAGE}`);
    return 1;
  };
  const queue = [...p.args];
  while (queue.length > 0) {
    const word = queue.shift()!, option = names[word] ?? word.slice(0, 2);
    const value = () => (word.length > 2 && !word.startsWith('--') ? word.slice(2) : queue.shift());
    if (option === '-s') o.server = true;
    else if (option === '-1') o.once = true;
    else if (option === '-c' || option === '-p' || option === '-t') {
      const text = value();
      if (text === undefined) return wrong(`option requires an argument -- '${option[1]}'`);
      if (option === '-c') o.client = text;
      else if (option === '-p') o.port = Number(text);
      else o.seconds = Number(text);
    } else if (word === '-v' || word === '--version') {
      p.out('iperf 3.12 (cJSON 1.7.15)\n');
      return 0;
    } else if (word === '-h' || word === '--help') {
      p.out(USAGE);
      return 0;
    } else return wrong(word.startsWith('--') ? `unrecognized option '${word}'` : `invalid option -- '${word.slice(1, 2)}'`);
  }
  if (!o.server && o.client === undefined) return wrong('parameter error - must either be a client (-c) or server (-s)');
  return o;
}
