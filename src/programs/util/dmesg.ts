import { netShared } from '../../linux/net/shared.ts';
import { multi, tool, Usage } from '../coreutils/tool.ts';

/** dmesg: what the kernel has said of this machine since it booted (connections it tracks no more, packets LOG rules saw, processes it killed for memory). */
const dmesg = tool(async (t) => {
  t.parse({ short: 'HTtwWkxeL::', long: { human: 'H', ctime: 'T', notime: 't', follow: 'w', 'follow-new': 'W', kernel: 'k', decode: 'x', reltime: 'e', color: 'L::', nopager: 'P' } });
  if (t.args.length > 0) throw new Usage('bad usage');
  const { process } = t, { machine } = process;
  if (!process.can('SYSLOG')) {
    await process.err('dmesg: read kernel buffer failed: Operation not permitted\n');
    return 1;
  }
  const stamp = (at: number) => (t.has('t') ? '' : t.has('T') ? `[${new Date(at / 1000).toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) (\S+) GMT$/, '$1 $3 $2 $5 $4')}] ` : `[${((at - machine.bootedAt) / 1e6).toFixed(6).padStart(12)}] `);
  const log = () => netShared(process.world).kernelLogOf(machine.name);
  let shown = t.has('W') ? log().length : 0;
  for (;;) {
    for (const { at, line } of log().slice(shown)) await t.out(`${stamp(at)}${line}\n`);
    shown = log().length;
    if (!t.has('w') && !t.has('W')) return 0;
    await process.sleep(250_000);
  }
});

export const main = multi({ dmesg });
