import type { Command } from '../cli.ts';
import { addSource, KubectlError, StatusError, throwAll } from '../errors.ts';
import { build, visit, type Info, type Result } from '../factory/builder.ts';
import { pathOf } from '../factory/mapper.ts';
import type { Kubectl } from '../kubectl.ts';
import { rawRequest } from '../raw.ts';
import { builderOptions, done } from './common.ts';
import { waitForDeletion } from './wait.ts';

const WEEK = 168 * 3600 * 1e6;

export async function run(k: Kubectl, command: Command): Promise<void> {
  const { flags } = command;
  const raw = flags.string('raw');
  if (raw) return k.out(await rawRequest(k, 'DELETE', raw, flags.list('filename')[0]));
  const output = flags.string('output');
  if (output && output !== 'name') throw new KubectlError("unexpected -o output mode: " + output + ". We only support '-o name'");
  const { grace, wait } = gracePeriod(k, command);
  const dryRun = k.dryRun();
  const policy = cascade(flags.string('cascade'));
  if (flags.bool('all') && flags.string('selector')) throw new KubectlError("setting 'all' parameter but found a non empty selector. ");
  if (flags.bool('all') && flags.string('field-selector')) throw new KubectlError("setting 'all' parameter but found a non empty selector. ");
  const ignoreNotFound = flags.bool('ignore-not-found') || (!flags.changed('ignore-not-found') && (flags.bool('all') || flags.bool('all-namespaces')));
  const options = builderOptions(flags, command.args);
  const bulk = options.all || !!options.labelSelector || !!options.fieldSelector;
  const result = await build(k, { ...options, fetch: false, flatten: true, continueOnError: true });
  let warnScope = flags.changed('namespace') && bulk;
  const deleted: { info: Info; uid: string }[] = [];
  const errors: Error[] = [];
  let found = 0;
  await visit(result, async (info) => {
    try {
      found++;
      if (warnScope && !info.mapping.namespaced) {
        k.warn('deleting cluster-scoped resources, not scoped to the provided namespace');
        warnScope = false;
      }
      if (dryRun !== 'client') deleted.push({ info, uid: await remove(k, info, grace, policy, dryRun === 'server') });
      k.out(line(info, output, done(grace === 0 ? 'force deleted' : 'deleted', dryRun)));
    } catch (error) {
      if (!(error instanceof StatusError || error instanceof KubectlError)) throw error;
      if (ignoreNotFound && error instanceof StatusError && error.reason === 'NotFound') {
        found--;
        return;
      }
      throw addSource('deleting', info.source, error);
    }
  });
  throwAll(errors);
  if (found === 0 && !(ignoreNotFound && !bulk)) {
    if (bulk || !ignoreNotFound) k.out('No resources found\n');
    return;
  }
  if (!wait || dryRun !== 'none') return;
  const timeout = flags.duration('timeout') || WEEK;
  for (const { info, uid } of deleted) await waitForDeletion(k, info, uid, timeout);
}

function gracePeriod(k: Kubectl, { flags }: Command): { grace: number; wait: boolean } {
  let grace = flags.int('grace-period');
  const force = flags.bool('force');
  if (flags.bool('now')) {
    if (grace !== -1) throw new KubectlError('--now and --grace-period cannot be specified together');
    grace = 1;
  }
  if (grace === 0 && !force) grace = 1;
  if (force && grace < 0) grace = 0;
  if (force && grace > 0) throw new KubectlError('--force and --grace-period greater than 0 cannot be specified together');
  if (grace === 0) k.warn('Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.');
  return { grace, wait: flags.changed('wait') ? flags.bool('wait') : grace !== 0 };
}

function cascade(value: string): string {
  const policy = ({ background: 'Background', foreground: 'Foreground', orphan: 'Orphan', true: 'Background', false: 'Orphan' } as Record<string, string>)[value];
  if (!policy) throw new KubectlError(`invalid cascade value (${value}). Must be "background", "foreground", or "orphan"`);
  return policy;
}

/** Asks for the deletion; gives the uid of what is going away. */
export async function remove(k: Kubectl, info: Info, grace: number, propagationPolicy = 'Background', serverDryRun = false): Promise<string> {
  const body = { kind: 'DeleteOptions', apiVersion: 'v1', ...(grace >= 0 ? { gracePeriodSeconds: grace } : {}), propagationPolicy };
  const answer = await k.rest.delete(pathOf(info.mapping, info.namespace, info.name), body, serverDryRun ? { dryRun: 'All' } : {});
  return answer.kind === 'Status' ? (answer['details']?.uid ?? '') : (answer.metadata?.uid ?? '');
}

function line(info: Info, output: string, operation: string): string {
  const { group, kind } = info.mapping;
  const type = `${kind.toLowerCase()}${group ? `.${group}` : ''}`;
  return output === 'name' ? `${type}/${info.name}\n` : `${type} "${info.name}" ${operation}\n`;
}
export type { Result };
