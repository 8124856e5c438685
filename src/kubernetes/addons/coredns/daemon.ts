import { FileError } from '../../../linux/files.ts';
import { SocketError } from '../../../linux/net/errors.ts';
import type { Process } from '../../../linux/process.ts';
import { SECOND } from '../../../sim/clock.ts';
import type { Daemon } from '../../runtime/daemons.ts';
import { CorefileError } from './corefile.ts';
import { Instance } from './instance.ts';
import { Metrics } from './metrics.ts';

/** plugin/reload's defaults. */
const INTERVAL = 30 * SECOND, JITTER = 15 * SECOND;

/** CoreDNS 1.10: what its Corefile says, until that changes. */
export const coredns: Daemon = (process) => {
  const file = argument(process, 'conf') ?? 'Corefile', port = Number(argument(process, 'dns.port') ?? 53), metrics = new Metrics();
  const fatal = (text: string) => {
    void process.err(`${text}\n`);
    process.exit(1);
  };
  let current: Instance;
  try {
    current = new Instance(process, process.fs.readFile(file, process.cwd), file, port, metrics);
    current.start();
  } catch (error) {
    if (error instanceof FileError) return fatal(`loading Caddyfile via flag: open ${file}: ${error.message.toLowerCase()}`);
    if (error instanceof SocketError) return fatal(`Listen: listen tcp :${port}: bind: ${error.errno === 'EACCES' ? 'permission denied' : 'address already in use'}`);
    if (error instanceof CorefileError) return fatal(error.message);
    throw error;
  }
  metrics.set('coredns_build_info', { goversion: 'go1.20', revision: '055b2c3', version: '1.10.1' }, 1);
  metrics.add('coredns_panics_total', {}, 0);
  const say = (text: string) => void process.out(text);
  const running = () => current.reloads && say(`[INFO] plugin/reload: Running configuration SHA512 = ${current.sha}\n`);
  say(current.zones);
  running();
  say('CoreDNS-1.10.1\nlinux/amd64, go1.20, 055b2c3\n');

  const reload = () => {
    if (!process.running || process.stopped || !current.reloads || !process.fs.exists(file, process.cwd)) return;
    let next: Instance;
    try {
      next = new Instance(process, process.fs.readFile(file, process.cwd), file, port, metrics);
      if (next.sha === current.sha) return;
      say('[INFO] Reloading\n');
    } catch (error) {
      if (!(error instanceof CorefileError)) throw error;
      if (error.message === refused) return;
      refused = error.message;
      metrics.add('coredns_reload_failed_total');
      say(`[INFO] Reloading\n[ERROR] Restart failed: ${error.message}\n[ERROR] plugin/reload: Corefile changed but reload failed: ${error.message}\n`);
      return;
    }
    refused = '';
    if (current.lameduck > 0) say(`[INFO] plugin/health: Going into lameduck mode for ${current.lameduck / SECOND}s\n`);
    current.stop();
    current = next;
    current.start();
    running();
    say('[INFO] Reloading complete\n');
  };
  let refused = '';
  const { clock } = process.world, watch = clock.every(INTERVAL, reload, { first: INTERVAL + process.world.rng.fork(`coredns/reload/${process.uts.hostname}`).int(JITTER) });
  process.onExit(() => {
    watch.cancel();
    current.stop();
  });
  process.onSignal('TERM', () => {
    say('[INFO] SIGTERM: Shutting down servers then terminating\n');
    if (current.lameduck === 0) return process.exit(0);
    say(`[INFO] plugin/health: Going into lameduck mode for ${current.lameduck / SECOND}s\n`);
    clock.after(current.lameduck, () => process.exit(0), { background: true });
  });
  process.onSignal('INT', () => {
    say('[INFO] SIGINT: Shutting down\n');
    process.exit(0);
  });
};

/** -name value, -name=value. */
function argument({ args }: Process, name: string): string | undefined {
  const at = args.findIndex((a) => a === `-${name}` || a.startsWith(`-${name}=`));
  if (at < 0) return undefined;
  return args[at]!.includes('=') ? args[at]!.slice(args[at]!.indexOf('=') + 1) : args[at + 1];
}
