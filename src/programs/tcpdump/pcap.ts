import { FileError } from '../../linux/files.ts';
import type { Capture } from '../../linux/net/link.ts';
import type { Frame } from '../../linux/net/packet.ts';
import { encodeFrame, encodePayload, etherType } from '../../linux/net/wire.ts';
import { decodeFrame, decodePayload } from '../../linux/net/wire-decode.ts';
import type { Micros } from '../../sim/clock.ts';

/** Capture files of libpcap (pcap-savefile(5)): microseconds, little-endian. */
const MAGIC = 0xa1b2c3d4;
export const ETHERNET = 1, COOKED = 276;
/** Bytes of the header of COOKED. */
export const COOKED_HEADER = 20;
const PACKET_TYPES: Capture['to'][] = ['host', 'broadcast', 'multicast', 'otherhost', 'outgoing'];

export interface Record {
  at: Micros;
  frame: Frame;
  dev: { name: string; index: number };
  to: Capture['to'];
}

/** The header of a file. */
export function pcapHeader(link: number, snaplen: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(24));
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, snaplen, true);
  view.setUint32(20, link, true);
  return new Uint8Array(view.buffer);
}

/** One captured frame. */
export function pcapRecord({ at, frame, dev, to }: Capture, link: number, snaplen: number): Uint8Array {
  const bytes = link === COOKED ? cooked(frame, dev.index, dev.kind === 'loopback', to) : encodeFrame(frame);
  const kept = bytes.subarray(0, snaplen);
  const out = new Uint8Array(16 + kept.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, Math.floor(at / 1e6), true);
  view.setUint32(4, at % 1e6, true);
  view.setUint32(8, kept.length, true);
  view.setUint32(12, bytes.length, true);
  out.set(kept, 16);
  return out;
}

/** Reads a file. Throws FileError EINVAL when it is none. `name` names an interface by its index. */
export function readPcap(content: Uint8Array, path: string, name: (index: number) => string): { link: number; snaplen: number; records: Record[] } {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  if (content.length < 24 || view.getUint32(0, true) !== MAGIC) throw new FileError('EINVAL', path);
  const link = view.getUint32(20, true), snaplen = view.getUint32(16, true);
  const records: Record[] = [];
  for (let at = 24; at + 16 <= content.length; ) {
    const size = view.getUint32(at + 8, true);
    const bytes = content.subarray(at + 16, at + 16 + size);
    const frame = link === COOKED ? uncooked(bytes) : { frame: decodeFrame(bytes), dev: 0, to: 'host' as const };
    if (frame.frame) records.push({ at: view.getUint32(at, true) * 1e6 + view.getUint32(at + 4, true), frame: frame.frame, dev: { name: name(frame.dev), index: frame.dev }, to: frame.to });
    at += 16 + size;
  }
  return { link, snaplen, records };
}

/** LINUX_SLL2: what -i any writes instead of the Ethernet header. */
export function cooked(frame: Frame, index: number, loopback: boolean, to: Capture['to']): Uint8Array {
  const payload = encodePayload(frame);
  const out = new Uint8Array(20 + payload.length);
  const view = new DataView(out.buffer);
  view.setUint16(0, frame.bpdu ? 0x0004 : etherType(frame));
  view.setUint32(4, index);
  view.setUint16(8, loopback ? 772 : 1);
  view.setUint8(10, PACKET_TYPES.indexOf(to));
  view.setUint8(11, 6);
  frame.src.split(':').forEach((part, i) => view.setUint8(12 + i, parseInt(part, 16)));
  out.set(payload, 20);
  return out;
}

function uncooked(bytes: Uint8Array): { frame: Frame | undefined; dev: number; to: Capture['to'] } {
  if (bytes.length < 20) return { frame: undefined, dev: 0, to: 'host' };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const src = Array.from({ length: 6 }, (_, i) => view.getUint8(12 + i).toString(16).padStart(2, '0')).join(':');
  return { frame: decodePayload(view.getUint16(0), bytes.subarray(20), { src, dst: '00:00:00:00:00:00' }), dev: view.getUint32(4), to: PACKET_TYPES[view.getUint8(10)] ?? 'host' };
}

