/**
 * CEL as the API server has it (apiserver/pkg/cel): the language is the library's, the lists' and regular expressions' functions are
 * those that Kubernetes adds (k8s.io/apiserver/pkg/cel/library). Loaded when something has an expression.
 */
import { Environment } from '@marcbachmann/cel-js';
import { type CelEngine, CompilationError, EvaluationError, type Program } from './program.ts';

export function celEngine(): CelEngine {
  const environments = new Map<string, Environment>(), programs = new Map<string, Program>();
  const environment = (variables: readonly string[]): Environment => {
    const key = variables.join();
    let found = environments.get(key);
    if (!found) environments.set(key, (found = withLibraries(variables)));
    return found;
  };
  return {
    compile(expression, variables) {
      const key = `${variables.join()}\n${expression}`;
      let program = programs.get(key);
      if (!program) programs.set(key, (program = compiled(environment(variables), expression)));
      return program;
    },
  };
}

function compiled(environment: Environment, expression: string): Program {
  let parsed: ReturnType<Environment['parse']>;
  try {
    parsed = environment.parse(expression);
    const { valid, error } = parsed.check();
    if (!valid) throw error ?? new Error('invalid');
  } catch (error) {
    throw new CompilationError(compilation(expression, firstLine(error)), { cause: error });
  }
  return (values) => {
    try {
      return parsed(values as Record<string, unknown>);
    } catch (error) {
      throw new EvaluationError(evaluation(firstLine(error)), { cause: error });
    }
  };
}

/** cel-go's words and its picture of the place, for a name that nobody declared; else the library's own. */
function compilation(expression: string, said: string): string {
  const name = /^Unknown variable: (\S+)/.exec(said)?.[1];
  const column = name === undefined ? 0 : Math.max(0, expression.indexOf(name));
  const why = name === undefined ? `Syntax error: ${said}` : `undeclared reference to '${name}' (in container '')`;
  return `compilation failed: ERROR: <input>:1:${column + 1}: ${why}\n | ${expression}\n | ${'.'.repeat(column)}^`;
}

function evaluation(said: string): string {
  const key = /^No such key: (\S+)/.exec(said)?.[1];
  return key === undefined ? said : `no such key: ${key}`;
}

function firstLine(error: unknown): string {
  return String((error as Error | undefined)?.message ?? error).split('\n')[0]!;
}

type List = readonly unknown[];

function withLibraries(variables: readonly string[]): Environment {
  let environment = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false })
    .registerFunction('list.isSorted(): bool', (list: List) => list.every((item, i) => i === 0 || !less(item, list[i - 1])))
    .registerFunction('list.sum(): dyn', (list: List) => list.reduce((a, b) => (a as bigint) + (b as bigint), typeof list[0] === 'number' ? 0 : 0n))
    .registerFunction('list.min(): dyn', (list: List) => extreme(list, (a, b) => less(a, b), 'min'))
    .registerFunction('list.max(): dyn', (list: List) => extreme(list, (a, b) => less(b, a), 'max'))
    .registerFunction('list.indexOf(dyn): int', (list: List, value: unknown) => BigInt(list.indexOf(value)))
    .registerFunction('list.lastIndexOf(dyn): int', (list: List, value: unknown) => BigInt(list.lastIndexOf(value)))
    .registerFunction('string.find(string): string', (text: string, pattern: string) => new RegExp(pattern).exec(text)?.[0] ?? '')
    .registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) => text.match(new RegExp(pattern, 'g')) ?? []);
  for (const name of variables) environment = environment.registerVariable(name, 'dyn');
  return environment;
}

function less(a: unknown, b: unknown): boolean {
  return (a as string) < (b as string);
}

function extreme(list: List, before: (a: unknown, b: unknown) => boolean, name: string): unknown {
  if (list.length === 0) throw new Error(`${name} called on empty list`);
  return list.reduce((best, item) => (before(item, best) ? item : best));
}
