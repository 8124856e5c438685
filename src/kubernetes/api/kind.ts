import type { KubeObject } from './types.ts';
import type { FieldError } from './field-errors.ts';
import type { Micros } from '../../sim/clock.ts';

/** A column of a kind's table; priority 0 is always shown, 1 in `-o wide`. */
export interface Column {
  name: string;
  type: string;
  format?: string;
  description?: string;
  priority?: number;
}

export type Cell = string | number | boolean | null;

/** What a kind's own rules may ask of the server. */
export interface KindContext {
  now: Micros;
  /** Of the server's version 1.x. */
  minor: number;
  /** Any stored object of a resource: `find('', 'pods', 'default', 'web')`. */
  find(group: string, resource: string, namespace: string | undefined, name: string): KubeObject | undefined;
  list(group: string, resource: string, namespace?: string): KubeObject[];
  suffix(length: number): string;
  uuid(): string;
  user: { name: string; groups: string[]; uid?: string; extra?: Record<string, string[]> };
  dryRun: boolean;
  /** What an update replaces. */
  old?: KubeObject | undefined;
  warn(text: string): void;
}

/** What is wrong with an object of a kind, after defaults and admission. */
export interface KindValidation {
  /** `old`: what an update replaces. */
  validate?(object: KubeObject, context: { minor: number; old?: KubeObject | undefined }): FieldError[];
  validateUpdate?(object: KubeObject, old: KubeObject): FieldError[];
}

/**
 * What is a kind's own in the generic API server. All functions that take an object may change it: it is a fresh copy. Left out:
 * nothing of that sort is done.
 */
export interface Kind {
  /** Values of fields that nobody set. */
  defaults?(object: KubeObject): void;
  /** After defaults, before validation: what the server sets itself on a new object. */
  prepareForCreate?(object: KubeObject, context: KindContext): void;
  prepareForUpdate?(object: KubeObject, old: KubeObject, context: KindContext): void;
  prepareStatusUpdate?(object: KubeObject, old: KubeObject, context: KindContext): void;
  /** What is wrong with a name; the default is a DNS subdomain. */
  badName?(name: string): string[];
  /** Advice in the `warning` header. */
  warnings?(object: KubeObject): string[];
  /** Fields that fieldSelector knows besides metadata.name and metadata.namespace. */
  fields?: Record<string, (object: KubeObject) => string>;
  /** metadata.generation counts changes of the spec. */
  generation?: boolean;
  /** On create, `status` is kept as sent (nodes). */
  keepsStatus?: boolean;
  /** PUT may create, and may come without a resourceVersion. */
  createOnUpdate?: boolean;
  columns?: Column[];
  row?(object: KubeObject, now: Micros): Cell[];
}
