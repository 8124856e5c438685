/** The lab engine, as the page and the grader use it. Validation (validate.ts, schema.ts) is only for the build: it is not here. */
export type { Check, Lab, Task } from './lab.ts';
export { formatJournal, JournalError, parseJournal, type Journal, type JournalEntry } from './journal.ts';
export { Player, type Breathe, type PlayerEvents } from './player.ts';
export { LabRun, openWorld, startLab, type TaskResult, type TaskState } from './run.ts';
export { lessonChecker } from './lesson-check.ts';
export { grade, type Report, type TaskReport } from './grade.ts';
