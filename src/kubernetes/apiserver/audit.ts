import type { Clock, Micros } from '../../sim/clock.ts';
import type { ApiRequest, ApiResponse, ApiStream } from './http.ts';
import type { RequestInfo } from './request.ts';

/** A write that was let in and done, as an audit policy of level Metadata would log it. */
export interface AuditEntry {
  at: Micros;
  user: string;
  /** create, update, patch, delete, deletecollection */
  verb: string;
  /** Plural, with the subresource: pods, pods/binding. */
  resource: string;
  namespace: string;
  name: string;
}

/** How many are kept. */
const KEPT = 400;
const WRITES = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
/** Heartbeats and what only tells of other writes. */
const LEFT_OUT = new Set(['events', 'leases', 'tokenreviews', 'subjectaccessreviews', 'selfsubjectaccessreviews', 'selfsubjectrulesreviews', 'selfsubjectreviews']);
const LOGS = new WeakMap<Clock, AuditEntry[]>();

/** The newest writes of a world, in their order. It outlives the API server's process, as its log file does. */
export function auditOf(clock: Clock): AuditEntry[] {
  let log = LOGS.get(clock);
  if (!log) LOGS.set(clock, (log = []));
  return log;
}

export function audit(clock: Clock, user: string, { query }: ApiRequest, { isResource, verb, resource, subresource, namespace, name }: RequestInfo, answer: ApiResponse | ApiStream): void {
  if (!isResource || !WRITES.has(verb) || LEFT_OUT.has(resource) || query['dryRun'] || 'start' in answer || answer.status >= 300) return;
  const log = auditOf(clock);
  const created = (answer.body as { metadata?: { name?: string } } | undefined)?.metadata?.name;
  log.push({ at: clock.now, user, verb, resource: subresource ? `${resource}/${subresource}` : resource, namespace, name: name || created || '' });
  if (log.length > 2 * KEPT) log.splice(0, log.length - KEPT);
}
