import { FileError } from '../../../linux/files.ts';
import { execPlugin } from '../exec.ts';
import { CniError, type CniPlugin, type IpamConfig, type PluginConfig } from '../types.ts';
import { networkOf } from '../addresses.ts';

const STATE = '/var/lib/cni/flannel';

/** flannel-io/cni-plugin: makes a bridge configuration of what flanneld wrote to /run/flannel/subnet.env, and lets bridge do the work. */
export const flannel: CniPlugin = (call) => {
  const { fs, config, containerId } = call, kept = `${STATE}/${containerId}`;
  if (call.command === 'DEL') {
    if (!fs.exists(kept)) return undefined;
    const delegate = JSON.parse(fs.readFile(kept)) as PluginConfig;
    execPlugin({ ...call, config: delegate });
    fs.remove(kept);
    return undefined;
  }
  if (call.command === 'CHECK') return undefined;
  const path = String(config['subnetFile'] ?? '/run/flannel/subnet.env');
  let env: Record<string, string>;
  try {
    env = Object.fromEntries(fs.readFile(path).trim().split('\n').filter((l) => l.includes('=')).map((l) => l.split('=') as [string, string]));
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new CniError(`loadFlannelSubnetEnv failed: open ${path}: ${error.message.toLowerCase()}`);
  }
  const missing = ['FLANNEL_NETWORK', 'FLANNEL_SUBNET', 'FLANNEL_MTU', 'FLANNEL_IPMASQ'].filter((k) => !env[k]);
  if (missing.length > 0) throw new CniError(`loadFlannelSubnetEnv failed: ${path} is missing ${missing.join(', ')}`);
  const asked = (config['delegate'] ?? {}) as Partial<PluginConfig>, type = asked.type ?? 'bridge';
  const ipam: IpamConfig = { type: 'host-local', ...asked.ipam, ranges: [[{ subnet: networkOf(env['FLANNEL_SUBNET']!) }]], routes: [{ dst: env['FLANNEL_NETWORK']! }] };
  const delegate: PluginConfig = {
    mtu: Number(env['FLANNEL_MTU']), ipMasq: env['FLANNEL_IPMASQ'] !== 'true', ...(type === 'bridge' ? { isGateway: true } : {}), ...asked, type, name: config.name!, cniVersion: config.cniVersion!, ipam,
  };
  if (!fs.exists(STATE)) fs.mkdir(STATE, { parents: true });
  fs.writeFile(kept, JSON.stringify(delegate), { mode: 0o600 });
  try {
    return execPlugin({ ...call, config: delegate });
  } catch (error) {
    if (!(error instanceof CniError)) throw error;
    throw new CniError(`failed to delegate add: ${error.message}`);
  }
};
