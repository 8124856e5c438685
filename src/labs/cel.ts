/** CEL expressions over what the world holds. */
import { Environment } from '@marcbachmann/cel-js';

export type Value = unknown;
type Compiled = (values: Record<string, Value>) => unknown;

const environment = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false })
  .registerVariable('object', 'dyn')
  .registerVariable('objects', 'list')
  .registerVariable('captured', 'string');
const compiled = new Map<string, Compiled>();

/** What is wrong with an expression, in one line; undefined when it can be used. */
export function problemOf(expression: string): string | undefined {
  try {
    const result = environment.parse(expression).check();
    return result.valid ? undefined : firstLine(result.error);
  } catch (error) {
    return firstLine(error);
  }
}

/** The value; undefined when something it names does not exist (yet). Throws for an expression that is wrong in itself. */
export function evaluate(expression: string, values: Record<string, Value>): unknown {
  let run = compiled.get(expression);
  if (!run) compiled.set(expression, (run = environment.parse(expression) as Compiled));
  try {
    return run({ object: null, objects: [], captured: '', ...values });
  } catch (error) {
    if ((error as Error).name === 'EvaluationError' || (error as Error).constructor.name === 'EvaluationError') return undefined;
    throw error;
  }
}

/** CEL tells whole numbers from others; JSON does not. */
export function toCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(toCel);
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, toCel(v)]));
  return value;
}

function firstLine(error: unknown): string {
  return String((error as Error | undefined)?.message ?? error).split('\n')[0]!;
}
