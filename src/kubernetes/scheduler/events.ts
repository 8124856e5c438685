import type { KubeObject } from '../api/types.ts';
import { ApiError, type ApiClient, ConnectionError, core } from '../client/client.ts';
import { reference } from '../client/events.ts';
import { rfc3339Micro } from '../client/time.ts';
import { type Clock, MINUTE, type Micros } from '../../sim/clock.ts';
import type { Rng } from '../../sim/rng.ts';

const EVENTS = core('events'), FINISH = 6 * MINUTE;

/** client-go tools/events, the newer recorder (events.k8s.io): eventTime instead of first and last, series instead of counts. */
export class SeriesRecorder {
  readonly #client: ApiClient;
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #controller: string;
  readonly #instance: string;
  readonly #cache = new Map<string, { event: KubeObject; count: number; last: Micros }>();
  readonly #queue: (() => void)[] = [];
  #flushing = false;
  #stopped = false;

  constructor(client: ApiClient, clock: Clock, rng: Rng, controller: string, host: string) {
    this.#client = client;
    this.#clock = clock;
    this.#rng = rng;
    this.#controller = controller;
    this.#instance = `${controller}-${host}`;
  }

  event(regarding: KubeObject, related: KubeObject | undefined, type: 'Normal' | 'Warning', reason: string, action: string, note: string): void {
    const about = reference(regarding), now = this.#clock.now;
    const event: KubeObject = {
      apiVersion: 'v1', kind: 'Event',
      metadata: { name: `${about.name}.${(BigInt(now) * 1000n + BigInt(this.#rng.int(1000))).toString(16)}`, namespace: about.namespace ?? 'default' },
      involvedObject: about, reason, message: note, source: {}, firstTimestamp: null, lastTimestamp: null, type,
      eventTime: rfc3339Micro(now), action, ...(related ? { related: reference(related) } : {}), reportingComponent: this.#controller, reportingInstance: this.#instance,
    };
    this.#queue.push(() => this.#write(event));
    if (this.#flushing) return;
    this.#flushing = true;
    this.#clock.after(0, () => {
      this.#flushing = false;
      for (const write of this.#queue.splice(0)) if (!this.#stopped) write();
    });
  }

  stop(): void {
    this.#stopped = true;
  }

  #write(event: KubeObject): void {
    const key = JSON.stringify([event['type'], event['action'], event['reason'], event['involvedObject']]), now = this.#clock.now;
    const known = this.#cache.get(key);
    try {
      if (known && now - known.last <= FINISH) {
        known.count++;
        known.last = now;
        // Only the first repetition is written at once; the others with the refresh, which this cache's life does not reach.
        if (known.count > 2) return;
        known.event = this.#client.patch(EVENTS, known.event.metadata.namespace, known.event.metadata.name, 'strategic', { series: { count: 2, lastObservedTime: rfc3339Micro(now) } });
        return;
      }
      this.#cache.set(key, { event: this.#client.create(EVENTS, event), count: 1, last: now });
      if (this.#cache.size > 4096) this.#cache.delete(this.#cache.keys().next().value!);
    } catch (error) {
      // As the real sink: what the server refuses is dropped.
      if (!(error instanceof ApiError || error instanceof ConnectionError)) throw error;
    }
  }
}
