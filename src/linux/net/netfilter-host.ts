/** What netfilter asks of its network namespace. */
import type { World } from '../world.ts';
import { IPV4_MAX, type Ip } from './addresses.ts';
import type { HookName, HookState } from './hooks.ts';
import { sendIcmpError, sendReset } from './icmp.ts';
import type { NetNamespace } from './namespace.ts';
import type { NetfilterHost } from './netfilter/host.ts';
import type { Packet } from './packet.ts';

export class Host implements NetfilterHost {
  readonly world: World;
  readonly machine: string;
  readonly name: string;
  readonly #ns: NetNamespace;

  constructor(ns: NetNamespace) {
    this.#ns = ns;
    this.world = ns.world;
    this.machine = ns.machine;
    this.name = ns.name;
  }

  addressType(ip: Ip, dev?: string): 'UNSPEC' | 'UNICAST' | 'LOCAL' | 'BROADCAST' | 'MULTICAST' {
    const type = this.#ns.fib.addressType(ip);
    if (dev === undefined || dev === '' || type !== 'LOCAL') return type;
    const link = this.#ns.link(dev), own = ip > IPV4_MAX ? this.#ns.inet6!.addresses.list(link) : link?.addresses;
    return own?.some((a) => a.ip === ip) ? type : 'UNICAST';
  }
  selectSource(dev: string, to: Ip): Ip | undefined {
    const link = this.#ns.link(dev);
    if (to > IPV4_MAX) return (link && this.#ns.inet6!.fib.selectSource(to, link)) || undefined;
    const route = this.#ns.fib.output(to, { oif: link });
    return this.#ns.fib.selectAddress(link, route.via ?? to, 'global') || undefined;
  }
  reversePath(src: Ip, dev: string, { loose, acceptLocal, mark }: { loose: boolean; acceptLocal: boolean; mark: number }): boolean {
    const back = this.#ns.fib.output(src, { mark });
    if (back.error || (back.type !== 'unicast' && !(acceptLocal && back.type === 'local'))) return false;
    return loose || back.dev.name === dev;
  }
  primaryAddress(dev: string, family: 4 | 6 = 4): Ip | undefined {
    if (family === 6) return this.#ns.link(dev) && this.#ns.inet6!.primaryAddress(this.#ns.link(dev)!);
    return this.#ns.link(dev)?.addresses.find((a) => !a.secondary)?.ip;
  }
  rejectWithIcmp(packet: Packet, code: number, _hook: HookName, _state: HookState): void {
    if (this.#ns.tracer.on) this.#ns.tracer.step(this.#ns, 'reject', packet, { note: `icmp code ${code}` });
    sendIcmpError(this.#ns, packet, 'destination-unreachable', code);
  }
  rejectWithReset(packet: Packet, _hook: HookName, _state: HookState): void {
    sendReset(this.#ns, packet);
  }
  log(line: string): void {
    this.#ns.shared.kernelLog(this.machine, line);
  }
}
