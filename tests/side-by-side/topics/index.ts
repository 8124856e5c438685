import type { Topic } from '../run.ts';
import { change } from './change.ts';
import { create } from './create.ts';
import { curious } from './curious.ts';
import { describe } from './describe.ts';
import { exam } from './exam.ts';
import { files } from './files.ts';
import { formats } from './formats.ts';
import { generators } from './generators.ts';
import { get } from './get.ts';
import { inspect } from './inspect.ts';
import { operations } from './operations.ts';
import { queries } from './queries.ts';
import { rights } from './rights.ts';
import { settings } from './settings.ts';
import { updates } from './updates.ts';
import { verbosity } from './verbosity.ts';
import { words } from './words.ts';
import { yaml } from './yaml.ts';

/** One more: a file here and a line. */
export const TOPICS: Topic[] = [get, formats, describe, create, change, yaml, inspect, queries, generators, settings, rights, words, updates, operations, files, verbosity, exam, curious];
