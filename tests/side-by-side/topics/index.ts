import type { Topic } from '../run.ts';
import { get } from './get.ts';

/** One more: a file here and a line. */
export const TOPICS: Topic[] = [get];
