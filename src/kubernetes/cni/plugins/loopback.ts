import { type CniPlugin, sandboxOf } from '../types.ts';

/** plugins/main/loopback: lo is set up. */
export const loopback: CniPlugin = (call) => {
  if (call.command !== 'ADD') return undefined;
  const net = sandboxOf(call);
  net.lo.setUp();
  return { cniVersion: call.config.cniVersion ?? '', interfaces: [{ name: 'lo', mac: net.lo.address, sandbox: call.netns }], ips: [{ interface: 0, address: '127.0.0.1/8' }], dns: {} };
};
