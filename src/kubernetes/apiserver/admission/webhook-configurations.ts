import type { KubeObject } from '../../api/types.ts';
import type { ApiServer } from '../server.ts';
import type { Admission } from './index.ts';
import type { MutatingWebhooks } from './mutating-webhooks.ts';
import type { Webhook } from './webhooks.ts';

const GROUP = 'admissionregistration.k8s.io';
/** What matchConditions may name; `authorizer` is not there. */
export const WEBHOOK_VARIABLES = ['object', 'oldObject', 'request'];

interface Loaded {
  validate(admission: Admission, webhooks: readonly Webhook[]): void;
  MutatingWebhooks: typeof MutatingWebhooks;
}

/** Asking webhooks is loaded with the first configuration that names one (ApiServer.needs). */
let loaded: Loaded | undefined;
export const webhooksAreLoaded = (): boolean => loaded !== undefined;
export async function loadWebhooks(): Promise<void> {
  loaded ??= { ...(await import('./webhooks.ts')), ...(await import('./mutating-webhooks.ts')) };
}

/** In the order of their configurations' names. */
function configured(server: ApiServer, kind: 'mutating' | 'validating'): Webhook[] {
  const resource = server.resource(GROUP, 'v1', `${kind}webhookconfigurations`);
  return resource ? server.registry.list(resource, '').flatMap(({ value }) => (value['webhooks'] ?? []) as Webhook[]) : [];
}

/** Whether any of them has a condition in CEL. */
export function haveConditions(server: ApiServer): boolean {
  return loaded !== undefined && (['mutating', 'validating'] as const).some((kind) => configured(server, kind).some((w) => w.matchConditions?.length));
}

export function validatingWebhooks(admission: Admission): void {
  const webhooks = asked(admission, 'validating');
  if (webhooks) present().validate(admission, webhooks);
}

export function mutatingWebhooks(admission: Admission): MutatingWebhooks | undefined {
  const webhooks = asked(admission, 'mutating');
  return webhooks && new (present().MutatingWebhooks)(admission, webhooks);
}

/** Configurations themselves are nothing a webhook is asked about. */
function asked({ server, info }: Admission, kind: 'mutating' | 'validating'): Webhook[] | undefined {
  const webhooks = info.group === GROUP ? [] : configured(server, kind);
  return webhooks.length > 0 ? webhooks : undefined;
}

function present(): Loaded {
  if (!loaded) throw new Error('there are webhooks to ask, and what asks them is not loaded: call loadWebhooks first');
  return loaded;
}

/** Conditions of a configuration that is written: `PATH: expression`. */
export function conditionsOf(object: KubeObject): { path: string; expression: string }[] {
  return ((object['webhooks'] ?? []) as Webhook[]).flatMap((w, i) => (w.matchConditions ?? []).map(({ expression }, j) => ({ path: `webhooks[${i}].matchConditions[${j}].expression`, expression })));
}
