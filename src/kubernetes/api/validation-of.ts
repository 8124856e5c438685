import type { KindValidation } from './kind.ts';
import type { ResourceInfo } from './scheme.ts';

/**
 * The built-in kinds' rules are a good part of the API's code, and what the cluster's own components write keeps them: they are loaded
 * when somebody from outside writes for the first time (ApiServer.needs), or a manifest changes on a node.
 */
let table: Readonly<Record<string, KindValidation>> | undefined;
const NONE: KindValidation = {};

export function validationIsLoaded(): boolean {
  return table !== undefined;
}

export async function loadValidation(): Promise<void> {
  table ??= (await import('./validation/index.ts')).VALIDATION;
}

/** A built-in kind's rules; none while they are not loaded. */
export function validationOf({ group, resource }: Pick<ResourceInfo, 'group' | 'resource'>): KindValidation {
  return table?.[`${group}/${resource}`] ?? NONE;
}
