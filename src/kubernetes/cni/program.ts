import { FileError } from '../../linux/files.ts';
import type { Program } from '../../linux/process.ts';
import type { ProgramEntry } from '../../linux/world.ts';
import { type Plugin, PLUGINS } from './plugins/index.ts';
import { type CniCommand, CniError, type PluginConfig } from './types.ts';

const VERSIONS = ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0'];
/** pkg/skel: what each command needs in the environment. */
const NEEDED: Record<CniCommand, string[]> = {
  ADD: ['CNI_CONTAINERID', 'CNI_NETNS', 'CNI_IFNAME', 'CNI_PATH'], DEL: ['CNI_CONTAINERID', 'CNI_IFNAME', 'CNI_PATH'], CHECK: ['CNI_CONTAINERID', 'CNI_NETNS', 'CNI_IFNAME', 'CNI_PATH'],
};

/** The plugins for World.programs: what happens when somebody runs an executable of /opt/cni/bin as the runtime would. */
export function cniPrograms(): [string, ProgramEntry][] {
  return Object.entries(PLUGINS).map(([name, plugin]) => [name, { main: typed(plugin) }]);
}

export function typed({ main, about }: Plugin): Program {
  return async (p) => {
    const { env } = p, command = env['CNI_COMMAND'] ?? '';
    const refuse = (code: number, msg: string, details?: string) => {
      void p.out(`${JSON.stringify({ code, msg, ...(details ? { details } : {}) }, null, 4)}\n`);
      return 1;
    };
    if (command === '') {
      void p.err(`${about}\nCNI protocol versions supported: ${VERSIONS.join(', ')}\n`);
      return 0;
    }
    if (command === 'VERSION') {
      void p.out(`{"cniVersion":"1.0.0","supportedVersions":${JSON.stringify(VERSIONS)}}\n`);
      return 0;
    }
    if (!(command in NEEDED)) return refuse(4, `unknown CNI_COMMAND: ${command}`);
    const missing = NEEDED[command as CniCommand].filter((k) => !env[k]);
    if (missing.length > 0) return refuse(4, `required env variables [${missing.join(',')}] missing`);
    const input = await p.readAll();
    let config: PluginConfig;
    try {
      config = JSON.parse(input) as PluginConfig;
    } catch {
      return refuse(6, `error parsing configuration: ${input.trim() === '' ? 'unexpected end of JSON input' : 'invalid JSON'}`);
    }
    if (!config.name) return refuse(7, 'missing network name:');
    const netns = env['CNI_NETNS'] ?? '', { machine } = p;
    const args = Object.fromEntries((env['CNI_ARGS'] ?? '').split(';').filter((a) => a.includes('=')).map((a) => a.split('=') as [string, string]));
    try {
      const result = main({ process: p, machine, host: p.net, fs: p.fs, command: command as CniCommand, containerId: env['CNI_CONTAINERID']!, netns, net: machine.netns.get(netns.split('/').at(-1)!), ifName: env['CNI_IFNAME']!, args, path: env['CNI_PATH']!.split(':'), config });
      if (result && command === 'ADD') void p.out(`${JSON.stringify(result, null, 4)}\n`);
      return 0;
    } catch (error) {
      if (error instanceof FileError) return refuse(999, `open ${error.path}: ${error.message.toLowerCase()}`);
      if (error instanceof CniError) return refuse(error.code, error.message);
      if (error instanceof Error && 'errno' in error) return refuse(999, error.message.toLowerCase());
      throw error;
    }
  };
}
