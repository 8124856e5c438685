import { KubectlError } from '../errors.ts';
import { typeOfObject } from '../schema.ts';
import { apiVersionOf, type Mapping } from './mapper.ts';

/** In client-go's scheme, which has not the groups of the API's own extensions. */
function typed(apiVersion: string, kind: string): boolean {
  return !/^api(extensions|registration)\.k8s\.io\//.test(apiVersion) && typeOfObject({ apiVersion, kind }) !== undefined;
}

/** Commands that work on Go types refuse a custom resource as kubectl's scheme does. */
export function requireTyped(mapping: Pick<Mapping, 'group' | 'version' | 'kind'>, source?: string): void {
  const apiVersion = apiVersionOf(mapping);
  if (typed(apiVersion, mapping.kind)) return;
  throw new KubectlError(`${source ? `unable to decode ${JSON.stringify(source)}: ` : ''}no kind "${mapping.kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:100"`);
}
