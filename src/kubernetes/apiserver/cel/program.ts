/** An expression that can be evaluated. */
export type Program = (values: Readonly<Record<string, unknown>>) => unknown;

/** Why an expression is no expression, in one line. */
export class CompilationError extends Error {}
/** What went wrong while one was evaluated, as cel-go says it. */
export class EvaluationError extends Error {}

export interface CelEngine {
  /** Throws CompilationError; the program throws EvaluationError. Expressions are compiled once. */
  compile(expression: string, variables: readonly string[]): Program;
}
