import type { WatchEvent } from '../../kubernetes/apiserver/http.ts';
import { StatusError } from './errors.ts';
import type { Kubectl } from './kubectl.ts';
import type { Options } from './rest.ts';

/**
 * Reads a watch until the server ends it, `event` says stop (returns true), `timeout` (microseconds) passes or a signal
 * comes. Returns what ended it. Throws StatusError for a refusal or an ERROR event.
 */
export async function watch(k: Kubectl, path: string, options: Options, event: (event: WatchEvent) => boolean | void, timeout?: number): Promise<'stopped' | 'closed' | 'timeout'> {
  const queue: WatchEvent[] = [];
  let rest = '', ended = false, wake: (() => void) | undefined;
  const stream = await k.rest.stream(path, { ...options, query: { ...options.query, watch: 'true' } }, (text) => {
    rest += text;
    for (let at = rest.indexOf('\n'); at >= 0; at = rest.indexOf('\n')) {
      const line = rest.slice(0, at);
      rest = rest.slice(at + 1);
      if (line !== '') queue.push(JSON.parse(line) as WatchEvent);
    }
    wake?.();
  }, () => {
    ended = true;
    wake?.();
  });
  const limit = timeout === undefined ? undefined : k.now + timeout;
  try {
    for (;;) {
      for (let next = queue.shift(); next; next = queue.shift()) {
        if (next.type === 'ERROR') throw new StatusError(next.object as never);
        if (next.type !== 'BOOKMARK' && event(next)) return 'stopped';
      }
      await k.flush();
      if (queue.length > 0) continue;
      if (ended) return 'closed';
      if (limit !== undefined && k.now >= limit) return 'timeout';
      await k.process.wait<void>((resume) => {
        wake = resume;
        const timer = limit === undefined ? undefined : k.process.world.clock.after(limit - k.now, resume, { background: true });
        return () => timer?.cancel();
      });
      wake = undefined;
    }
  } finally {
    stream.close();
  }
}
