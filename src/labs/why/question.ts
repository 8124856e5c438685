/** What is asked: would a packet from there get to that place, and what becomes of it. */

export interface Question {
  /** A machine, or `pod:NAME` (or its beginning followed by `*`). */
  from: string;
  /** An address or a name. */
  to: string;
  protocol: 'tcp' | 'udp' | 'icmp';
  /** Not for icmp. */
  port?: number | undefined;
  /** Bytes of data that must get through in one piece (default none). */
  size?: number | undefined;
}

/** How it ends, as its sender sees it. */
export type Result = 'arrives' | 'refused' | 'timeout' | 'unreachable' | 'too-long' | 'prohibited' | 'unknown-name' | 'no-origin';

export const RESULTS: Record<Result, string> = {
  arrives: 'llega y recibe respuesta', refused: 'es rechazado', timeout: 'no recibe respuesta', unreachable: 'no encuentra camino', 'too-long': 'es demasiado grande',
  prohibited: 'no se puede enviar: está prohibido', 'unknown-name': 'no sale: el nombre no existe o nadie lo resuelve', 'no-origin': 'no sale: no existe quien lo envía',
};
