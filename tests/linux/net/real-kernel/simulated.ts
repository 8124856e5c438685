import type { Machine } from '../../../../src/linux/machine.ts';
import { formatIpv4 } from '../../../../src/linux/net/addresses.ts';
import { icmpOpen } from '../../../../src/linux/net/icmp.ts';
import type { Capture } from '../../../../src/linux/net/link.ts';
import type { NetNamespace } from '../../../../src/linux/net/namespace.ts';
import { flagsText, ICMP6_NUMBER, ICMP_NUMBER, PROTOCOL_NUMBER, type Packet } from '../../../../src/linux/net/packet.ts';
import { SocketError } from '../../../../src/linux/net/errors.ts';
import { tcpConnect, tcpListen, type TcpSocket } from '../../../../src/linux/net/tcp.ts';
import { udpOpen } from '../../../../src/linux/net/udp.ts';
import type { Process } from '../../../../src/linux/process.ts';
import { NULL, Sink } from '../../../../src/linux/streams.ts';
import type { World } from '../../../../src/linux/world.ts';
import { PROGRAMS } from '../../../../src/programs/index.ts';
import { oneMachine } from '../../../shell/machine.ts';
import { PATIENCE, RETRANS, TOOLS, type Case, type Outcome, type Probe, type ProbeOutcome, type Server, type Verdict } from './case.ts';

const PROGRAMS_USED = Object.fromEntries(['ip', 'bridge', 'ipset', 'iptables-restore', 'iptables-save', 'ip6tables-restore', 'conntrack', 'ss'].map((name) => [name, PROGRAMS[name]!]));

/** The case in the simulator: one machine with all its namespaces. */
export async function simulate(c: Case): Promise<Outcome> {
  return new Simulated(c).run();
}

class Simulated {
  readonly #case: Case;
  readonly #world: World;
  readonly #machine: Machine;
  readonly #seen = new Map<string, string[]>();
  readonly #owners = new Map<string, Process>();
  #onTcp: ((ns: string, socket: TcpSocket) => void) | undefined;
  #onUdp: ((server: NonNullable<Verdict['server']>, bytes: number, error: string | undefined) => void) | undefined;

  constructor(c: Case) {
    const { world, machine } = oneMachine(PROGRAMS_USED);
    this.#case = c;
    this.#world = world;
    this.#machine = machine;
  }

  async run(): Promise<Outcome> {
    const errors = await this.#build();
    const probes: ProbeOutcome[] = [];
    for (const probe of this.#case.probes) {
      this.#drain();
      const outcome = await this.#probe(probe);
      await this.#pass(4_000);
      probes.push({ ...outcome, seen: this.#drain() });
    }
    const state: Outcome['state'] = {};
    for (const { name } of this.#case.namespaces) {
      state[name] = {};
      for (const tool of TOOLS) {
        const { stdout, stderr } = await this.#tool(name, tool.split(' '));
        state[name][tool] = stdout + (tool.startsWith('conntrack') ? '' : stderr);
      }
    }
    if (this.#world.defects.length > 0) throw this.#world.defects[0]!.error;
    return { errors, probes, state };
  }

  async #build(): Promise<string[]> {
    const errors: string[] = [];
    const told = (ns: string, text: string) => errors.push(...text.split('\n').filter((line) => line !== '').map((line) => `${ns}: ${line}`));
    for (const { name, sysctls } of this.#case.namespaces) {
      const { stderr } = await this.#run(undefined, ['ip', 'netns', 'add', name]);
      told(name, stderr);
      const ns = this.#net(name);
      if (this.#case.family === 6) ns.set('net.ipv6.icmp.ratelimit', '0');
      for (const [key, value] of Object.entries(sysctls)) ns.set(key, value);
    }
    for (const { ns, program, lines } of this.#case.ip) for (const line of lines) told(ns, (await this.#tool(ns, [program ?? 'ip', ...(this.#case.family === 6 && !program ? ['-6'] : []), ...line.split(' ')])).stderr);
    for (const { name, sets, rules, servers } of this.#case.namespaces) {
      for (const { name: dev } of this.#net(name).links()) this.#net(name).set(`net.ipv${this.#case.family ?? 4}.neigh.${dev}.retrans_time_ms`, RETRANS);
      if (sets) told(name, (await this.#tool(name, ['ipset', 'restore', '-file', this.#file(sets)])).stderr);
      if (rules) told(name, (await this.#tool(name, [this.#case.family === 6 ? 'ip6tables-restore' : 'iptables-restore', this.#file(rules)])).stderr);
      const owner = this.#machine.daemon({ argv: ['server'], exe: '/usr/bin/server', net: this.#net(name) });
      this.#owners.set(name, owner);
      for (const server of servers) {
        try {
          this.#serve(name, owner, server);
        } catch (e) {
          if (!(e instanceof SocketError)) throw e;
          told(name, `server: ${e.errno}`);
        }
      }
      this.#net(name).capture('any', (capture) => this.#capture(name, capture));
    }
    return errors;
  }

  #serve(name: string, owner: Process, { proto, ip, port }: Server): void {
    if (proto === 'tcp') return void tcpListen(owner, { ip, port }, (socket) => this.#onTcp?.(name, socket));
    const socket = udpOpen(owner, { ip, port });
    socket.onMessage = (data, from, to) => {
      let error: string | undefined;
      const size = (data as string).length;
      try {
        socket.send(from, 'y'.repeat(size));
      } catch (e) {
        if (!(e instanceof SocketError)) throw e;
        error = e.errno;
      }
      this.#onUdp?.({ ns: name, peer: `${from.ip}:${from.port}`, local: `${to.ip}:${to.port}` }, size, error);
    };
  }

  async #probe(probe: Probe): Promise<Verdict> {
    switch (probe.kind) {
      case 'tcp':
        return this.#tcp(probe);
      case 'udp':
        return this.#udp(probe);
      case 'ping':
        return this.#ping(probe);
    }
  }

  async #tcp(p: Extract<Probe, { kind: 'tcp' }>): Promise<Verdict> {
    let opened = false, error: string | undefined, server: TcpSocket | undefined, where: Verdict['server'], received = 0, ended = false, over = false;
    this.#onTcp = (ns, socket) => {
      server = socket;
      where = { ns, peer: `${socket.remote.ip}:${socket.remote.port}`, local: `${socket.local.ip}:${socket.local.port}` };
      socket.onData = (text) => (received += text.length);
      socket.onEnd = () => {
        ended = true;
        if (p.close === 'fin') socket.close();
      };
    };
    const client = tcpConnect(this.#owners.get(p.from)!, { ip: p.to, port: p.port }, { bind: { port: p.sport } });
    client.onOpen = () => (opened = true);
    client.onError = (errno) => (error = errno);
    client.onEnd = () => (over = true);
    try {
      await this.#world.until(() => error !== undefined || (opened && server !== undefined), PATIENCE);
      if (error !== undefined) return { result: error };
      if (!opened) return { result: 'timeout' };
      if (!server) return { result: 'open', local: `${client.local.ip}:${client.local.port}` };
      if (p.size > 0) {
        client.write('x'.repeat(p.size));
        await this.#world.until(() => received >= p.size, PATIENCE);
        await this.#pass(1_000);
      }
      if (p.close === 'fin' && received === p.size) {
        client.end();
        if (await this.#world.until(() => ended, PATIENCE)) {
          server.close();
          await this.#world.until(() => over, PATIENCE);
        }
      } else client.abort();
      return { result: 'open', server: where!, received };
    } finally {
      this.#onTcp = undefined;
      client.close();
      if (server) {
        await this.#pass(2_000);
        if (p.close === 'fin') server.close();
        else server.abort();
      }
    }
  }

  async #udp(p: Extract<Probe, { kind: 'udp' }>): Promise<Verdict> {
    let result: string | undefined, size: number | undefined;
    const more: Partial<Verdict> = {};
    this.#onUdp = (server, received, error) => Object.assign(more, { server, received, ...(error ? { answer: error } : {}) });
    const client = udpOpen(this.#owners.get(p.from)!, { port: p.sport, ...(this.#case.family === 6 ? { ip: '::' } : {}), ...(p.df ? { dontFragment: true } : {}) });
    client.onMessage = (data) => {
      result = 'reply';
      size = (data as string).length;
    };
    client.onError = (errno) => (result = errno);
    try {
      client.connect({ ip: p.to, port: p.port });
      client.send({ ip: p.to, port: p.port }, 'x'.repeat(p.size));
      await this.#world.until(() => result !== undefined, PATIENCE);
      return { result: result ?? 'timeout', ...(size === undefined ? {} : { size }), ...more };
    } catch (e) {
      if (!(e instanceof SocketError)) throw e;
      return { result: e.errno };
    } finally {
      client.close();
      this.#onUdp = undefined;
    }
  }

  async #ping(p: Extract<Probe, { kind: 'ping' }>): Promise<Verdict> {
    let outcome: Verdict | undefined;
    const socket = icmpOpen(this.#owners.get(p.from)!, { id: p.sport });
    socket.onReply = ({ from, bytes }) => (outcome ??= { result: 'reply', from, size: bytes - 8 });
    socket.onError = ({ from, type, code, mtu }) => (outcome ??= { result: `icmp ${(this.#case.family === 6 ? ICMP6_NUMBER : ICMP_NUMBER)[type]}/${code}`, from, ...(mtu === undefined ? {} : { mtu }) });
    socket.onRedirect = ({ from }) => (outcome ??= { result: `icmp ${ICMP_NUMBER.redirect}/1`, from });
    try {
      socket.send({ ip: p.to, seq: 1, size: p.size, pmtudisc: p.df ? 'do' : 'dont', ...(p.ttl === undefined ? {} : { ttl: p.ttl }) });
      await this.#world.until(() => outcome !== undefined, PATIENCE);
      return outcome ?? { result: 'timeout' };
    } catch (e) {
      if (!(e instanceof SocketError)) throw e;
      return { result: e.errno };
    } finally {
      socket.close();
    }
  }

  #capture(ns: string, { dev, direction, frame, to }: Capture): void {
    if (!frame.packet || frame.packet.icmp?.target !== undefined) return;
    const list = this.#seen.get(ns);
    const line = `${dev.name} ${to === 'otherhost' ? 'other' : direction} ${describe(frame.packet)}`;
    if (list) list.push(line);
    else this.#seen.set(ns, [line]);
  }

  #drain(): Record<string, string[]> {
    const seen = Object.fromEntries(this.#case.namespaces.map(({ name }) => [name, this.#seen.get(name) ?? []]));
    this.#seen.clear();
    return seen;
  }

  async #pass(time: number): Promise<void> {
    await this.#world.advance(this.#world.clock.now + time);
  }

  #net(name: string): NetNamespace {
    return this.#machine.netns.get(name)!;
  }

  /** Writes lines where a tool reads them. */
  #file(lines: string[]): string {
    this.#machine.fs.writeFile('/tmp/input', lines.map((line) => `${line}\n`).join(''));
    return '/tmp/input';
  }

  #tool(ns: string, argv: string[]): Promise<{ stdout: string; stderr: string }> {
    return this.#run(this.#net(ns), argv);
  }

  async #run(net: NetNamespace | undefined, argv: string[]): Promise<{ stdout: string; stderr: string }> {
    let stdout = '', stderr = '';
    const process = this.#machine.spawn({
      argv, exe: `/usr/bin/${argv[0]!}`, stdin: NULL, uid: 0, gid: 0, cwd: '/root', env: { PATH: '/usr/bin:/usr/sbin' },
      stdout: new Sink((text: string) => (stdout += text)), stderr: new Sink((text: string) => (stderr += text)), ...(net ? { net } : {}),
    } as never);
    if (!(await this.#world.until(() => process.status !== undefined, 60_000_000))) throw new Error(`${argv.join(' ')} does not end`);
    return { stdout, stderr };
  }
}

/** As `describe` of real.py. */
function describe(p: Packet, inner = false): string {
  const six = p.dst > 0xffffffff, src = formatIpv4(p.src), dst = formatIpv4(p.dst);
  const end = inner ? '' : ` ttl ${p.ttl} len ${p.length}${p.df && !six ? ' df' : ''}`;
  if (p.fragment && (p.fragment.offset > 0 || !inner)) return `${src} > ${dst} proto ${PROTOCOL_NUMBER[p.protocol]} frag ${p.fragment.offset}${p.fragment.more ? '+' : ''}${end}`;
  if (p.icmp) return `${src} > ${dst} icmp ${(six ? ICMP6_NUMBER : ICMP_NUMBER)[p.icmp.type]}/${p.icmp.code}${p.icmp.inner && !inner ? ` [${describe(p.icmp.inner, true)}]` : ''}${end}`;
  if (typeof p.data === 'object' && !('kind' in p.data)) return `${src} > ${dst} vxlan [${p.data.packet ? describe(p.data.packet) : 'arp'}]${end}`;
  return `${src}:${p.sport} > ${dst}:${p.dport} ${p.protocol}${p.tcp && !inner ? ` ${flagsText(p.tcp.flags)}` : ''}${end}`;
}
