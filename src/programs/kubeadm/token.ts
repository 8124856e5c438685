import type { KubeObject } from '../../kubernetes/api/types.ts';
import { ApiError, core } from '../../kubernetes/client/client.ts';
import { rfc3339 } from '../../kubernetes/client/time.ts';
import { parseGoDuration } from '../../kubernetes/kubelet/duration.ts';
import { fromBase64 } from '../../kubernetes/runtime/pki.ts';
import type { Process } from '../../linux/process.ts';
import { HOUR } from '../../sim/clock.ts';
import { TabWriter } from '../kubectl/tabwriter.ts';
import { Cluster, option } from './cluster.ts';
import { Refused } from './refused.ts';
import { caHash } from './ca-hash.ts';
import { newTokenOf, tokenSecret } from './phases/bootstrap-token.ts';

const SECRETS = core('secrets'), TOKEN = /^[a-z0-9]{6}\.[a-z0-9]{16}$/;

/** kubeadm token create, list, delete, generate: Secrets bootstrap-token-ID of kube-system. */
export async function token(p: Process, [verb, ...args]: string[]): Promise<number> {
  if (verb === 'generate') {
    await p.out(`${newToken(p)}\n`);
    return 0;
  }
  if (verb !== 'create' && verb !== 'list' && verb !== 'delete') throw new Refused(verb === undefined ? 'missing subcommand; "token" is not meant to be run on its own' : `unknown command ${JSON.stringify(verb)} for "kubeadm token"`);
  const cluster = new Cluster(p), client = cluster.admin();
  if (verb === 'create') {
    const given = args.find((a, i) => !a.startsWith('-') && !/^--(ttl|description)$/.test(args[i - 1] ?? '')), made = given ?? newToken(p);
    if (!TOKEN.test(made)) throw new Refused(`the bootstrap token ${JSON.stringify(made)} was not of the form "\\\\A([a-z0-9]{6})\\\\.([a-z0-9]{16})\\\\z"`);
    client.create(SECRETS, tokenSecret(made, { expiration: expiry(p, option(args, 'ttl')), description: option(args, 'description') }));
    await p.out(args.includes('--print-join-command') ? `${joinCommand(p, made)} \n` : `${made}\n`);
    return 0;
  }
  if (verb === 'delete') {
    for (const name of args) {
      const id = name.split('.')[0]!;
      try {
        client.delete(SECRETS, 'kube-system', `bootstrap-token-${id}`);
      } catch (error) {
        if (!(error instanceof ApiError && error.code === 404)) throw error;
        throw new Refused(`failed to delete bootstrap token ${JSON.stringify(id)}: secrets "bootstrap-token-${id}" not found`);
      }
      await p.out(`bootstrap token ${JSON.stringify(id)} deleted\n`);
    }
    return 0;
  }
  let out = '';
  const writer = new TabWriter((text) => (out += text), { min: 10, padding: 3 });
  const rows = client.list(SECRETS, 'kube-system').items.filter((s) => s['type'] === 'bootstrap.kubernetes.io/token').map(fieldsOf);
  if (rows.length > 0) writer.write('TOKEN\tTTL\tEXPIRES\tUSAGES\tDESCRIPTION\tEXTRA GROUPS\n');
  for (const f of rows) {
    const left = f['expiration'] ? Math.floor((Date.parse(f['expiration']) * 1000 - p.now) / HOUR) : undefined;
    writer.write(`${f['token-id']}.${f['token-secret']}\t${left === undefined ? '<forever>' : left < 0 ? '<invalid>' : `${left}h`}\t${f['expiration'] ?? '<never>'}\tauthentication,signing\t${f['description'] ?? '<none>'}\t${f['auth-extra-groups']}\n`);
  }
  writer.flush();
  await p.out(out);
  return 0;
}

export function fieldsOf(secret: KubeObject): Record<string, string> {
  return Object.fromEntries(Object.entries((secret['data'] ?? {}) as Record<string, string>).map(([k, v]) => [k, fromBase64(v)]));
}

export function newToken(p: Process): string {
  return newTokenOf(p.world.rng.fork(`kubeadm/token/${p.pid}/${p.now}`));
}

export function expiry(p: Process, ttl = '24h0m0s'): string | undefined {
  const time = ttl === '0' ? 0 : parseGoDuration(ttl);
  return time === 0 ? undefined : rfc3339(p.now + time);
}

export function joinCommand(p: Process, made: string): string {
  const server = /server: https:\/\/(\S+)/.exec(p.fs.readFile('/etc/kubernetes/admin.conf'))![1]!;
  return `kubeadm join ${server} --token ${made} --discovery-token-ca-cert-hash ${caHash(p.fs.readFile('/etc/kubernetes/pki/ca.crt'))}`;
}
