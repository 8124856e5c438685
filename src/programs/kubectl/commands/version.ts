import type { KubeObject } from '../../../kubernetes/api/types.ts';
import { minorOf } from '../../../kubernetes/api/scheme.ts';
import { builtVersion } from '../../../kubernetes/runtime/daemons.ts';
import type { Command } from '../cli.ts';
import { KubectlError } from '../errors.ts';
import type { Kubectl } from '../kubectl.ts';
import { goJson } from '../printers/json.ts';
import { toYaml } from '../yaml/emit.ts';

const CLIENT = {
  major: '1', minor: '28', gitVersion: 'v1.28.15', gitCommit: '841856557ef0f6a399096c42635d114d6f2cf7f4', gitTreeState: 'clean', buildDate: '2024-10-22T20:34:56Z',
  goVersion: 'go1.22.8', compiler: 'gc', platform: 'linux/amd64',
};
/** The kustomize inside kubectl, from the minor that brought it. */
const KUSTOMIZE: readonly (readonly [minor: number, version: string])[] = [[33, 'v5.6.0'], [32, 'v5.5.0'], [31, 'v5.4.2'], [28, 'v5.0.4-0.20230601165947-6ce0bf390ce3']];

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
  const gitVersion = builtVersion(k.process, CLIENT.gitVersion), own = minorOf(gitVersion);
  const client = { ...CLIENT, minor: String(own), gitVersion }, kustomize = KUSTOMIZE.find(([since]) => own >= since)![1];
  const all = { clientVersion: client, kustomizeVersion: kustomize, ...(server ? { serverVersion: server } : {}) };
  if (output === 'yaml') k.out(`${toYaml(all)}\n`);
  else if (output === 'json') k.out(`${goJson(all, 2)}\n`);
  else k.out(`Client Version: ${gitVersion}\nKustomize Version: ${kustomize}\n${server ? `Server Version: ${server['gitVersion']}\n` : ''}`);
  const minor = server ? parseInt(server['minor'] as string, 10) : own;
  if (Math.abs(minor - own) > 1) k.err(`WARNING: version difference between client (1.${own}) and server (${server!['major']}.${minor}) exceeds the supported minor version skew of +/-1\n`);
  if (failure) throw failure;
}
