import type { Micros } from '../../../sim/clock.ts';
import { formatIpv4, mask as maskOf, type Ipv4 } from '../addresses.ts';
import { PROTOCOL_NUMBER, type Packet } from '../packet.ts';
import { protocolName } from './protocols.ts';

/** What one part of an element is. */
export type Part = 'ip' | 'net' | 'port' | 'set';

/** Types of sets with the revision that the kernel has. */
export const SET_TYPES: Record<string, number> = {
  'hash:ip': 6, 'hash:net': 7, 'hash:ip,port': 7, 'hash:ip,port,ip': 6, 'hash:ip,port,net': 8, 'hash:net,port': 8, 'hash:net,net': 4, 'bitmap:port': 3, 'list:set': 3,
};

/** One part of an element: an address or network, a port with its protocol, or the name of a set. */
export interface Value {
  address?: Ipv4;
  bits?: number;
  port?: number;
  proto?: number;
  set?: string;
}

export interface Element {
  values: Value[];
  expires?: Micros;
  comment?: string;
  packets: number;
  bytes: number;
}

export interface SetOptions {
  hashsize: number;
  maxelem: number;
  /** Seconds; 0 for elements that stay. */
  timeout?: number;
  counters: boolean;
  comment: boolean;
  /** Of bitmap:port. */
  range?: [number, number];
  /** Of list:set. */
  size: number;
  family: 'inet' | 'inet6';
}

/** A set of ipset(8) in the kernel. */
export class IpSet {
  name: string;
  readonly type: string;
  readonly options: SetOptions;
  readonly initval: number;
  readonly parts: Part[];
  readonly elements = new Map<string, Element>();
  readonly #now: () => Micros;

  constructor(name: string, type: string, options: SetOptions, initval: number, now: () => Micros) {
    this.name = name;
    this.type = type;
    this.options = options;
    this.initval = initval;
    this.parts = type.split(':')[1]!.split(',') as Part[];
    this.#now = now;
  }

  get(values: readonly Value[]): Element | undefined {
    return this.#live(elementText(values));
  }

  /** Elements that have not timed out, in the order they came (of a bitmap: by number). */
  list(): Element[] {
    for (const key of [...this.elements.keys()]) this.#live(key);
    const all = [...this.elements.values()];
    return this.type === 'bitmap:port' ? all.sort((a, b) => a.values[0]!.port! - b.values[0]!.port!) : all;
  }

  /** Whether an element is in the set, or in a network of it. */
  contains(values: readonly Value[]): Element | undefined {
    const exact = this.get(values);
    if (exact || !this.parts.includes('net')) return exact;
    return this.list().find((e) => e.values.every((v, i) => within(v, values[i]!)));
  }

  /** Whether a packet is: `flags` say for each part which side of the packet to take. */
  has(packet: Packet, flags: readonly ('src' | 'dst')[], sets: ReadonlyMap<string, IpSet>): boolean {
    if (this.type === 'list:set') return this.list().some((e) => sets.get(e.values[0]!.set!)?.has(packet, flags, sets));
    const found = this.contains(this.valuesOf(packet, flags));
    if (found) {
      found.packets++;
      found.bytes += packet.length;
    }
    return found !== undefined;
  }

  /** What a packet would be as an element. */
  valuesOf(packet: Packet, flags: readonly ('src' | 'dst')[]): Value[] {
    return this.parts.map((part, i) => this.#of(packet, part, flags[i] ?? flags.at(-1)!));
  }

  #of(packet: Packet, part: Part, side: 'src' | 'dst'): Value {
    if (part !== 'port') return { address: side === 'src' ? packet.src : packet.dst };
    const port = side === 'src' ? packet.sport : packet.dport;
    return this.type === 'bitmap:port' ? { port } : { port, proto: PROTOCOL_NUMBER[packet.protocol] };
  }

  #live(key: string): Element | undefined {
    const element = this.elements.get(key);
    if (element?.expires !== undefined && element.expires <= this.#now()) {
      this.elements.delete(key);
      return undefined;
    }
    return element;
  }
}

function within(net: Value, value: Value): boolean {
  if (net.port !== undefined) return net.port === value.port && net.proto === value.proto;
  return ((net.address! ^ value.address!) & maskOf(net.bits ?? 32)) === 0;
}

/** As `ipset list` prints it. */
export function elementText(values: readonly Value[]): string {
  return values
    .map((v) => {
      if (v.set !== undefined) return v.set;
      if (v.port !== undefined) return v.proto === undefined ? String(v.port) : `${protocolName(v.proto) ?? v.proto}:${v.port}`;
      return v.bits === undefined || v.bits === 32 ? formatIpv4(v.address!) : `${formatIpv4(v.address!)}/${v.bits}`;
    })
    .join(',');
}
