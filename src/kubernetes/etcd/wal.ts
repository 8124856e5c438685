import { Bytes, Crc32c, readVarint } from './bytes.ts';

/**
 * The beginning of a write-ahead log (wal/record.go, etcdserverpb.Metadata): the member that the directory is, and its cluster.
 * Frames of a length and a record (type = 1, crc = 2, data = 3), padded to eight bytes.
 */
/** wal.walName(0, 0) */
export const FIRST_WAL = '0000000000000000-0000000000000000.wal';
const METADATA = 1, CRC = 4;

export function encodeWal(nodeId: bigint, clusterId: bigint): Uint8Array {
  const metadata = new Bytes().varint(8).varint(nodeId).varint(16).varint(clusterId).done();
  return new Bytes().add(frame(CRC, 0, undefined)).add(frame(METADATA, new Crc32c().add(metadata).sum, metadata)).done();
}

function frame(type: number, crc: number, data: Uint8Array | undefined): Uint8Array {
  const record = new Bytes().varint(8).varint(type).varint(16).varint(crc);
  if (data) record.varint(26).varint(data.length).add(data);
  const padding = (8 - (record.length % 8)) % 8, length = BigInt(record.length) | (padding > 0 ? BigInt(0x80 | padding) << 56n : 0n);
  return new Bytes().littleEndian(length, 8).add(record.done()).add(new Uint8Array(padding)).done();
}

/** The member that a log is of. */
export function walNode(file: Uint8Array): bigint {
  const view = new DataView(file.buffer, file.byteOffset), first = 8 + Number(view.getBigUint64(0, true) & 0xffffffffffffffn) + (view.getUint8(7) & 7);
  const record = file.subarray(first + 8);
  // type, crc and the length of the data come first; the data begins with the member's id.
  let at = 0, value = 0n;
  for (let i = 0; i < 8; i++) [value, at] = readVarint(record, at);
  return value;
}
