import { bad } from '../errors.ts';
import type { MatchExtension, Option, Test } from '../extension.ts';
import { parsePorts, portText, type PortRange } from '../values.ts';

/** tcp and udp: extensions/libxt_tcp.c, libxt_udp.c (old-style parsers: an option twice is an error of their own). */
interface Ports {
  sport?: PortRange;
  sportInverted?: boolean;
  dport?: PortRange;
  dportInverted?: boolean;
}
interface Tcp extends Ports {
  flags?: [mask: number, compare: number];
  flagsInverted?: boolean;
  option?: number;
  optionInverted?: boolean;
}

const FLAGS: [string, number][] = [['FIN', 1], ['SYN', 2], ['RST', 4], ['PSH', 8], ['ACK', 16], ['URG', 32]];

export const tcp: MatchExtension<Tcp> = {
  name: 'tcp', native: true, protocols: [6],
  init: () => ({}),
  options: {
    ...portOptions('tcp'),
    'tcp-flags': { args: 2, invertible: true, multi: true, parse: (d, mask, inverted, _s, compare) => setFlags(d, [parseFlags(mask), parseFlags(compare)], inverted) },
    syn: { args: 0, invertible: true, multi: true, parse: (d, _v, inverted) => setFlags(d, [0x17, 2], inverted) },
    'tcp-option': {
      invertible: true, multi: true,
      parse: (d, value, inverted) => {
        if (d.option !== undefined) throw bad("Only one `--tcp-option' allowed");
        d.option = Number(value);
        d.optionInverted = inverted;
      },
    },
  },
  print: (d, numeric) => ` tcp${printPorts(d, numeric, 'tcp')}${d.option === undefined ? '' : ` option=${d.optionInverted ? '!' : ''}${d.option}`}${printFlags(d, numeric)}`,
  save: (d) => {
    const option = d.option === undefined ? '' : `${d.optionInverted ? ' !' : ''} --tcp-option ${d.option}`;
    return `${savePorts(d)}${option}${d.flags ? `${d.flagsInverted ? ' !' : ''} --tcp-flags ${flagNames(d.flags[0])} ${flagNames(d.flags[1])}` : ''}`;
  },
  compile: (d) => {
    const ports = testPorts(d);
    if (!d.flags) return ports;
    const [mask, compare] = d.flags, inverted = d.flagsInverted ?? false;
    return (c) => c.packet.tcp !== undefined && ((c.packet.tcp.flags & mask) === compare) !== inverted && ports(c);
  },
};

export const udp: MatchExtension<Ports> = {
  name: 'udp', native: true, protocols: [17],
  init: () => ({}),
  options: portOptions('udp'),
  print: (d, numeric) => ` udp${printPorts(d, numeric, 'udp')}`,
  save: savePorts,
  compile: (d) => testPorts(d),
};

/** The exact destination port that a packet must have, if the match says one (for the index of a chain). */
export function exactPort(data: Ports): number | undefined {
  return data.dport && !data.dportInverted && data.dport[0] === data.dport[1] ? data.dport[0] : undefined;
}

function portOptions(proto: string): Record<string, Option<Ports>> {
  const source: Option<Ports> = {
    invertible: true, multi: true,
    parse: (d, value, inverted) => {
      if (d.sport) throw bad("Only one `--source-port' allowed");
      d.sport = parsePorts(value, proto);
      d.sportInverted = inverted;
    },
  };
  const destination: Option<Ports> = {
    invertible: true, multi: true,
    parse: (d, value, inverted) => {
      if (d.dport) throw bad("Only one `--destination-port' allowed");
      d.dport = parsePorts(value, proto);
      d.dportInverted = inverted;
    },
  };
  return { 'source-port': source, sport: source, 'destination-port': destination, dport: destination };
}

function testPorts({ sport, dport, sportInverted = false, dportInverted = false }: Ports): Test {
  const [slow, shigh] = sport ?? [0, 65535], [dlow, dhigh] = dport ?? [0, 65535];
  if (!sport && !dport) return () => true;
  return ({ packet: p }) => (p.sport >= slow && p.sport <= shigh) !== sportInverted && (p.dport >= dlow && p.dport <= dhigh) !== dportInverted;
}

function printPorts(d: Ports, numeric: boolean, proto: string): string {
  const one = (name: string, range: PortRange | undefined, inverted: boolean | undefined) => {
    if (!range || (range[0] === 0 && range[1] === 65535 && !inverted)) return '';
    const not = inverted ? '!' : '';
    return range[0] === range[1] ? ` ${name}:${not}${portText(range[0], numeric, proto)}` : ` ${name}s:${not}${portText(range[0], numeric, proto)}:${portText(range[1], numeric, proto)}`;
  };
  return one('spt', d.sport, d.sportInverted) + one('dpt', d.dport, d.dportInverted);
}

function savePorts(d: Ports): string {
  const one = (name: string, range: PortRange | undefined, inverted: boolean | undefined) => {
    if (!range || (range[0] === 0 && range[1] === 65535 && !inverted)) return '';
    return `${inverted ? ' !' : ''} --${name} ${range[0] === range[1] ? range[0] : range.join(':')}`;
  };
  return one('sport', d.sport, d.sportInverted) + one('dport', d.dport, d.dportInverted);
}

function setFlags(d: Tcp, flags: [number, number], inverted: boolean): void {
  if (d.flags) throw bad("Only one of `--syn' or `--tcp-flags'  allowed");
  d.flags = flags;
  d.flagsInverted = inverted;
}

function parseFlags(text: string): number {
  let bits = 0;
  for (const name of text.split(',')) {
    const flag = FLAGS.find(([n]) => n === name.toUpperCase());
    if (flag) bits |= flag[1];
    else if (name.toUpperCase() === 'ALL') bits |= 63;
    else if (name.toUpperCase() !== 'NONE') throw bad(`Unknown TCP flag \`${name}'`);
  }
  return bits;
}

function flagNames(bits: number): string {
  return FLAGS.filter(([, bit]) => bits & bit).map(([n]) => n).join(',') || 'NONE';
}

function printFlags(d: Tcp, numeric: boolean): string {
  if (!d.flags) return '';
  const [mask, compare] = d.flags.map((f) => (numeric ? `0x${f.toString(16).toUpperCase().padStart(2, '0')}` : flagNames(f)));
  return ` flags:${d.flagsInverted ? '!' : ''}${mask}/${compare}`;
}
