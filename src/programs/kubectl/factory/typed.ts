import { KubectlError } from '../errors.ts';
import { typeOfObject } from '../schema.ts';
import { apiVersionOf, type Mapping } from './mapper.ts';

/** Commands that work on Go types refuse a custom resource as kubectl's scheme does. */
export function requireTyped(mapping: Mapping): void {
  const apiVersion = apiVersionOf(mapping);
  if (!typeOfObject({ apiVersion, kind: mapping.kind })) throw new KubectlError(`no kind "${mapping.kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:100"`);
}
