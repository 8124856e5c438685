import { atob } from '../../api/base64.ts';
import { convertIn, convertOut } from '../../api/conversion.ts';
import { decode } from '../../api/decode.ts';
import type { KubeObject } from '../../api/types.ts';
import { deepEqual } from '../../client/pods.ts';
import { internal } from '../errors.ts';
import { jsonPatch, type JsonPatchOperation, PatchError } from '../patch.ts';
import type { Admission } from './index.ts';
import { ask, failed, means, type ReviewResponse, type Webhook } from './webhooks.ts';

/**
 * MutatingAdmissionWebhook of one write (apiserver/pkg/admission/plugin/webhook/mutating): its webhooks change the object one after
 * the other. Where one has, all plugins run once more, and with them the webhooks that were asked before it and want that (IfNeeded).
 */
export class MutatingWebhooks {
  readonly #admission: Admission;
  readonly #webhooks: readonly Webhook[];
  /** Those of reinvocationPolicy IfNeeded that were asked and have seen every change so far; those that have not. */
  #seen = new Set<Webhook>();
  readonly #behind = new Set<Webhook>();
  #last: KubeObject | undefined;

  constructor(admission: Admission, webhooks: readonly Webhook[]) {
    this.#admission = admission;
    this.#webhooks = webhooks;
  }

  /** Whether anything was changed. */
  run(): boolean {
    const changed = this.#webhooks.filter((webhook) => means(webhook, this.#admission) && this.#ask(webhook)).length > 0;
    this.#last = JSON.parse(JSON.stringify(this.#admission.object ?? null)) as KubeObject;
    return changed;
  }

  /** The other plugins have had their second turn. */
  again(): void {
    if (!deepEqual(this.#last, this.#admission.object ?? null)) this.#fallBehind();
    for (const webhook of this.#webhooks) if (this.#behind.has(webhook) && means(webhook, this.#admission)) this.#ask(webhook);
  }

  #ask(webhook: Webhook): boolean {
    const answer = ask(webhook, this.#admission), changed = answer !== undefined && this.#change(webhook, answer);
    if (changed) this.#fallBehind();
    if (webhook.reinvocationPolicy === 'IfNeeded') this.#seen.add(webhook);
    return changed;
  }

  #fallBehind(): void {
    for (const webhook of this.#seen) this.#behind.add(webhook);
    this.#seen = new Set();
  }

  /** What it gives is decoded and defaulted as what a client sends. */
  #change(webhook: Webhook, { patch, patchType }: ReviewResponse): boolean {
    const { server, info, object } = this.#admission;
    if (!patch) return false;
    if (patchType !== 'JSONPatch') return failed(webhook, `received invalid webhook response: ${patchType ? `invalid webhook returned response.patchType of ${JSON.stringify(patchType)}` : 'webhook returned response.patch but not response.patchType'}`) ?? false;
    if (!object) throw internal(`admission webhook ${JSON.stringify(webhook.name)} attempted to modify the object, which is not supported for this operation`);
    const raw = patched(convertOut(object, info), patch), decoded = info.crd === undefined ? decode(raw, info.type).object : server.customResources.decode(raw, info).object;
    const next = convertIn({ ...decoded, apiVersion: raw['apiVersion'] as string, kind: raw['kind'] as string }, info);
    server.kindOf(info).defaults?.(next);
    if (deepEqual(object, next)) return false;
    replace(object.metadata, next.metadata);
    replace(object, { ...next, metadata: object.metadata });
    return true;
  }
}

function patched(object: KubeObject, patch: string): Record<string, unknown> {
  try {
    return jsonPatch(object, JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(patch), (c) => c.charCodeAt(0)))) as JsonPatchOperation[]);
  } catch (error) {
    if (!(error instanceof PatchError || error instanceof SyntaxError)) throw error;
    throw internal(error.message);
  }
}

/** The same object, which others hold too, with other fields. */
function replace(object: object, by: object): void {
  for (const field of Object.keys(object)) delete (object as Record<string, unknown>)[field];
  Object.assign(object, by);
}
