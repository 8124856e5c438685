// kubectl auth can-i | whoami | reconcile
import type { KubeObject } from '../../../kubernetes/api/types.ts';
import type { Command } from '../cli.ts';
import { Exit, KubectlError, StatusError, isNotFound } from '../errors.ts';
import { build, visit } from '../factory/builder.ts';
import { pathOf } from '../factory/mapper.ts';
import type { Kubectl } from '../kubectl.ts';
import { namePrinter, printer } from '../printers/index.ts';
import { compactRules } from '../describe/policy.ts';
import { TabWriter } from '../tabwriter.ts';
import { builderOptions, done, writeQuery } from './common.ts';

/* eslint-disable @typescript-eslint/no-explicit-any */
const AUTHORIZATION = '/apis/authorization.k8s.io/v1';
const VERBS = new Set(['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection', 'use', 'bind', 'impersonate', '*', 'approve', 'sign', 'escalate', 'attest']);
const URL_VERBS = new Set(['get', 'put', 'post', 'head', 'options', 'delete', 'patch', '*']);

export async function canI(k: Kubectl, { args, flags }: Command): Promise<number | void> {
  const namespace = flags.bool('all-namespaces') ? '' : k.namespace;
  if (flags.bool('list')) {
    if (flags.bool('quiet') || flags.string('subresource') || args.length > 0) throw new KubectlError(args.length > 0 ? 'list option must be specified with no arguments' : 'list option must be specified with neither quiet option nor arguments');
    return listRules(k, namespace);
  }
  if (flags.bool('no-headers')) throw new KubectlError('--no-headers cannot be set without --list specified');
  if (args.length !== 2) throw new KubectlError('you must specify two arguments: verb resource or verb resource/resourceName.\nSee \'kubectl auth can-i -h\' for help and examples.');
  const verb = args[0]!, target = args[1]!;
  const spec = target.startsWith('/') ? { nonResourceAttributes: { verb, path: target } } : { resourceAttributes: await attributes(k, verb, target, flags.string('subresource'), namespace) };
  const quiet = flags.bool('quiet');
  if (!quiet) {
    if (target.startsWith('/') ? !URL_VERBS.has(verb) : !VERBS.has(verb)) k.err(`Warning: verb '${verb}' is not a known verb\n\n`);
  }
  const answer = await k.rest.create(`${AUTHORIZATION}/selfsubjectaccessreviews`, { kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', metadata: { creationTimestamp: null }, spec, status: { allowed: false } });
  const { allowed, reason, evaluationError } = answer.status;
  if (!quiet) k.out(`${allowed ? 'yes' : 'no'}${reason && !allowed ? ` - ${reason}` : ''}${evaluationError ? ` - ${evaluationError}` : ''}\n`);
  if (!allowed) throw new Exit(1);
}

async function attributes(k: Kubectl, verb: string, target: string, subresource: string, namespace: string): Promise<object> {
  const [type, name = ''] = target.split('/') as [string, string?];
  let resource = type, group = '', version = '*', ns = namespace;
  if (type !== '*') {
    const found = await k.mapper.find(type);
    if (found) {
      ({ resource, group, version } = found);
      if (!found.namespaced) {
        k.err(`Warning: resource '${resource}' is not namespace scoped${group ? ` in group '${group}'` : ''}\n\n`);
        ns = '';
      }
    } else {
      const [r, ...g] = type.split('.');
      resource = r!;
      group = g.join('.');
      if (target !== 'users' && target !== 'groups') k.err(group ? `Warning: the server doesn't have a resource type '${resource}' in group '${group}'\n\n` : `Warning: the server doesn't have a resource type '${resource}'\n\n`);
    }
  }
  return { ...(ns ? { namespace: ns } : {}), verb, ...(group ? { group } : type === '*' ? { group: '*' } : {}), ...(version === '*' ? {} : {}), resource, ...(subresource ? { subresource } : {}), ...(name ? { name } : {}) };
}

async function listRules(k: Kubectl, namespace: string): Promise<void> {
  const answer = await k.rest.create(`${AUTHORIZATION}/selfsubjectrulesreviews`, { kind: 'SelfSubjectRulesReview', apiVersion: 'authorization.k8s.io/v1', metadata: { creationTimestamp: null }, spec: { namespace }, status: { resourceRules: null, nonResourceRules: null, incomplete: false } });
  const list = (l: string[] | undefined) => `[${(l ?? []).join(' ')}]`;
  const w = new TabWriter((text) => k.out(text), { min: 6, padding: 3 });
  if (!k.flags.bool('no-headers')) w.write('Resources\tNon-Resource URLs\tResource Names\tVerbs\n');
  const rules = [...(answer.status.resourceRules ?? []), ...(answer.status.nonResourceRules ?? [])];
  for (const row of compactRules(rules)) w.write(`${row.resource}\t${list(row.urls)}\t${list(row.names)}\t${list(row.verbs)}\n`);
  w.flush();
  if (answer.status.incomplete) k.err(`warning: the list may be incomplete: ${answer.status.evaluationError}\n`);
}

export async function whoami(k: Kubectl, { flags }: Command): Promise<void> {
  const body = (version: string) => ({ kind: 'SelfSubjectReview', apiVersion: `authentication.k8s.io/${version}`, metadata: { creationTimestamp: null }, status: { userInfo: {} } });
  let answer: KubeObject | undefined;
  for (const version of ['v1', 'v1beta1', 'v1alpha1']) {
    try {
      answer = await k.rest.create(`/apis/authentication.k8s.io/${version}/selfsubjectreviews`, body(version));
      break;
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  if (!answer) {
    throw new KubectlError('the selfsubjectreviews API is not enabled in the cluster\nenable APISelfSubjectReview feature gate and authentication.k8s.io/v1alpha1 or authentication.k8s.io/v1beta1 API');
  }
  if (flags.string('output')) return k.out((await printer(k, ''))(inTypeOrder(answer), { typed: true }));
  const user = answer.status?.userInfo ?? {};
  const w = new TabWriter((text) => k.out(text), { min: 6, padding: 3 });
  w.write(`ATTRIBUTE\tVALUE\nUsername\t${user.username ?? ''}\n`);
  if (user.uid) w.write(`UID\t${user.uid}\n`);
  if (user.groups?.length) w.write(`Groups\t[${user.groups.join(' ')}]\n`);
  for (const key of Object.keys(user.extra ?? {}).sort()) w.write(`Extra: ${key}\t[${user.extra[key].join(' ')}]\n`);
  w.flush();
}

/** The type has no spec. */
/** As Go's type has its fields. */
function inTypeOrder({ kind, apiVersion, metadata, status }: KubeObject): KubeObject {
  const { username, uid, groups, extra } = status?.userInfo ?? {};
  return { kind, apiVersion, metadata, status: { userInfo: { username, ...(uid ? { uid } : {}), groups, ...(extra ? { extra } : {}) } } };
}

/** Creates roles and bindings, and gives the ones that exist what they lack. */
export async function reconcile(k: Kubectl, { flags }: Command): Promise<void> {
  const dryRun = k.dryRun();
  if (flags.list('filename').length === 0 && !flags.string('kustomize')) throw new KubectlError('must specify one of -f and -k');
  await visit(await build(k, { ...builderOptions(flags, []), flatten: true, fetch: false, typed: true, continueOnError: true }), async (info) => {
    if (info.mapping.group !== 'rbac.authorization.k8s.io') return;
    const wanted = info.object!;
    let live: KubeObject | undefined;
    try {
      live = await k.rest.get(pathOf(info.mapping, info.namespace, info.name));
    } catch (error) {
      if (!(error instanceof StatusError) || error.reason !== 'NotFound') throw error;
    }
    if (!live) {
      if (dryRun !== 'client') await k.rest.create(pathOf(info.mapping, info.namespace), wanted, writeQuery(k, dryRun));
      return k.out(namePrinter(done('reconciled', dryRun))(wanted));
    }
    const field = info.mapping.kind.endsWith('Binding') ? 'subjects' : 'rules';
    const has = (live[field] as any[] | undefined) ?? [], want = (wanted[field] as any[] | undefined) ?? [];
    const missing = want.filter((x) => !has.some((h) => JSON.stringify(h) === JSON.stringify(x)));
    if (missing.length > 0 && dryRun !== 'client') await k.rest.update(pathOf(info.mapping, info.namespace, info.name), { ...live, [field]: [...has, ...missing] }, writeQuery(k, dryRun));
    k.out(namePrinter(done('reconciled', dryRun))(wanted));
  });
}
