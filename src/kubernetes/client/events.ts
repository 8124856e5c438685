import type { KubeObject } from '../api/types.ts';
import type { Clock, Micros } from '../../sim/clock.ts';
import { MS, SECOND } from '../../sim/clock.ts';
import type { Rng } from '../../sim/rng.ts';
import { ApiError, type ApiClient, ConnectionError, core } from './client.ts';
import { rfc3339 } from './time.ts';

/** What an event is about: an object, or a reference to one (which may have a fieldPath). */
export interface ObjectReference {
  apiVersion?: string;
  kind?: string;
  namespace?: string;
  name?: string;
  uid?: string;
  resourceVersion?: string;
  fieldPath?: string;
}
export interface EventSource {
  component: string;
  host?: string;
}

const EVENTS = core('events');
const MAX_SIMILAR = 10, SIMILAR_INTERVAL = 600 * SECOND, SPAM_BURST = 25, SPAM_REFILL = 300 * SECOND, MAX_TRIES = 12, MAX_CACHE = 4096;

/**
 * client-go tools/record: a component's way to tell what it did. Equal events are counted, ten alike are combined, and a
 * source that says too much about one object is cut off (25 at once, then one in five minutes).
 */
export class EventRecorder {
  readonly #client: ApiClient;
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #source: EventSource;
  readonly #similar = new Map<string, { messages: Set<string>; last: Micros }>();
  readonly #seen = new Map<string, KubeObject>();
  readonly #buckets = new Map<string, { tokens: number; at: Micros }>();
  readonly #queue: { event: KubeObject; tries: number }[] = [];
  #last = 0n;
  #flushing = false;
  #stopped = false;

  constructor(client: ApiClient, clock: Clock, rng: Rng, source: EventSource) {
    this.#client = client;
    this.#clock = clock;
    this.#rng = rng;
    this.#source = source;
  }

  /** Says that `reason` happened to `about`. Written a moment later, in the order they were said. */
  event(about: KubeObject | ObjectReference, type: 'Normal' | 'Warning', reason: string, message: string, annotations?: Record<string, string>): void {
    if (this.#stopped) return;
    const involvedObject = reference(about);
    const at = rfc3339(this.#clock.now);
    const { component, host } = this.#source;
    this.#queue.push({
      tries: 0,
      event: {
        apiVersion: 'v1', kind: 'Event',
        metadata: { name: `${involvedObject.name}.${this.#stamp()}`, namespace: involvedObject.namespace || 'default', ...(annotations ? { annotations } : {}) },
        involvedObject, reason, message,
        source: { component, ...(host ? { host } : {}) },
        firstTimestamp: at, lastTimestamp: at, count: 1, type,
        eventTime: null, reportingComponent: component, reportingInstance: host ?? '',
      },
    });
    this.#flushSoon(0);
  }

  stop(): void {
    this.#stopped = true;
    this.#queue.length = 0;
  }

  /** Nanoseconds since the epoch, as `%x`. The world's clock has microseconds: the last three digits are drawn, and never go back. */
  #stamp(): string {
    const drawn = BigInt(this.#clock.now) * 1000n + BigInt(this.#rng.int(500));
    this.#last = drawn > this.#last ? drawn : this.#last + 1n + BigInt(this.#rng.int(20));
    return this.#last.toString(16);
  }

  #flushSoon(delay: Micros): void {
    if (this.#flushing) return;
    this.#flushing = true;
    this.#clock.after(delay, () => this.#flush(), { background: delay > MS });
  }

  #flush(): void {
    this.#flushing = false;
    while (!this.#stopped && this.#queue.length > 0) {
      const next = this.#queue[0]!;
      try {
        this.#record(next.event, next.tries > 0);
      } catch (error) {
        if (error instanceof ConnectionError && ++next.tries < MAX_TRIES) return this.#flushSoon(10 * SECOND);
        // A refusal (namespace gone or terminating) is not tried again: "Server rejected event (will not retry!)".
        if (!(error instanceof ConnectionError || error instanceof ApiError)) throw error;
      }
      this.#queue.shift();
    }
  }

  #record(original: KubeObject, retried: boolean): void {
    if (!retried && this.#spam(original)) return;
    const { event, cacheKey } = this.#aggregate(original);
    const last = this.#seen.get(cacheKey);
    let stored: KubeObject | undefined;
    if (last) {
      const patch = { count: (last['count'] as number) + 1, lastTimestamp: event['lastTimestamp'], message: event['message'] };
      try {
        stored = this.#client.patch(EVENTS, last.metadata.namespace, last.metadata.name, 'strategic', patch);
      } catch (error) {
        if (!(error instanceof ApiError && error.code === 404)) throw error;
        stored = this.#client.create(EVENTS, { ...event, count: patch.count, firstTimestamp: last['firstTimestamp'], metadata: { ...event.metadata, name: last.metadata.name } });
      }
    } else stored = this.#client.create(EVENTS, event);
    this.#seen.delete(cacheKey);
    this.#seen.set(cacheKey, stored);
    if (this.#seen.size > MAX_CACHE) this.#seen.delete(this.#seen.keys().next().value!);
  }

  /** EventAggregator: the tenth different message of one kind within ten minutes begins a combined event. */
  #aggregate(event: KubeObject): { event: KubeObject; cacheKey: string } {
    const aggregateKey = groupKey(event), message = event['message'] as string;
    let record = this.#similar.get(aggregateKey);
    if (!record || this.#clock.now - record.last > SIMILAR_INTERVAL) record = { messages: new Set(), last: 0 };
    record.messages.add(message);
    record.last = this.#clock.now;
    this.#similar.set(aggregateKey, record);
    if (record.messages.size < MAX_SIMILAR) return { event, cacheKey: `${aggregateKey}\n${message}` };
    record.messages.delete(record.messages.values().next().value!);
    return { event: { ...event, message: `(combined from similar events): ${message}` }, cacheKey: aggregateKey };
  }

  /** EventSourceObjectSpamFilter: a token bucket for each source and object. */
  #spam(event: KubeObject): boolean {
    const k = spamKey(event), now = this.#clock.now;
    const bucket = this.#buckets.get(k) ?? { tokens: SPAM_BURST, at: now };
    bucket.tokens = Math.min(SPAM_BURST, bucket.tokens + (now - bucket.at) / SPAM_REFILL);
    bucket.at = now;
    this.#buckets.set(k, bucket);
    if (bucket.tokens < 1) return true;
    bucket.tokens--;
    return false;
  }
}

/** tools/reference.GetReference */
export function reference(about: KubeObject | ObjectReference): ObjectReference {
  if (!('metadata' in about)) return about as ObjectReference;
  const { apiVersion, kind, metadata } = about as KubeObject;
  return {
    kind, ...(metadata.namespace ? { namespace: metadata.namespace } : {}), name: metadata.name,
    ...(metadata.uid ? { uid: metadata.uid } : {}), apiVersion,
    ...(metadata.resourceVersion ? { resourceVersion: metadata.resourceVersion } : {}),
  };
}

function spamKey(event: KubeObject): string {
  const o = event['involvedObject'] as ObjectReference;
  return [event['source'].component, event['source'].host ?? '', o.kind, o.namespace ?? '', o.name, o.uid ?? '', o.apiVersion ?? ''].join('\n');
}

function groupKey(event: KubeObject): string {
  const o = event['involvedObject'] as ObjectReference;
  return [spamKey(event), o.fieldPath ?? '', event['type'], event['reason'], event['reportingComponent'], event['reportingInstance']].join('\n');
}
