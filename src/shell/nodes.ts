/** Names for unbash's node types that would hide JavaScript's own. */
import type { Function as UnbashFunction } from 'unbash';

export type FunctionNode = UnbashFunction;
