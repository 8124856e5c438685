import { ipHeader, RST } from '../../packet.ts';
import { bad } from '../errors.ts';
import { CONTINUE, DROP, type Action, type TargetExtension } from '../extension.ts';
import { parseOptionUint, parseUint, quote } from '../values.ts';
import { logLine } from '../log.ts';

/** REJECT, LOG, TRACE, CT, NOTRACK, TCPMSS. */

/** extensions/libipt_REJECT.c: name, alias, ICMP code (undefined: a TCP reset). */
const REJECTS: [name: string, alias: string, code: number | undefined][] = [
  ['icmp-net-unreachable', 'net-unreach', 0], ['icmp-host-unreachable', 'host-unreach', 1], ['icmp-proto-unreachable', 'proto-unreach', 2],
  ['icmp-port-unreachable', 'port-unreach', 3], ['icmp-net-prohibited', 'net-prohib', 9], ['icmp-host-prohibited', 'host-prohib', 10],
  ['tcp-reset', 'tcp-rst', undefined], ['icmp-admin-prohibited', 'admin-prohib', 13],
];

export const REJECT: TargetExtension<{ type: string }> = {
  name: 'REJECT', tables: ['filter'], hooks: ['INPUT', 'FORWARD', 'OUTPUT'],
  init: () => ({ type: 'icmp-port-unreachable' }),
  options: {
    'reject-with': {
      parse: (d, v) => {
        const found = REJECTS.find(([name, alias]) => name.startsWith(v.toLowerCase()) || alias.startsWith(v.toLowerCase()));
        if (v === 'echo-reply' || v === 'host-isolated') throw bad(`reject type ${v} not supported`);
        if (!found) throw bad(`unknown reject type "${v}"`);
        d.type = found[0];
      },
    },
  },
  valid: (d, { proto, protoInverted }) => d.type !== 'tcp-reset' || (proto === 6 && !protoInverted),
  print: (d) => ` reject-with ${d.type}`,
  save: (d) => ` --reject-with ${d.type}`,
  compile: (d) => reject(REJECTS.find(([name]) => name === d.type)![2]),
};

/** Answers with that code of unreachable, or with a reset. */
export function reject(code: number | undefined): Action {
  return (c) => {
    if (code === undefined) {
      if (!(c.packet.tcp!.flags & RST)) c.netfilter.conntrack.closing(c.packet);
      c.netfilter.host.rejectWithReset(c.packet, c.hook, c.state);
    } else c.netfilter.host.rejectWithIcmp(c.packet, code, c.hook, c.state);
    return DROP;
  };
}

interface Log {
  level: number;
  prefix: string;
  tcpSequence: boolean;
  tcpOptions: boolean;
  ipOptions: boolean;
  uid: boolean;
  mac: boolean;
}
const LEVELS = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug'];
/** What --log-level takes; LEVELS is what is shown. */
const LEVEL_NAMES: Record<string, number> = { alert: 1, crit: 2, debug: 7, emerg: 0, error: 3, info: 6, notice: 5, panic: 0, warning: 4 };
const LOG_FLAGS: [key: 'tcpSequence' | 'tcpOptions' | 'ipOptions' | 'uid' | 'mac', option: string, shown: string, bit: number][] = [
  ['tcpSequence', 'log-tcp-sequence', 'tcp-sequence', 1], ['tcpOptions', 'log-tcp-options', 'tcp-options', 2],
  ['ipOptions', 'log-ip-options', 'ip-options', 4], ['uid', 'log-uid', 'uid', 8], ['mac', 'log-macdecode', 'macdecode', 32],
];

export const LOG: TargetExtension<Log> = {
  name: 'LOG',
  init: () => ({ level: 4, prefix: '', tcpSequence: false, tcpOptions: false, ipOptions: false, uid: false, mac: false }),
  options: {
    'log-level': {
      parse: (d, v) => {
        const level = parseUint(v, 0, 7) ?? LEVEL_NAMES[v];
        if (level === undefined) throw bad(`log level "${v}" unknown\n`);
        d.level = level;
      },
    },
    'log-prefix': {
      parse: (d, v) => {
        if (v.includes('\n')) throw bad('LOG: Newlines not allowed in --log-prefix');
        d.prefix = v.slice(0, 29);
      },
    },
    ...Object.fromEntries(LOG_FLAGS.map(([key, option]) => [option, { args: 0 as const, parse: (d: Log) => void (d[key] = true) }])),
  },
  print: (d, numeric) => {
    const flags = numeric ? ` flags ${LOG_FLAGS.reduce((n, [key, , , bit]) => n | (d[key] ? bit : 0), 0)} level ${d.level}` : ` level ${LEVELS[d.level]}${LOG_FLAGS.map(([key, , shown]) => (d[key] ? ` ${shown}` : '')).join('')}`;
    return ` LOG${flags}${d.prefix ? ` prefix "${d.prefix}"` : ''}`;
  },
  save: (d) => `${d.prefix ? ` --log-prefix ${quote(d.prefix)}` : ''}${d.level === 4 ? '' : ` --log-level ${d.level}`}${LOG_FLAGS.map(([key, option]) => (d[key] ? ` --${option}` : '')).join('')}`,
  compile: (d) => (c) => {
    c.netfilter.host.log(logLine(c, d));
    return CONTINUE;
  },
};

export const TRACE: TargetExtension<object> = {
  name: 'TRACE',
  init: () => ({}),
  options: {},
  print: () => '',
  save: () => '',
  compile: () => (c) => {
    c.packet.nfTrace = true;
    return CONTINUE;
  },
};

interface Ct {
  notrack: boolean;
  zone?: number | 'mark';
  zoneDir?: 'orig' | 'reply';
  helper?: string;
}

export const CT: TargetExtension<Ct> = {
  name: 'CT', tables: ['raw'],
  init: () => ({ notrack: false }),
  options: {
    notrack: { args: 0, parse: (d) => void (d.notrack = true) },
    helper: { parse: (d, v) => void (d.helper = v) },
    ...Object.fromEntries(
      (['zone', 'zone-orig', 'zone-reply'] as const).map((option) => [
        option,
        {
          parse: (d: Ct, v: string) => {
            const zone = v === 'mark' ? 'mark' : parseUint(v, 0, 65535);
            if (zone === undefined) throw bad(`Cannot parse ${v} as a zone ID\n`);
            d.zone = zone;
            if (option !== 'zone') d.zoneDir = option.slice(5) as 'orig' | 'reply';
          },
        },
      ]),
    ),
  },
  print: (d) => ` CT${d.notrack ? ' notrack' : ''}${d.helper ? ` helper ${d.helper}` : ''}${d.zone === undefined ? '' : ` zone${d.zoneDir ? `-${d.zoneDir}` : ''} ${d.zone}`}`,
  save: (d) => `${d.notrack ? ' --notrack' : ''}${d.helper ? ` --helper ${d.helper}` : ''}${d.zone === undefined ? '' : ` --zone${d.zoneDir ? `-${d.zoneDir}` : ''} ${d.zone}`}`,
  compile: (d) => (c) => {
    if (c.packet.ct) return CONTINUE;
    if (d.notrack) c.packet.ct = { entry: undefined, reply: false, state: 'UNTRACKED' };
    else if (d.zone !== undefined) c.netfilter.zone = d.zone === 'mark' ? c.packet.mark & 0xffff : d.zone;
    return CONTINUE;
  },
};

/** The old name of CT --notrack. */
export const NOTRACK: TargetExtension<Ct> = { ...CT, name: 'NOTRACK', listed: 'CT', init: () => ({ notrack: true }), options: {}, print: () => ' NOTRACK', save: () => '' };

export const TCPMSS: TargetExtension<{ mss?: number; clamp?: boolean }> = {
  name: 'TCPMSS',
  init: () => ({}),
  options: {
    'set-mss': { parse: (d, v) => void (d.mss = parseOptionUint(v, 'set-mss', 'TCPMSS', 0, 65496)) },
    'clamp-mss-to-pmtu': { args: 0, parse: (d) => void (d.clamp = true) },
  },
  check: (d) => {
    if (d.mss === undefined && !d.clamp) throw bad('TCPMSS target: At least one parameter is required');
  },
  valid: (_d, { proto, protoInverted }) => proto === 6 && !protoInverted,
  print: (d) => (d.clamp ? ' TCPMSS clamp to PMTU' : ` TCPMSS set ${d.mss}`),
  save: (d) => (d.clamp ? ' --clamp-mss-to-pmtu' : ` --set-mss ${d.mss}`),
  compile: (d) => (c) => {
    const tcp = c.packet.tcp;
    if (!tcp || (tcp.mss === undefined && tcp.payload !== '')) return CONTINUE;
    const mtu = Math.min(c.state.out?.mtu ?? 65535, c.state.in?.mtu ?? 65535);
    const mss = d.clamp ? mtu - ipHeader(c.packet.dst) - 20 : d.mss!;
    if (tcp.mss !== undefined) {
      if (tcp.mss > mss) c.packet.tcp = { ...tcp, mss };
      return CONTINUE;
    }
    // A segment without the option and without data gets one (RFC 879's default at most): nft_compat does not ask for --syn.
    c.packet.tcp = { ...tcp, mss: Math.min(mss, 536) };
    c.packet.length += 4;
    return CONTINUE;
  },
};
