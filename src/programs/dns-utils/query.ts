import type { Process } from '../../linux/process.ts';

const streams = new WeakMap<object, { int(n: number): number }>();

/** Ids of DNS messages: random, from the world's seed. */
export function messageId(p: Process): number {
  let stream = streams.get(p.world);
  if (!stream) streams.set(p.world, (stream = p.world.rng.fork('dns-utils')));
  return stream.int(65536);
}

/** 10.96.0.10 → 10.0.96.10.in-addr.arpa. */
export function reverseName(ip: string): string {
  return `${ip.split('.').reverse().join('.')}.in-addr.arpa.`;
}
