import type { KubeObject } from '../../../kubernetes/api/types.ts';
import type { WatchEvent } from '../../../kubernetes/apiserver/http.ts';
import type { Command } from '../cli.ts';
import { KubectlError, StatusError, isNotFound, throwAll } from '../errors.ts';
import { build, visit, type Info } from '../factory/builder.ts';
import { pathOf } from '../factory/mapper.ts';
import type { Kubectl } from '../kubectl.ts';
import { JsonPath, relaxedPath } from '../printers/jsonpath.ts';
import { printer } from '../printers/index.ts';
import { watch } from '../watch.ts';
import { builderOptions } from './common.ts';

const WEEK = 168 * 3600 * 1e6;
type Holds = (object: KubeObject) => boolean;

export async function run(k: Kubectl, command: Command): Promise<void> {
  const { flags } = command;
  const condition = flags.string('for');
  const given = flags.duration('timeout');
  const timeout = given < 0 ? WEEK : given;
  const print = await printer(k, 'condition met');
  const holds = conditionOf(condition);
  const options = builderOptions(flags, command.args);
  if (!flags.bool('local')) void k.access;
  const result = await build(k, { ...options, flatten: true, latest: holds !== 'delete', continueOnError: true, fetch: holds !== 'delete' || options.all === true || !!options.labelSelector });
  let visited = 0;
  const errors: Error[] = [];
  await visit(result, async (info) => {
    visited++;
    if (holds === 'delete') {
      await waitForDeletion(k, info, '', timeout, (object) => k.out(print(object)));
      return;
    }
    const object = await until(k, info, holds, timeout);
    k.out(print(object));
  });
  throwAll(errors);
  if (visited === 0 && holds !== 'delete') throw new KubectlError('no matching resources found');
}

function conditionOf(text: string): Holds | 'delete' {
  if (text.toLowerCase() === 'delete') return 'delete';
  if (text.startsWith('condition=')) {
    const rest = text.slice('condition='.length), cut = rest.indexOf('=');
    const type = (cut < 0 ? rest : rest.slice(0, cut)).toLowerCase(), status = (cut < 0 ? 'true' : rest.slice(cut + 1)).toLowerCase();
    return (object) => {
      const conditions = (object.status?.conditions ?? []) as { type: string; status: string; observedGeneration?: number }[];
      const found = conditions.find((c) => c.type.toLowerCase() === type);
      if (!found) return false;
      const observed = found.observedGeneration ?? object.status?.observedGeneration;
      if (observed !== undefined && object.metadata.generation !== undefined && observed < object.metadata.generation) return false;
      return found.status.toLowerCase() === status;
    };
  }
  if (text.startsWith('jsonpath=')) return jsonPathCondition(text.slice('jsonpath='.length));
  throw new KubectlError(`unrecognized condition: ${JSON.stringify(text)}`);
}

function jsonPathCondition(text: string): Holds {
  const cut = /^\{.*\}/s.exec(text.replace(/^(['"])(.*)\1/, '$2'))?.[0].length ?? text.indexOf('=');
  const expression = cut < 0 ? text : text.slice(0, cut), rest = cut < 0 ? '' : text.slice(cut);
  if (expression === '' || (rest !== '' && !rest.startsWith('='))) throw new KubectlError(`jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or --for=jsonpath='{.status.readyReplicas}'`);
  if (rest === '=') throw new KubectlError('jsonpath wait has to have a value after equal sign, like --for=jsonpath=\'{.status.readyReplicas}\'=3');
  const path = JsonPath.parse(relaxedPath(expression));
  const wanted = rest === '' ? undefined : rest.slice(1).replace(/^(['"])(.*)\1$/, '$2').trim();
  return (object) => {
    const values = path.values(object);
    if (values.length === 0) return false;
    if (values.length > 1) throw new KubectlError("given jsonpath expression matches more than one value");
    if (wanted === undefined) return true;
    if (typeof values[0] === 'object' && values[0] !== null) throw new KubectlError("jsonpath leads to a nested object or list which cannot be compared");
    return String(values[0]) === wanted;
  };
}

const timedOut = (info: Info) => new KubectlError(`timed out waiting for the condition on ${info.mapping.resource}/${info.name}`);

async function until(k: Kubectl, info: Info, holds: Holds, timeout: number): Promise<KubeObject> {
  const end = k.now + timeout;
  for (;;) {
    const list = await k.rest.get(pathOf(info.mapping, info.namespace), { fieldSelector: `metadata.name=${info.name}` });
    const item = (list['items'] as KubeObject[])[0];
    if (item) {
      const object = { ...item, apiVersion: item.apiVersion ?? list.apiVersion, kind: item.kind ?? info.mapping.kind };
      if (holds(object)) return object;
    }
    if (timeout <= 0) throw new KubectlError(`condition not met for ${info.mapping.resource}/${info.name}`);
    let found: KubeObject | undefined, gone = false;
    await watch(k, pathOf(info.mapping, info.namespace), { query: { fieldSelector: `metadata.name=${info.name}`, resourceVersion: list.metadata.resourceVersion } }, (event: WatchEvent) => {
      if (event.type === 'DELETED') gone = true;
      else if (holds(event.object)) found = event.object;
      return found !== undefined || gone;
    }, Math.max(0, end - k.now));
    if (found) return found;
    if (k.now >= end) throw timedOut(info);
  }
}

/** Waits until the object (of that uid, when given) is gone. */
export async function waitForDeletion(k: Kubectl, info: Info, uid: string, timeout: number, met: (object: KubeObject) => void = () => {}): Promise<void> {
  const end = k.now + timeout;
  let last: KubeObject | undefined = info.object;
  for (;;) {
    let list: KubeObject;
    try {
      list = await k.rest.get(pathOf(info.mapping, info.namespace), { fieldSelector: `metadata.name=${info.name}` });
    } catch (error) {
      if (isNotFound(error)) return;
      if (error instanceof StatusError && (error.reason === 'Forbidden' || error.reason === 'MethodNotAllowed')) return;
      throw error;
    }
    const item = (list['items'] as KubeObject[])[0];
    if (!item || (uid !== '' && item.metadata.uid !== uid)) {
      if (last) met(last);
      return;
    }
    last = { ...item, apiVersion: item.apiVersion ?? list.apiVersion, kind: item.kind ?? info.mapping.kind };
    if (timeout <= 0 || k.now >= end) throw timedOut(info);
    await watch(k, pathOf(info.mapping, info.namespace), { query: { fieldSelector: `metadata.name=${info.name}`, resourceVersion: list.metadata.resourceVersion } }, (event) => event.type === 'DELETED', end - k.now);
  }
}
