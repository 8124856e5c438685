import type { KeyValue } from './store.ts';

/** The keys that share their first two path segments. */
export interface Bucket {
  /** The newest revision that wrote here. */
  touched: number;
  keys: string[];
  /** Keys that have come since the others were put in order: who only writes (events) need not wait for an order nobody asks for. */
  fresh: string[];
  map: Map<string, KeyValue>;
}

export function sorted(bucket: Bucket): string[] {
  const { keys, fresh } = bucket;
  if (fresh.length === 0) return keys;
  if (fresh.length < 8) for (const key of fresh) keys.splice(lowerBound(keys, key), 0, key);
  else {
    for (const key of fresh) keys.push(key);
    keys.sort((a, b) => (a < b ? -1 : 1));
  }
  bucket.fresh = [];
  return keys;
}

/** `/registry/pods` of `/registry/pods/default/web`. */
export function bucketOf(key: string): string {
  const second = key.indexOf('/', 1);
  if (second < 0) return key;
  const third = key.indexOf('/', second + 1);
  return third < 0 ? key : key.slice(0, third);
}

/** The first key after all that begin with `prefix`. '' is every key. */
export function prefixEnd(prefix: string): string {
  return prefix + '\u{10ffff}';
}

export function lowerBound(keys: string[], key: string): number {
  let low = 0, high = keys.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (keys[mid]! < key) low = mid + 1;
    else high = mid;
  }
  return low;
}
