import type { KubeObject, Status } from '../../api/types.ts';
import type { LabelSelector } from '../../client/labels.ts';
import { admissionValues } from '../cel/admission-values.ts';
import { EvaluationError } from '../cel/program.ts';
import { apiError, forbidden, internal } from '../errors.ts';
import { serviceEndpoint } from '../service-endpoint.ts';
import type { Admission } from './index.ts';
import { type Rule, ruleMatches, selected } from './rules.ts';
import { WEBHOOK_VARIABLES } from './webhook-configurations.ts';

/** admission.k8s.io/v1 AdmissionReview: the request, and what the webhook says to it. */
export interface ReviewRequest {
  uid: string;
  operation: Admission['operation'];
  namespace: string;
  name: string;
  object: KubeObject | undefined;
  oldObject: KubeObject | undefined;
  userInfo: { username: string; groups: readonly string[] };
}
export interface ReviewResponse {
  allowed: boolean;
  status?: Partial<Status>;
  warnings?: string[];
  /** RFC 6902 as JSON in base64, of a webhook that mutates. */
  patch?: string;
  patchType?: string;
}
/** Sends a review to IP:PORT; a string is why it could not be (as Go's dialer says it). */
export type CallWebhook = (address: string, path: string, request: ReviewRequest) => ReviewResponse | string;

export interface Webhook {
  name: string;
  failurePolicy?: string;
  reinvocationPolicy?: string;
  timeoutSeconds?: number;
  rules?: Rule[];
  namespaceSelector?: LabelSelector;
  objectSelector?: LabelSelector;
  matchConditions?: { name: string; expression: string }[];
  clientConfig: { caBundle?: string; service?: { namespace: string; name: string; path?: string; port?: number }; url?: string };
}

/** ValidatingAdmissionWebhook (apiserver/pkg/admission/plugin/webhook): asks whom the configurations name, in the order of their names. */
export function validate(admission: Admission, webhooks: readonly Webhook[]): void {
  for (const webhook of webhooks) if (means(webhook, admission)) ask(webhook, admission);
}

/** Whether a webhook is to be asked about this write (webhook/generic/webhook.go, ShouldCallHook). */
export function means(webhook: Webhook, admission: Admission): boolean {
  return Boolean(webhook.rules?.some((rule) => ruleMatches(rule, admission))) && selected(admission, webhook) && conditionsHold(webhook, admission);
}

/** One condition that is false is enough; those that cannot be told are a matter of the failure policy (webhook/matchconditions). */
function conditionsHold({ matchConditions = [], failurePolicy }: Webhook, admission: Admission): boolean {
  if (matchConditions.length === 0) return true;
  const { server, info, object, old } = admission, values = admissionValues(admission), errors: string[] = [];
  if (!server.cel) throw new Error('an expression is to be evaluated, and CEL is not loaded: see ApiServer.needs');
  for (const { expression } of matchConditions) {
    try {
      if (server.cel.compile(expression, WEBHOOK_VARIABLES)(values) === false) return false;
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      errors.push(`expression '${expression}' resulted in error: ${error.message}`);
    }
  }
  if (errors.length === 0) return true;
  if (failurePolicy === 'Ignore') return false;
  throw forbidden(info, (object ?? old)!.metadata.name, errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]`);
}

/** What it answers to what it lets pass; undefined where it cannot be asked and that does not matter. Throws a refusal, or that it cannot be asked. */
export function ask(webhook: Webhook, { server, context, operation, info, object, old }: Admission): ReviewResponse | undefined {
  const subject = (object ?? old)!, uid = server.rng.fork(`review/${server.etcd.revision}/${webhook.name}`).uuid();
  const answer = call(webhook, server, { uid, operation, namespace: info.namespaced ? (subject.metadata.namespace ?? '') : '', name: subject.metadata.name, object, oldObject: old, userInfo: { username: context.user.name, groups: context.user.groups } });
  if (typeof answer === 'string') return failed(webhook, `failed to call webhook: ${answer}`);
  context.warnings.push(...(answer.warnings ?? []));
  if (answer.allowed) return answer;
  const { code = 0, reason = '', message } = answer.status ?? {}, why = message || reason;
  throw apiError(Math.max(code, 400), reason, `admission webhook ${JSON.stringify(webhook.name)} denied the request${why ? `: ${why}` : ' without explanation'}`);
}

export function failed({ name, failurePolicy }: Webhook, why: string): undefined {
  if (failurePolicy !== 'Ignore') throw internal(`failed calling webhook ${JSON.stringify(name)}: ${why}`);
}

/** Through the Service's cluster address, so it is refused where kube-proxy has nobody to send to. */
function call({ clientConfig, timeoutSeconds = 10 }: Webhook, server: Admission['server'], request: ReviewRequest): ReviewResponse | string {
  const { service, url, caBundle } = clientConfig;
  if (!service) return `Post "${url}?timeout=${timeoutSeconds}s": dial tcp: lookup ${url?.replace(/^https:\/\/([^:/]+).*/, '$1')}: no such host`;
  const { namespace, name, path = '/', port = 443 } = service;
  const refused = (why: string) => `Post "https://${name}.${namespace}.svc:${port}${path}?timeout=${timeoutSeconds}s": ${why}`;
  const endpoint = serviceEndpoint(server, { namespace, name, port });
  if ('error' in endpoint) return refused(endpoint.error);
  const answer = server.callWebhook?.(endpoint.address, path, request) ?? `dial tcp ${endpoint.clusterIP}:${port}: connect: connection refused`;
  if (typeof answer === 'string') return refused(answer);
  return caBundle ? answer : refused('tls: failed to verify certificate: x509: certificate signed by unknown authority');
}
