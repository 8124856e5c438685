import type { Entry } from '../../conntrack/entry.ts';
import { bad } from '../errors.ts';
import { CONTINUE, type TargetExtension } from '../extension.ts';
import { hex, parseMark, parseOptionUint, type Mark } from '../values.ts';

/** extensions/libxt_MARK.c and libxt_CONNMARK.c: mark = (mark & ~mask) ^ value. */
interface MarkData {
  set?: Mark;
}

const u = (n: number) => n >>> 0;

/** The options --set-xmark, --set-mark, --and-mark, --or-mark, --xor-mark, of which one is given. */
function setters<D extends MarkData>(ext: string) {
  const once = (d: D, option: string, mark: Mark) => {
    if (d.set) throw bad(`${ext}: option "--${(d as { option?: string }).option}" cannot be used together with "--${option}".\n`);
    d.set = mark;
    (d as { option?: string }).option = option;
  };
  const number = (v: string, option: string) => parseOptionUint(v, option, ext);
  return {
    'set-xmark': { parse: (d: D, v: string) => once(d, 'set-xmark', parseMark(v, 'set-xmark', ext)) },
    'set-mark': {
      parse: (d: D, v: string) => {
        const { value, mask } = parseMark(v, 'set-mark', ext);
        once(d, 'set-mark', { value, mask: u(value | mask) });
      },
    },
    'and-mark': { parse: (d: D, v: string) => once(d, 'and-mark', { value: 0, mask: u(~number(v, 'and-mark')) }) },
    'or-mark': {
      parse: (d: D, v: string) => {
        const value = number(v, 'or-mark');
        once(d, 'or-mark', { value, mask: value });
      },
    },
    'xor-mark': { parse: (d: D, v: string) => once(d, 'xor-mark', { value: number(v, 'xor-mark'), mask: 0 }) },
  };
}

function setText({ value, mask }: Mark): string {
  if (value === 0) return `and ${hex(~mask)}`;
  if (value === mask) return `or ${hex(value)}`;
  if (mask === 0) return `xor ${hex(value)}`;
  return mask === 0xffffffff ? `set ${hex(value)}` : `xset ${hex(value)}/${hex(mask)}`;
}

export const MARK: TargetExtension<MarkData> = {
  name: 'MARK',
  init: () => ({}),
  options: setters('MARK'),
  check: (d) => {
    if (!d.set) throw bad('MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required');
  },
  print: (d) => ` MARK ${setText(d.set!)}`,
  save: (d) => ` --set-xmark ${hex(d.set!.value)}/${hex(d.set!.mask)}`,
  compile: ({ set }) => {
    const { value, mask } = set!;
    return (c) => {
      c.packet.mark = u((c.packet.mark & ~mask) ^ value);
      return CONTINUE;
    };
  },
};

interface ConnmarkData extends MarkData {
  mode: 'set' | 'save' | 'restore';
  nfmask: number;
  ctmask: number;
  moved?: boolean;
}

export const CONNMARK: TargetExtension<ConnmarkData> = {
  name: 'CONNMARK',
  init: () => ({ mode: 'set', nfmask: 0xffffffff, ctmask: 0xffffffff }),
  options: {
    ...setters<ConnmarkData>('CONNMARK'),
    'save-mark': { args: 0, parse: (d) => void Object.assign(d, { mode: 'save', moved: true }) },
    'restore-mark': { args: 0, parse: (d) => void Object.assign(d, { mode: 'restore', moved: true }) },
    mask: { parse: (d, v) => void (d.nfmask = d.ctmask = parseOptionUint(v, 'mask', 'CONNMARK')) },
    nfmask: { parse: (d, v) => void (d.nfmask = parseOptionUint(v, 'nfmask', 'CONNMARK')) },
    ctmask: { parse: (d, v) => void (d.ctmask = parseOptionUint(v, 'ctmask', 'CONNMARK')) },
  },
  check: (d) => {
    if (!d.set && !d.moved) throw bad('CONNMARK target: No operation specified');
  },
  print: (d) => {
    if (d.mode === 'set') return ` CONNMARK ${setText(d.set!)}`;
    if (d.nfmask === 0xffffffff && d.ctmask === 0xffffffff) return ` CONNMARK ${d.mode}`;
    if (d.nfmask === d.ctmask) return ` CONNMARK ${d.mode} mask ${hex(d.nfmask)}`;
    return d.mode === 'save' ? ` CONNMARK save nfmask ${hex(d.nfmask)} ctmask ~${hex(d.ctmask)}` : ` CONNMARK restore ctmask ${hex(d.ctmask)} nfmask ~${hex(d.nfmask)}`;
  },
  save: (d) => (d.mode === 'set' ? ` --set-xmark ${hex(d.set!.value)}/${hex(d.set!.mask)}` : ` --${d.mode}-mark --nfmask ${hex(d.nfmask)} --ctmask ${hex(d.ctmask)}`),
  compile: ({ mode, set, nfmask, ctmask }) => (c) => {
    const entry = c.packet.ct?.entry as Entry | undefined;
    if (!entry) return CONTINUE;
    const before = entry.mark;
    if (mode === 'set') entry.mark = u((entry.mark & ~set!.mask) ^ set!.value);
    else if (mode === 'save') entry.mark = u((entry.mark & ~ctmask) ^ (c.packet.mark & nfmask));
    else c.packet.mark = u((c.packet.mark & ~nfmask) ^ (entry.mark & ctmask));
    if (entry.mark !== before) c.netfilter.conntrack.changed(entry);
    return CONTINUE;
  },
};
