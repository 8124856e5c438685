import { formatIpv4, parseIpv4 } from '../../addresses.ts';
import { bad } from '../errors.ts';
import { ACCEPT, CONTINUE, DROP, type TargetExtension } from '../extension.ts';
import { elementText } from '../ipset.ts';
import { dscpClass } from '../matches/quantity.ts';
import { hex, parseMark, parseOptionUint, parseUint, quote, type Mark } from '../values.ts';

/** Targets that hand packets to programs (none here listens), mark them for others, or remember them in a set. */

const hex2 = (n: number) => `0x${n.toString(16).padStart(2, '0')}`;

export const DSCP: TargetExtension<{ value: number | undefined }> = {
  name: 'DSCP', tables: ['mangle'],
  init: () => ({ value: undefined }),
  options: {
    'set-dscp': { parse: (d, v) => void (d.value = parseOptionUint(v, 'set-dscp', 'DSCP', 0, 63)) },
    'set-dscp-class': { parse: (d, v) => void (d.value = dscpClass(v)) },
  },
  check: (d) => {
    if (d.value === undefined) throw bad('DSCP target: Parameter --set-dscp is required');
  },
  print: (d) => ` DSCP set ${hex2(d.value!)}`,
  save: (d) => ` --set-dscp ${hex2(d.value!)}`,
  compile: ({ value }) => ({ packet }) => {
    packet.tos = (packet.tos & 3) | (value! << 2);
    return CONTINUE;
  },
};

interface Tproxy {
  port?: number;
  ip: number;
  mark: Mark;
}

/** The kernel looks for a transparent socket at that port and drops the packet where there is none: no program here opens one. */
export const TPROXY: TargetExtension<Tproxy> = {
  name: 'TPROXY', tables: ['mangle'], hooks: ['PREROUTING'],
  init: () => ({ ip: 0, mark: { value: 0, mask: 0 } }),
  options: {
    'on-port': { required: true, parse: (d, v) => void (d.port = parseOptionUint(v, 'on-port', 'TPROXY', 0, 65535)) },
    'on-ip': {
      parse: (d, v) => {
        const ip = parseIpv4(v);
        if (ip === undefined) throw bad(`TPROXY: Bad value for "--on-ip" option: "${v}"`);
        d.ip = ip;
      },
    },
    'tproxy-mark': { parse: (d, v) => void (d.mark = parseMark(v, 'tproxy-mark', 'TPROXY')) },
  },
  valid: (_d, { proto, protoInverted }) => (proto === 6 || proto === 17) && !protoInverted,
  print: (d) => ` TPROXY redirect ${formatIpv4(d.ip)}:${d.port} mark ${hex(d.mark.value)}/${hex(d.mark.mask)}`,
  save: (d) => ` --on-port ${d.port} --on-ip ${formatIpv4(d.ip)} --tproxy-mark ${hex(d.mark.value)}/${hex(d.mark.mask)}`,
  compile: () => () => DROP,
};

export const NFLOG: TargetExtension<{ prefix?: string; group: number }> = {
  name: 'NFLOG',
  init: () => ({ group: 0 }),
  options: {
    'nflog-prefix': { parse: (d, v) => void (d.prefix = v.slice(0, 63)) },
    'nflog-group': { parse: (d, v) => void (d.group = parseOptionUint(v, 'nflog-group', 'NFLOG', 0, 65535)) },
    'nflog-size': { parse: (_d, v) => void parseOptionUint(v, 'nflog-size', 'NFLOG') },
    'nflog-threshold': { parse: (_d, v) => void parseOptionUint(v, 'nflog-threshold', 'NFLOG', 0, 65535) },
  },
  print: (d) => `${d.prefix === undefined ? '' : ` nflog-prefix ${quote(d.prefix)}`}${d.group ? ` nflog-group ${d.group}` : ''}`,
  save: (d) => `${d.prefix === undefined ? '' : ` --nflog-prefix ${quote(d.prefix)}`}${d.group ? ` --nflog-group ${d.group}` : ''}`,
  compile: () => () => CONTINUE,
};

/** A queue that nobody reads: what is put there is lost, unless it may pass by. */
export const NFQUEUE: TargetExtension<{ num: number; bypass: boolean }> = {
  name: 'NFQUEUE',
  init: () => ({ num: 0, bypass: false }),
  options: { 'queue-num': { parse: (d, v) => void (d.num = parseOptionUint(v, 'queue-num', 'NFQUEUE', 0, 65535)) }, 'queue-bypass': { args: 0, parse: (d) => void (d.bypass = true) } },
  print: (d) => ` NFQUEUE num ${d.num}${d.bypass ? ' bypass' : ''}`,
  save: (d) => ` --queue-num ${d.num}${d.bypass ? ' --queue-bypass' : ''}`,
  compile: ({ bypass }) => () => (bypass ? ACCEPT : DROP),
};

export const CHECKSUM: TargetExtension<{ fill: boolean }> = {
  name: 'CHECKSUM', tables: ['mangle'],
  init: () => ({ fill: false }),
  options: { 'checksum-fill': { args: 0, parse: (d) => void (d.fill = true) } },
  check: (d) => {
    if (!d.fill) throw bad('CHECKSUM target: Parameter --checksum-fill is required');
  },
  print: () => ' CHECKSUM fill',
  save: () => ' --checksum-fill',
  compile: () => () => CONTINUE,
};

export const CLASSIFY: TargetExtension<{ major?: number; minor: number }> = {
  name: 'CLASSIFY', hooks: ['FORWARD', 'OUTPUT', 'POSTROUTING'],
  init: () => ({ minor: 0 }),
  options: {
    'set-class': {
      required: true,
      parse: (d, v) => {
        const [major, minor] = v.split(':').map((h) => parseUint(`0x${h}`, 0, 65535));
        if (major === undefined || minor === undefined) throw bad(`Bad class value \`${v}'`);
        Object.assign(d, { major, minor });
      },
    },
  },
  print: (d) => ` CLASSIFY set ${d.major!.toString(16)}:${d.minor.toString(16)}`,
  save: (d) => ` --set-class ${d.major!.toString(16).padStart(4, '0')}:${d.minor.toString(16).padStart(4, '0')}`,
  compile: () => () => CONTINUE,
};

interface SetTarget {
  add?: [name: string, flags: ('src' | 'dst')[]];
  del?: [name: string, flags: ('src' | 'dst')[]];
  exist: boolean;
  timeout?: number;
}
const setOption = (key: 'add' | 'del') => ({
  args: 2 as const,
  parse: (d: SetTarget, name: string, _not: boolean, state: { netfilter: { sets: ReadonlyMap<string, unknown> } | undefined }, flags: string) => {
    if (state.netfilter && !state.netfilter.sets.has(name)) throw bad(`Set ${name} doesn't exist.\n`);
    const sides = flags.split(',');
    if (sides.some((s) => s !== 'src' && s !== 'dst')) throw bad("You must spefify (the comma separated list of) 'src' or 'dst'.");
    d[key] = [name, sides as ('src' | 'dst')[]];
  },
});

export const SET: TargetExtension<SetTarget> = {
  name: 'SET',
  init: () => ({ exist: false }),
  options: { 'add-set': setOption('add'), 'del-set': setOption('del'), exist: { args: 0, parse: (d) => void (d.exist = true) }, timeout: { parse: (d, v) => void (d.timeout = parseOptionUint(v, 'timeout', 'SET')) } },
  check: (d) => {
    if (!d.add && !d.del) throw bad('You must specify either `--add-set\' or `--del-set\' or `--map-set');
  },
  print: (d) => setText(d, ''),
  save: (d) => setText(d, '--'),
  compile: (d, netfilter) => ({ packet }) => {
    const now = netfilter.host.world.clock.now;
    const [del, add] = [d.del && netfilter.sets.get(d.del[0]), d.add && netfilter.sets.get(d.add[0])];
    if (del) del.elements.delete(elementText(del.valuesOf(packet, d.del![1])));
    if (add) {
      const values = add.valuesOf(packet, d.add![1]), timeout = d.timeout ?? add.options.timeout;
      const known = add.get(values);
      if (!known || d.exist) add.elements.set(elementText(values), { values, packets: known?.packets ?? 0, bytes: known?.bytes ?? 0, ...(timeout ? { expires: now + timeout * 1_000_000 } : {}) });
    }
    return CONTINUE;
  },
};

function setText(d: SetTarget, dashes: string): string {
  const one = (key: 'add' | 'del') => (d[key] ? ` ${dashes}${key}-set ${d[key][0]} ${d[key][1].join(',')}` : '');
  return `${one('add')}${d.exist ? ` ${dashes}exist` : ''}${d.timeout === undefined ? '' : ` ${dashes}timeout ${d.timeout}`}${one('del')}`;
}
