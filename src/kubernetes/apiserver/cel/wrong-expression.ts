import { type FieldError, invalidValue } from '../../api/field-errors.ts';
import { type CelEngine, CompilationError } from './program.ts';

/** What is wrong with an expression that is part of an object, for whoever writes that object. */
export function wrongExpression(engine: CelEngine, expression: string, variables: readonly string[], path: string): FieldError[] {
  try {
    engine.compile(expression, variables);
    return [];
  } catch (error) {
    if (!(error instanceof CompilationError)) throw error;
    return [invalidValue(path, expression, error.message)];
  }
}
