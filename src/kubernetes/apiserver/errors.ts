import type { Status } from '../api/types.ts';
import { ApiError } from '../client/client.ts';
import { aggregate, type FieldError } from '../api/field-errors.ts';

/** The refusals of k8s.io/apimachinery/pkg/api/errors, as ApiError to throw inside the server. */

interface Qualified { group: string; resource: string }
const qualified = ({ group, resource }: Qualified) => (group === '' ? resource : `${resource}.${group}`);

export function apiError(code: number, reason: string, message: string, details?: Status['details']): ApiError {
  const status: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message };
  if (reason !== '') status.reason = reason;
  if (details) status.details = details;
  status.code = code;
  return new ApiError(status);
}

function detailsOf(r: Qualified, name: string): NonNullable<Status['details']> {
  return { ...(name ? { name } : {}), ...(r.group ? { group: r.group } : {}), ...(r.resource ? { kind: r.resource } : {}) };
}

export function notFound(r: Qualified, name: string): ApiError {
  return apiError(404, 'NotFound', `${qualified(r)} "${name}" not found`, detailsOf(r, name));
}

export function alreadyExists(r: Qualified, name: string): ApiError {
  return apiError(409, 'AlreadyExists', `${qualified(r)} "${name}" already exists`, detailsOf(r, name));
}

export function conflict(r: Qualified, name: string, why: string): ApiError {
  return apiError(409, 'Conflict', `Operation cannot be fulfilled on ${qualified(r)} "${name}": ${why}`, detailsOf(r, name));
}

export const OPTIMISTIC_LOCK = 'the object has been modified; please apply your changes to the latest version and try again';

export function forbidden(r: Qualified, name: string, why: string): ApiError {
  const message = r.resource === '' ? `forbidden: ${why}` : name === '' ? `${qualified(r)} is forbidden: ${why}` : `${qualified(r)} "${name}" is forbidden: ${why}`;
  return apiError(403, 'Forbidden', message, detailsOf(r, name));
}

export function badRequest(message: string): ApiError {
  return apiError(400, 'BadRequest', message);
}

export function methodNotSupported(r: Qualified, action: string): ApiError {
  return apiError(405, 'MethodNotAllowed', `${action} is not supported on resources of kind "${qualified(r)}"`, detailsOf(r, ''));
}

export function unsupportedMediaType(message: string): ApiError {
  return apiError(415, 'UnsupportedMediaType', message);
}

/**
 * The server has no such path. The real one answers `404 page not found` as text, and every client of client-go makes these words of
 * it; `asked` is what they add: `get crontabs.stable.example.com`.
 */
export function noSuchResource(asked?: string): ApiError {
  return apiError(404, 'NotFound', `the server could not find the requested resource${asked ? ` (${asked})` : ''}`, {});
}

export function invalid(kind: { group: string; kind: string }, name: string, errors: FieldError[]): ApiError {
  const unique = [...new Map(errors.map((e) => [`${e.field}: ${e.message}`, e])).values()];
  const what = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  return apiError(422, 'Invalid', `${what} "${name}" is invalid: ${aggregate(unique)}`, {
    ...(name ? { name } : {}), ...(kind.group ? { group: kind.group } : {}), kind: kind.kind,
    causes: unique.map((e) => ({ reason: e.type, message: e.message, field: e.field })),
  });
}

export function gone(message: string): ApiError {
  return apiError(410, 'Expired', message);
}

export function internal(message: string): ApiError {
  return apiError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
}

export function tooManyRequests(message: string, seconds: number, causes?: { reason?: string; message?: string }[]): ApiError {
  return apiError(429, 'TooManyRequests', message, { ...(causes ? { causes } : {}), ...(seconds ? { retryAfterSeconds: seconds } : {}) });
}

export function serviceUnavailable(message: string): ApiError {
  return apiError(503, 'ServiceUnavailable', message);
}
