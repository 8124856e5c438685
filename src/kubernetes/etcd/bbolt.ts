import { Bytes, compareBytes, fromUtf8, utf8 } from './bytes.ts';

/**
 * The file format of bbolt (go.etcd.io/bbolt: page.go, node.go, bucket.go): pages of 4096 bytes, two of them meta; the root's leaf
 * holds the buckets, a small one within itself, a larger one as a B+tree of its own. Numbers are little endian.
 */
export const PAGE = 4096;
const MAGIC = 0xed0cdaed, VERSION = 2;
const BRANCH = 1, LEAF = 2, META = 4, BUCKET = 1;
const PAGE_HEADER = 16, ELEMENT = 16, BUCKET_HEADER = 16;
/** bucket.maxInlineBucketSize */
const INLINE = PAGE / 4;
/** pgidNoFreelist: etcd opens its database with NoFreelistSync. */
const NO_FREELIST = 0xffffffffffffffffn;
const FIRST_DATA_PAGE = 3;

export interface Item {
  key: Uint8Array;
  value: Uint8Array;
}
/** By name, in the order of names. */
export type Buckets = ReadonlyMap<string, readonly Item[]>;

interface Node {
  flags: number;
  items: (Item & { child?: number; bucket?: boolean })[];
}

/**
 * The database as it is after many commits: pages are copied on writing, so that what the last commit wrote anew (the path
 * from the root) is there twice, and the page of the first, unused free list once.
 */
export function encodeDatabase(buckets: Buckets): Uint8Array {
  const pages: { id: number; bytes: Uint8Array }[] = [];
  let next = FIRST_DATA_PAGE;
  const write = (node: Node) => {
    const bytes = pageOf(node), id = next;
    next += Math.ceil(bytes.length / PAGE);
    pages.push({ id, bytes });
    return id;
  };
  let depth = 1;
  const root: Node = { flags: LEAF, items: [] };
  for (const [name, items] of [...buckets].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const inline = PAGE_HEADER + items.reduce((n, { key, value }) => n + ELEMENT + key.length + value.length, 0) <= INLINE;
    let value: Uint8Array;
    if (inline) value = new Bytes().add(new Uint8Array(BUCKET_HEADER)).add(pageOf({ flags: LEAF, items: [...items] })).done();
    else {
      const tree = writeTree(items, name === 'key' ? 0.9 : 0.5, write);
      depth = Math.max(depth, tree.depth + 1);
      value = new Bytes().littleEndian(tree.root, 8).littleEndian(0, 8).done();
    }
    root.items.push({ key: utf8(name), value, bucket: true });
  }
  const top = write(root), pageCount = next + depth;
  const file = new Uint8Array(pageCount * PAGE);
  for (const txid of [0, 1]) file.set(metaPage(txid, top, pageCount), txid * PAGE);
  for (const { id, bytes } of pages) {
    file.set(bytes, id * PAGE);
    new DataView(file.buffer).setUint32(id * PAGE, id, true);
  }
  return file;
}

/** The pages of a bucket, filled to `fill` as sequential writes do (node.split). */
function writeTree(items: readonly Item[], fill: number, write: (node: Node) => number): { root: number; depth: number } {
  let level: { key: Uint8Array; id: number }[] = split({ flags: LEAF, items: [...items] }, fill).map((node) => ({ key: node.items[0]!.key, id: write(node) })), depth = 1;
  for (; level.length > 1; depth++) {
    const branch: Node = { flags: BRANCH, items: level.map(({ key, id }) => ({ key, value: new Uint8Array(0), child: id })) };
    level = split(branch, fill).map((node) => ({ key: node.items[0]!.key, id: write(node) }));
  }
  return { root: level[0]!.id, depth };
}

function split(node: Node, fill: number): Node[] {
  const out: Node[] = [];
  let rest = node.items;
  while (rest.length > 4 && size(rest) >= PAGE) {
    let n = 0, filled = PAGE_HEADER;
    for (; n < rest.length - 2; n++) {
      const more = ELEMENT + rest[n]!.key.length + rest[n]!.value.length;
      if (n >= 2 && filled + more > PAGE * fill) break;
      filled += more;
    }
    out.push({ flags: node.flags, items: rest.slice(0, n) });
    rest = rest.slice(n);
  }
  return [...out, { flags: node.flags, items: rest }];
}

const size = (items: readonly Item[]) => items.reduce((n, { key, value }) => n + ELEMENT + key.length + value.length, PAGE_HEADER);

function pageOf({ flags, items }: Node): Uint8Array {
  const out = new Bytes(), total = size(items), overflow = Math.max(0, Math.ceil(total / PAGE) - 1);
  out.littleEndian(0, 8).littleEndian(flags, 2).littleEndian(items.length, 2).littleEndian(overflow, 4);
  let at = items.length * ELEMENT;
  for (const { key, value, child, bucket } of items) {
    if (flags === BRANCH) out.littleEndian(at, 4).littleEndian(key.length, 4).littleEndian(child ?? 0, 8);
    else out.littleEndian(bucket ? BUCKET : 0, 4).littleEndian(at, 4).littleEndian(key.length, 4).littleEndian(value.length, 4);
    at += key.length + value.length - ELEMENT;
  }
  for (const { key, value } of items) out.add(key).add(value);
  return out.done();
}

function metaPage(txid: number, root: number, pageCount: number): Uint8Array {
  const meta = new Bytes().littleEndian(MAGIC, 4).littleEndian(VERSION, 4).littleEndian(PAGE, 4).littleEndian(0, 4).littleEndian(root, 8).littleEndian(0, 8).littleEndian(NO_FREELIST, 8).littleEndian(pageCount, 8).littleEndian(txid, 8).done();
  return new Bytes().littleEndian(txid, 8).littleEndian(META, 2).littleEndian(0, 2).littleEndian(0, 4).add(meta).littleEndian(fnv64a(meta), 8).done();
}

/** hash/fnv New64a */
function fnv64a(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  return hash;
}

export class InvalidDatabase extends Error {}

/** The buckets of a file, and its size as the database counts it. Throws InvalidDatabase. */
export function decodeDatabase(file: Uint8Array): { buckets: Buckets; size: number } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const meta = [0, PAGE].filter((at) => validMeta(file, view, at)).sort((a, b) => Number(view.getBigUint64(b + 64, true) - view.getBigUint64(a + 64, true)))[0];
  if (meta === undefined) throw new InvalidDatabase('invalid database');
  const buckets = new Map<string, Item[]>();
  const inside = (at: number, length: number) => {
    if (at < 0 || at + length > file.length) throw new InvalidDatabase('invalid database');
    return file.subarray(at, at + length);
  };
  const walk = (at: number, visit: (key: Uint8Array, value: Uint8Array, bucket: boolean, valueAt: number) => void) => {
    inside(at, PAGE_HEADER);
    const flags = view.getUint16(at + 8, true), count = view.getUint16(at + 10, true);
    inside(at, PAGE_HEADER + count * ELEMENT);
    for (let i = 0; i < count; i++) {
      const e = at + PAGE_HEADER + i * ELEMENT, leaf = flags === LEAF;
      if (!leaf && flags !== BRANCH) throw new InvalidDatabase('invalid database');
      if (!leaf) walk(Number(view.getBigUint64(e + 8, true)) * PAGE, visit);
      else {
        const start = e + view.getUint32(e + 4, true), keySize = view.getUint32(e + 8, true), valueAt = start + keySize;
        visit(inside(start, keySize), inside(valueAt, view.getUint32(e + 12, true)), view.getUint32(e, true) === BUCKET, valueAt);
      }
    }
  };
  walk(Number(view.getBigUint64(meta + 32, true)) * PAGE, (name, _, bucket, valueAt) => {
    if (!bucket) throw new InvalidDatabase('invalid database');
    const items: Item[] = [], root = Number(view.getBigUint64(valueAt, true));
    walk(root === 0 ? valueAt + BUCKET_HEADER : root * PAGE, (key, value) => items.push({ key: key.slice(), value: value.slice() }));
    buckets.set(fromUtf8(name), items.sort((a, b) => compareBytes(a.key, b.key)));
  });
  return { buckets, size: Number(view.getBigUint64(meta + 56, true)) * PAGE };
}

function validMeta(file: Uint8Array, view: DataView, at: number): boolean {
  if (file.length < at + PAGE_HEADER + 64) return false;
  const from = at + PAGE_HEADER;
  return view.getUint32(from, true) === MAGIC && view.getUint32(from + 4, true) === VERSION && view.getBigUint64(from + 56, true) === fnv64a(file.subarray(from, from + 56));
}
