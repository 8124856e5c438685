import type { KubeObject } from '../api/types.ts';
import { type FieldError, GoLiteral, goQuote, invalidValue } from '../api/field-errors.ts';
import { isIpv4 } from '../api/names.ts';
import type { ApiServer } from './server.ts';
import * as errors from './errors.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Any = any;

/** Addresses and node ports of Services (pkg/registry/core/service/ipallocator, portallocator). What is taken is read from the Services stored. */
export class Allocators {
  readonly #server: ApiServer;
  readonly #base: number;
  readonly #size: number;

  constructor(server: ApiServer) {
    this.#server = server;
    const [address = '', bits = '32'] = server.options.serviceCidr.split('/');
    this.#base = toNumber(address);
    this.#size = 2 ** (32 - Number(bits));
  }

  /** Gives a Service what its type needs; throws Invalid where it asks for what cannot be had. */
  service(service: KubeObject, old: KubeObject | undefined): void {
    const wrong: FieldError[] = [], { spec } = service;
    if (spec.type === 'ExternalName') return;
    if (spec.clusterIP === undefined && spec.clusterIPs?.[0]) spec.clusterIP = spec.clusterIPs[0];
    if (spec.clusterIP === 'None') {
      spec.clusterIPs = ['None'];
      spec.ipFamilies ??= ['IPv4'];
      spec.ipFamilyPolicy ??= spec.selector ? 'SingleStack' : 'RequireDualStack';
    } else if (old?.spec.clusterIP === undefined || old.spec.clusterIP === '' || old.spec.type === 'ExternalName') {
      const taken = this.#services().filter((s) => s.metadata.uid !== service.metadata.uid);
      const addresses = new Set<string>(taken.flatMap((s) => s.spec.clusterIPs ?? (s.spec.clusterIP ? [s.spec.clusterIP] : [])));
      const asked = spec.clusterIP as string | undefined;
      if (asked) {
        const bad = this.#refusedAddress(asked, addresses);
        if (bad) wrong.push(invalidValue('spec.clusterIPs', new GoLiteral(`[]string{${goQuote(asked)}}`), bad));
      }
      spec.clusterIP = asked ? asked : this.#freeAddress(addresses);
      spec.clusterIPs = [spec.clusterIP];
      spec.ipFamilies ??= ['IPv4'];
      spec.ipFamilyPolicy ??= 'SingleStack';
    }
    if (spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false)) this.#nodePorts(service, old, wrong);
    if (spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local' && !spec.healthCheckNodePort) spec.healthCheckNodePort = old?.spec.healthCheckNodePort ?? this.#freePort(this.#ports(service));
    if (wrong.length > 0) throw errors.invalid({ group: '', kind: 'Service' }, service.metadata.name, wrong);
  }

  #nodePorts(service: KubeObject, old: KubeObject | undefined, wrong: FieldError[]): void {
    const taken = this.#ports(service), { from, to } = this.#server.options.nodePorts;
    const mine = new Set<number>((old?.spec.ports ?? []).map((p: Any) => p.nodePort));
    const within = new Map<string, number>();
    (service.spec.ports as Any[] | undefined)?.forEach((port, i) => {
      const at = `spec.ports[${i}].nodePort`;
      if (port.nodePort) {
        if (!mine.has(port.nodePort)) {
          if (port.nodePort < from || port.nodePort > to) wrong.push(invalidValue(at, port.nodePort, `provided port is not in the valid range. The range of valid ports is ${from}-${to}`));
          else if (taken.has(port.nodePort)) wrong.push(invalidValue(at, port.nodePort, 'provided port is already allocated'));
        }
      } else {
        // Ports that differ in the protocol only share a node port.
        port.nodePort = within.get(String(port.port)) ?? this.#freePort(new Set([...taken, ...within.values()]));
      }
      within.set(String(port.port), port.nodePort);
    });
  }

  #refusedAddress(address: string, taken: Set<string>): string | undefined {
    if (!isIpv4(address)) return `must be empty, 'None', or a valid IP address`;
    const n = toNumber(address);
    if (n <= this.#base || n >= this.#base + this.#size - 1) return `failed to allocate IP ${address}: the provided IP (${address}) is not in the valid range. The range of valid IPs is ${this.#server.options.serviceCidr}`;
    return taken.has(address) ? `failed to allocate IP ${address}: provided IP is already allocated` : undefined;
  }

  /** From the upper part of the range; the lower one is kept for addresses that are asked for (min(max(16, size/16), 256)). */
  #freeAddress(taken: Set<string>): string {
    const reserved = Math.min(Math.max(16, Math.floor(this.#size / 16)), 256), span = this.#size - 2 - reserved;
    for (let i = 0, at = this.#server.rng.int(span); i < span; i++, at = (at + 1) % span) {
      const address = toText(this.#base + 1 + reserved + at);
      if (!taken.has(address)) return address;
    }
    throw errors.internal('failed to allocate a serviceIP: range is full');
  }

  #freePort(taken: Set<number>): number {
    const { from, to } = this.#server.options.nodePorts;
    const reserved = Math.min(Math.max(16, Math.floor((to - from + 1) / 32)), 128), span = to - from + 1 - reserved;
    for (let i = 0, at = this.#server.rng.int(span); i < span; i++, at = (at + 1) % span) if (!taken.has(from + reserved + at)) return from + reserved + at;
    throw errors.internal('failed to allocate a nodePort: range is full');
  }

  #ports(except: KubeObject): Set<number> {
    const out = new Set<number>();
    for (const s of this.#services()) {
      if (s.metadata.uid === except.metadata.uid) continue;
      for (const p of s.spec.ports ?? []) if (p.nodePort) out.add(p.nodePort);
      if (s.spec.healthCheckNodePort) out.add(s.spec.healthCheckNodePort);
    }
    return out;
  }

  #services(): KubeObject[] {
    return this.#server.registry.list(this.#server.resource('', 'v1', 'services')!, '').map((kv) => kv.value);
  }
}

function toNumber(address: string): number {
  return address.split('.').reduce((n, part) => n * 256 + Number(part), 0);
}

function toText(n: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(n / 2 ** shift) % 256).join('.');
}

