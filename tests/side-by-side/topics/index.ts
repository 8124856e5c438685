import type { Topic } from '../run.ts';
import { change } from './change.ts';
import { create } from './create.ts';
import { describe } from './describe.ts';
import { formats } from './formats.ts';
import { get } from './get.ts';
import { inspect } from './inspect.ts';
import { yaml } from './yaml.ts';

/** One more: a file here and a line. */
export const TOPICS: Topic[] = [get, formats, describe, create, change, yaml, inspect];
