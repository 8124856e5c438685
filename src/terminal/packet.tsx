/** @jsxImportSource preact */
import { render } from 'preact';
import type { PacketWalk } from './protocol.ts';

/** Draws a packet's way into `element`. */
export function showPacket(element: HTMLElement, walk: PacketWalk): void {
  render(<p>{walk.title}</p>, element);
}
