import type { Program } from '../../linux/process.ts';

export interface Installed {
  /** Name of the program in World.programs, and of the executable. */
  name: string;
  /** Where a Debian machine has it. */
  path: string;
  load: () => Promise<{ main: Program }>;
  /** Bytes that `ls -l` shows. */
  size: number;
}

const text = () => import('./text.ts');
const fields = () => import('./fields.ts');
const grep = () => import('./grep.ts');
const sed = () => import('./sed.ts');
const ls = () => import('./ls.ts');
const fileops = () => import('./fileops.ts');
const attributes = () => import('./attributes.ts');
const disk = () => import('./disk.ts');
const paths = () => import('./paths.ts');
const find = () => import('./find.ts');
const dd = () => import('./dd.ts');
const awk = () => import('../awk/awk.ts');
const encode = () => import('../util/encode.ts');
const diff = () => import('../util/diff.ts');
const terminal = () => import('../util/terminal.ts');
const privilege = () => import('../util/privilege.ts');
const dmesg = () => import('../util/dmesg.ts');
const vi = () => import('../editors/vi.ts');
const nano = () => import('../editors/nano.ts');
const jq = () => import('../jq/jq.ts');
const apt = () => import('../apt/apt.ts');
const system = () => import('./system.ts');
const ps = () => import('./ps.ts');
const signals = () => import('./signals.ts');
const top = () => import('./top.ts');
const run = () => import('./run.ts');

const TABLE: [load: () => Promise<{ main: Program }>, dir: string, names: string][] = [
  [text, '/usr/bin', 'cat tac rev head tail wc nl tee seq yes fold'],
  [fields, '/usr/bin', 'sort uniq cut tr paste join comm column expand'],
  [grep, '/usr/bin', 'grep egrep fgrep'],
  [sed, '/usr/bin', 'sed'],
  [ls, '/usr/bin', 'ls'],
  [fileops, '/usr/bin', 'mkdir rmdir rm cp mv ln touch mktemp truncate'],
  [attributes, '/usr/bin', 'chmod chown chgrp stat'],
  [disk, '/usr/bin', 'du df'],
  [paths, '/usr/bin', 'readlink realpath basename dirname'],
  [system, '/usr/bin', 'sleep date env printenv whoami id hostname uname arch nproc uptime free tty test [ printf which who users echo pwd true false sync logname groups'],
  [find, '/usr/bin', 'find xargs'],
  [dd, '/usr/bin', 'dd'],
  [awk, '/usr/bin', 'awk mawk gawk'],
  [encode, '/usr/bin', 'base64 md5sum sha1sum sha256sum od xxd hexdump hd strings file'],
  [diff, '/usr/bin', 'diff cmp'],
  [terminal, '/usr/bin', 'clear reset tput stty less more pager man'],
  [privilege, '/usr/bin', 'sudo su mount umount lsns nsenter unshare'],
  [privilege, '/usr/sbin', 'chroot'],
  [dmesg, '/usr/bin', 'dmesg'],
  [vi, '/usr/bin', 'vi vim editor'],
  [nano, '/usr/bin', 'nano'],
  [ps, '/usr/bin', 'ps'],
  [signals, '/usr/bin', 'pgrep pkill kill killall pidof'],
  [top, '/usr/bin', 'top'],
  [run, '/usr/bin', 'watch timeout nohup nice setsid'],
];

/** Every small tool with its path: scenarios and images install the files, the world gets the programs. */
export const coreutils: readonly Installed[] = TABLE.flatMap(([load, dir, names]) => names.split(' ').map((name) => ({ name, path: `${dir}/${name}`, load, size: sizeOf(name) })));

/** Not there from the start: packages, or images, bring them. apt and dpkg belong to Debian's own images. */
export const packaged: readonly Installed[] = [
  { name: 'jq', path: '/usr/bin/jq', load: jq, size: 30_928 },
  ...['apt', 'apt-get', 'apt-cache', 'dpkg', 'dpkg-query'].map((name) => ({ name, path: `/usr/bin/${name}`, load: apt, size: sizeOf(name) })),
];

/** The shells: their executables too. */
export const shells: readonly Installed[] = [
  { name: 'bash', path: '/usr/bin/bash', load: () => import('../../shell/bash.ts'), size: 1_265_648 },
  { name: 'dash', path: '/usr/bin/dash', load: () => import('../../shell/sh.ts'), size: 125_640 },
  { name: 'sh', path: '/usr/bin/sh', load: () => import('../../shell/sh.ts'), size: 125_640 },
  { name: 'ash', path: '/bin/ash', load: () => import('../../shell/ash.ts'), size: 808_712 },
];

/** A plausible size, the same each time: 20 to 160 KiB as most tools have. */
function sizeOf(name: string): number {
  let h = 7;
  for (const c of name) h = (h * 31 + c.charCodeAt(0)) % 36;
  return 26_968 + h * 4096;
}

/** Everything above: the programs a world needs, and the files of a well furnished Debian machine; the busybox shell under the name `ash`. */
export const installed: readonly Installed[] = [...coreutils, ...shells, ...packaged];
