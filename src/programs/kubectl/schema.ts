import { typeOf, type Type } from '../../kubernetes/api/schema.ts';
import { builtinResources } from '../../kubernetes/api/scheme.ts';
import type { KubeObject } from '../../kubernetes/api/types.ts';

const types = new Map<string, Type | undefined>();

/** The type of a built-in kind; undefined of a custom resource. */
export function typeOfObject({ apiVersion, kind }: Pick<KubeObject, 'apiVersion' | 'kind'>): Type | undefined {
  const key = `${apiVersion}/${kind}`;
  if (!types.has(key)) {
    const [group, version] = apiVersion.includes('/') ? (apiVersion.split('/') as [string, string]) : ['', apiVersion];
    for (const r of builtinResources()) if (r.group === group && r.version === version && r.kind === kind) types.set(key, r.type);
    if (!types.has(key)) types.set(key, undefined);
  }
  return types.get(key);
}
export { typeOf };
