import type { KubeObject } from '../../../kubernetes/api/types.ts';
import type { Command } from '../cli.ts';
import { KubectlError } from '../errors.ts';
import type { Kubectl } from '../kubectl.ts';
import { goJson } from '../printers/json.ts';
import { toYaml } from '../yaml/emit.ts';

const CLIENT = {
  major: '1', minor: '28', gitVersion: 'v1.28.15', gitCommit: '841856557ef0f6a399096c42635d114d6f2cf7f4', gitTreeState: 'clean', buildDate: '2024-10-22T20:34:56Z',
  goVersion: 'go1.22.8', compiler: 'gc', platform: 'linux/amd64',
};
const KUSTOMIZE = 'v5.0.4-0.20230601165947-6ce0bf390ce3';

export async function run(k: Kubectl, { args, flags }: Command): Promise<void> {
  if (args.length > 0) throw new KubectlError(`extra arguments: [${args.join(' ')}]`);
  const output = flags.string('output');
  if (output && output !== 'yaml' && output !== 'json') throw new KubectlError(`--output must be 'yaml' or 'json'`);
  let server: KubeObject | undefined, failure: unknown;
  if (!flags.bool('client')) {
    try {
      server = await k.rest.get('/version', { timeout: '32s' });
    } catch (error) {
      failure = error;
    }
  }
  const all = { clientVersion: CLIENT, kustomizeVersion: KUSTOMIZE, ...(server ? { serverVersion: server } : {}) };
  if (output === 'yaml') k.out(`${toYaml(all)}\n`);
  else if (output === 'json') k.out(`${goJson(all, 2)}\n`);
  else k.out(`Client Version: ${CLIENT.gitVersion}\nKustomize Version: ${KUSTOMIZE}\n${server ? `Server Version: ${server['gitVersion']}\n` : ''}`);
  const minor = server ? parseInt(server['minor'] as string, 10) : 28;
  if (Math.abs(minor - 28) > 1) k.err(`WARNING: version difference between client (1.28) and server (${server!['major']}.${minor}) exceeds the supported minor version skew of +/-1\n`);
  if (failure) throw failure;
}
