/** A lab's variants: the seed chooses one value of each, and every text and check of the lab is written with them. */
import { Rng } from '../sim/rng.ts';
import type { Lab } from './lab.ts';

/** The lab as this seed gives it. */
export function withVariant(lab: Lab, seed: string): Lab {
  const names = Object.keys(lab.variants);
  if (names.length === 0) return lab;
  const chosen = Object.fromEntries(names.map((name) => [name, new Rng(seed).fork(`labs/${lab.id}/${name}`).pick(lab.variants[name]!)]));
  return fill({ ...lab, variants: {} }, chosen) as Lab;
}

/** Names in `{{ variant.NAME }}` that are not among `known`. */
export function unknownVariants(text: string, known: readonly string[]): string[] {
  return [...text.matchAll(PLACE)].map(([, name]) => name!).filter((name) => !known.includes(name));
}

const PLACE = /\{\{\s*variant\.([\w-]+)\s*\}\}/g;

function fill(value: unknown, chosen: Record<string, string>): unknown {
  if (typeof value === 'string') return value.replace(PLACE, (whole, name: string) => chosen[name] ?? whole);
  if (Array.isArray(value)) return value.map((item) => fill(item, chosen));
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, fill(v, chosen)]));
  return value;
}
