import { formatIpv4, parseIpv4, mask as maskOf, type Ipv4 } from '../addresses.ts';
import { PROTOCOL_NUMBER, type Packet } from '../packet.ts';
import { protocolName } from './protocols.ts';

export type SetType = 'hash:ip' | 'hash:net' | 'hash:ip,port' | 'hash:ip,port,ip' | 'hash:ip,port,net' | 'hash:net,port' | 'bitmap:port' | 'hash:mac' | 'list:set';
/** What one part of an element is. */
export type Part = 'ip' | 'net' | 'port' | 'mac' | 'set';

/** One part of an element: an address or network, or a port of a protocol. */
export interface Value {
  address?: Ipv4;
  bits?: number;
  port?: number;
  proto?: number;
  text?: string;
}

/** A set of ipset(8) in the kernel. */
export class IpSet {
  name: string;
  readonly type: SetType;
  readonly options: string;
  readonly parts: Part[];
  readonly elements = new Map<string, Value[]>();
  /** Rules and lists that name it. */
  references = 0;

  constructor(name: string, type: SetType, options: string) {
    this.name = name;
    this.type = type;
    this.options = options;
    this.parts = type.split(':')[1]!.split(',') as Part[];
  }

  has(packet: Packet, flags: readonly ('src' | 'dst')[]): boolean {
    if (!this.parts.includes('net')) {
      const wanted = this.parts.map((part, i) => this.#of(packet, part, flags[i] ?? flags.at(-1)!));
      return this.elements.has(elementText(wanted));
    }
    for (const element of this.elements.values()) {
      const hit = element.every((value, i) => {
        const side = flags[i] ?? flags.at(-1)!;
        if (value.port !== undefined) return value.port === (side === 'src' ? packet.sport : packet.dport) && value.proto === PROTOCOL_NUMBER[packet.protocol];
        return (((side === 'src' ? packet.src : packet.dst) ^ value.address!) & maskOf(value.bits ?? 32)) === 0;
      });
      if (hit) return true;
    }
    return false;
  }

  #of(packet: Packet, part: Part, side: 'src' | 'dst'): Value {
    if (part === 'port') {
      const port = side === 'src' ? packet.sport : packet.dport;
      return this.type === 'bitmap:port' ? { port } : { port, proto: PROTOCOL_NUMBER[packet.protocol] };
    }
    if (part === 'mac') return { text: (packet.macSrc ?? '').toUpperCase() };
    return { address: side === 'src' ? packet.src : packet.dst };
  }
}

/** As `ipset list` and `ipset save` print it. */
export function elementText(values: readonly Value[]): string {
  return values
    .map((v) => {
      if (v.text !== undefined) return v.text;
      if (v.port !== undefined) return v.proto === undefined ? String(v.port) : `${protocolName(v.proto) ?? v.proto}:${v.port}`;
      return v.bits === undefined || v.bits === 32 ? formatIpv4(v.address!) : `${formatIpv4(v.address!)}/${v.bits}`;
    })
    .join(',');
}

/** Undefined for text that is no address. */
export function parseAddress(text: string): Ipv4 | undefined {
  return parseIpv4(text);
}
