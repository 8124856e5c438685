/** Several devices with MACs of their own on one lower device (drivers/net/macvlan.c). */
import { isGroup } from './addresses.ts';
import type { Link } from './link.ts';
import { cloneFrame, type Frame } from './packet.ts';

export type MacvlanMode = 'private' | 'vepa' | 'bridge' | 'passthru';

const siblings = (lower: Link) => lower.uppers.filter((l) => l.macvlan !== undefined && l.up);

/** In bridge mode those on the same device hear each other; in the others everything goes out. */
export function macvlanTransmit(link: Link, frame: Frame): void {
  const lower = link.lower!;
  if (link.macvlan === 'bridge') {
    const others = siblings(lower).filter((l) => l !== link && l.macvlan === 'bridge');
    const to = others.find((l) => l.address === frame.dst);
    if (to) return to.receive(frame);
    if (isGroup(frame.dst)) for (const other of others) other.receive(cloneFrame(frame));
  }
  lower.transmit(frame);
}

/** A frame has come in at the lower device: true when one of those on it has taken it. */
export function macvlanReceive(lower: Link, frame: Frame): boolean {
  const above = siblings(lower);
  if (isGroup(frame.dst)) {
    for (const link of above) link.receive(cloneFrame(frame));
    return false;
  }
  const to = above.find((l) => l.address === frame.dst) ?? above.find((l) => l.macvlan === 'passthru');
  to?.receive(frame);
  return to !== undefined;
}
