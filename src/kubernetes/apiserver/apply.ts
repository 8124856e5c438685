import type { ApiResponse } from './http.ts';
import * as errors from './errors.ts';
import type { Target } from './resources.ts';

export function applyObject(_target: Target, _subresource: string): ApiResponse {
  throw errors.unsupportedMediaType('the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json');
}
