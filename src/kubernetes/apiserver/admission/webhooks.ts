import { serviceEndpoint } from '../service-endpoint.ts';
import type { KubeObject, Status } from '../../api/types.ts';
import type { LabelSelector } from '../../client/labels.ts';
import { apiError, internal } from '../errors.ts';
import type { Admission } from './index.ts';
import { type Rule, ruleMatches, selected } from './rules.ts';

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
}
/** Sends a review to IP:PORT; a string is why it could not be (as Go's dialer says it). */
export type CallWebhook = (address: string, path: string, request: ReviewRequest) => ReviewResponse | string;

interface Webhook {
  name: string;
  failurePolicy?: string;
  timeoutSeconds?: number;
  rules?: Rule[];
  namespaceSelector?: LabelSelector;
  objectSelector?: LabelSelector;
  clientConfig: { caBundle?: string; service?: { namespace: string; name: string; path?: string; port?: number }; url?: string };
}

/** ValidatingAdmissionWebhook (apiserver/pkg/admission/plugin/webhook): asks whom the configurations name, in the order of their names. */
export function validatingWebhooks(admission: Admission): void {
  const { server, info } = admission;
  if (info.group === 'admissionregistration.k8s.io') return;
  const configurations = server.resource('admissionregistration.k8s.io', 'v1', 'validatingwebhookconfigurations');
  if (!configurations) return;
  for (const { value } of server.registry.list(configurations, '')) for (const webhook of (value['webhooks'] ?? []) as Webhook[]) if (webhook.rules?.some((rule) => ruleMatches(rule, admission)) && selected(admission, webhook)) ask(webhook, admission);
}

function ask(webhook: Webhook, { server, context, operation, info, object, old }: Admission): void {
  const subject = (object ?? old)!, uid = server.rng.fork(`review/${server.etcd.revision}/${webhook.name}`).uuid();
  const answer = call(webhook, server, { uid, operation, namespace: info.namespaced ? (subject.metadata.namespace ?? '') : '', name: subject.metadata.name, object, oldObject: old, userInfo: { username: context.user.name, groups: context.user.groups } });
  if (typeof answer === 'string') {
    if (webhook.failurePolicy === 'Ignore') return;
    throw internal(`failed calling webhook ${JSON.stringify(webhook.name)}: failed to call webhook: ${answer}`);
  }
  if (answer.allowed) return;
  const { code = 400, reason = 'BadRequest', message } = answer.status ?? {};
  throw apiError(code, reason, `admission webhook ${JSON.stringify(webhook.name)} denied the request${message ? `: ${message}` : ' without explanation'}`);
}

/** Through the Service's cluster address, so it is refused where kube-proxy has nobody to send to. */
function call({ clientConfig, timeoutSeconds = 10 }: Webhook, server: Admission['server'], request: ReviewRequest): ReviewResponse | string {
  const { service, url, caBundle } = clientConfig;
  if (!service) return `Post "${url}?timeout=${timeoutSeconds}s": dial tcp: lookup ${url?.replace(/^https:\/\/([^:/]+).*/, '$1')}: no such host`;
  const { namespace, name, path = '/', port = 443 } = service;
  const failed = (why: string) => `Post "https://${name}.${namespace}.svc:${port}${path}?timeout=${timeoutSeconds}s": ${why}`;
  const endpoint = serviceEndpoint(server, { namespace, name, port });
  if ('error' in endpoint) return failed(endpoint.error);
  const answer = server.callWebhook?.(endpoint.address, path, request) ?? `dial tcp ${endpoint.clusterIP}:${port}: connect: connection refused`;
  if (typeof answer === 'string') return failed(answer);
  return caBundle ? answer : failed('tls: failed to verify certificate: x509: certificate signed by unknown authority');
}
