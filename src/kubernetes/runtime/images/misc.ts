import { tcpListen } from '../../../linux/net/tcp.ts';
import { udpOpen } from '../../../linux/net/udp.ts';
import { SECOND } from '../../../sim/clock.ts';
import { type Daemon, endsOn } from '../daemons.ts';
import type { Image } from '../image.ts';
import { ALPINE, BUSYBOX, etc } from './os.ts';

const PATH = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
const of = (repository: string, tags: string) => tags.split(' ').map((t) => `${repository}:${t}`);

export const MISC: Image[] = [
  { names: of('registry.k8s.io/pause', '3.7 3.9'), size: 321_520, executables: { '/pause': 'pause' }, entrypoint: ['/pause'], user: '65535:65535', env: PATH },
  { names: of('docker.io/library/redis', '7 7-alpine alpine latest'), size: 16_800_000, executables: { ...ALPINE, '/usr/local/bin/redis-server': 'redis-server' }, files: etc('alpine'), cmd: ['redis-server'], env: PATH, workdir: '/data', directories: ['/data'] },
  { names: ['localhost/udpecho:1.0'], size: 3_900_000, local: true, executables: { ...BUSYBOX, '/udpecho': 'udpecho' }, files: etc('busybox'), entrypoint: ['/udpecho'], env: PATH },
  { names: of('docker.io/kindest/local-path-helper', 'v20230510-486859a6'), size: 3_000_000, executables: BUSYBOX, cmd: ['sh'], env: PATH },
];

const pause: Daemon = (process) => endsOn(process, ['TERM', 'INT'], 0);

/** Answers PING, SET, GET of the RESP protocol in inline form (what nc types). */
const redis: Daemon = (process) => {
  const data = new Map<string, string>();
  const port = process.args.indexOf('--port');
  tcpListen(process, { ip: '0.0.0.0', port: port < 0 ? 6379 : Number(process.args[port + 1]) }, (socket) => {
    socket.onData = (text) => {
      for (const line of text.split(/\r?\n/)) {
        const [command = '', ...args] = line.trim().split(/\s+/);
        const name = command.toUpperCase();
        if (name === '' || /^[*$]/.test(name)) continue;
        if (name === 'PING') socket.write('+PONG\r\n');
        else if (name === 'SET' && args.length >= 2) socket.write((data.set(args[0]!, args[1]!), '+OK\r\n'));
        else if (name === 'GET' && args.length === 1) socket.write(data.has(args[0]!) ? `$${data.get(args[0]!)!.length}\r\n${data.get(args[0]!)}\r\n` : '$-1\r\n');
        else if (name === 'QUIT') {
          socket.write('+OK\r\n');
          socket.end();
        } else socket.write(`-ERR unknown command '${command}', with args beginning with: \r\n`);
      }
    };
    socket.onEnd = () => socket.end();
  });
  const stamp = new Date(process.now / 1000).toUTCString().replace(/^\w+, (\d+ \w+ \d+) (\S+) GMT$/, '$1 $2.000');
  void process.out(`${process.nspid}:C ${stamp} * oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo\n${process.nspid}:M ${stamp} * Ready to accept connections tcp\n`);
  endsOn(process, ['TERM', 'INT']);
};

/** The UDP server of the recordings: answers each datagram with who it is and whom it heard. */
const udpecho: Daemon = (process) => {
  const port = Number(process.args[0] ?? 9000);
  const socket = udpOpen(process, { ip: '0.0.0.0', port });
  socket.onMessage = (data, from) => socket.send(from, `${process.uts.hostname} saw ${from.ip}:${from.port}: ${typeof data === 'string' ? data : ''}`);
  endsOn(process, ['TERM', 'INT']);
};

/** `sleep` as a container's main process: waits without a program, so that a world can boot with it. */
const sleep: Daemon = (process) => {
  let total = 0;
  for (const a of process.args) {
    const [, n, unit] = /^(\d+(?:\.\d+)?|infinity|inf)([smhd]?)$/.exec(a) ?? [];
    if (n === undefined) {
      void process.err(`sleep: invalid time interval '${a}'\nTry 'sleep --help' for more information.\n`);
      return process.exit(1);
    }
    total += (n.startsWith('inf') ? Infinity : Number(n)) * { s: 1, m: 60, h: 3600, d: 86400 }[unit || 's']!;
  }
  if (process.args.length === 0) {
    void process.err("sleep: missing operand\nTry 'sleep --help' for more information.\n");
    return process.exit(1);
  }
  if (total === Infinity) return;
  const timer = process.world.clock.after(total * SECOND, () => process.exit(0), { background: true });
  process.onExit(() => timer.cancel());
};

export const MISC_DAEMONS: Record<string, Daemon> = { pause, 'redis-server': redis, udpecho };
/** Main processes that are ordinary programs elsewhere. */
export const MAIN_PROCESSES: Record<string, Daemon> = { sleep };
