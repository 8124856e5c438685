// What kubectl says when something fails (k8s.io/kubectl/pkg/cmd/util/helpers.go: checkErr, StandardErrorMessage).
import type { Status } from '../../kubernetes/api/types.ts';

/** A failure of kubectl itself: printed as "error: …". */
export class KubectlError extends Error {}

/** What failed had printed something first. */
export class PrintedError extends KubectlError {
  readonly printed: string;
  constructor(message: string, printed: string) {
    super(message);
    this.printed = printed;
  }
}

/** Ends the command with that code; `message` (printed as it is) may be empty. */
export class Exit extends Error {
  readonly code: number;
  constructor(code: number, message = '') {
    super(message);
    this.code = code;
  }
}

/** The API server refused. */
export class StatusError extends Error {
  readonly status: Status;
  constructor(status: Status) {
    super(status.message ?? '');
    this.status = status;
  }
  get reason(): string {
    return this.status.reason ?? '';
  }
  get code(): number {
    return this.status.code ?? 0;
  }
}

/** A request that did not get an answer: Go's url.Error. */
export class UrlError extends Error {
  readonly url: string;
  readonly why: string;
  constructor(method: string, url: string, why: string) {
    super(`${method[0]}${method.slice(1).toLowerCase()} "${url}": ${why}`);
    this.url = url;
    this.why = why;
  }
}

/** The kubeconfig does not make sense: printed as "Error in configuration: …". */
export class ConfigurationError extends Error {
  readonly problems: string[];
  constructor(problems: string[]) {
    super(problems.length === 1 ? `invalid configuration: ${problems[0]}` : `invalid configuration: [${problems.join(', ')}]`);
    this.problems = problems;
  }
}

/** No such resource type on the server. */
export class NoResourceMatch extends Error {
  constructor({ group, version, resource }: { group: string; version: string; resource: string }) {
    const q = JSON.stringify;
    super(`the server doesn't have a resource type ${q(resource)}${group ? ` in group ${q(group)}` : ''}${version ? `${group ? ' and' : ' in'} version ${q(version)}` : ''}`);
  }
}

/** Several failures of one command. */
export class Aggregate extends Error {
  readonly errors: Error[];
  constructor(errors: Error[]) {
    const messages = [...new Set(errors.map((e) => e.message))];
    super(messages.length === 1 ? messages[0]! : `[${messages.join(', ')}]`);
    this.errors = errors;
  }
}

/** Throws what was collected: nothing, the one error, or all of them. */
export function throwAll(errors: Error[]): void {
  if (errors.length === 1) throw errors[0]!;
  if (errors.length > 1) throw new Aggregate(errors);
}

/**
 * The same for commands that add the error of all files to a list of their own: a list in a list is told line by line, without
 * `error: ` before it even if it is one.
 */
export function throwNested(errors: Error[]): void {
  if (errors.length > 0) throw new Aggregate([new Aggregate(errors)]);
}

/** Something wrong with the arguments: the message with a hint at the command's help. */
export function usageError(command: string, message: string): KubectlError {
  return new KubectlError(`${message}\nSee '${command} -h' for help and examples`);
}

/** Says what was being done with which source when the error came (cmdutil.AddSourceToErr). */
export function addSource(verb: string, source: string, error: Error): Error {
  if (source === '') return error;
  if (error instanceof StatusError) return new StatusError({ ...error.status, message: `error when ${verb} "${source}": ${error.message}` });
  return new KubectlError(`error when ${verb} "${source}": ${error.message}`);
}

/** Text for standard error and the exit code. */
export function explainError(error: Error): { text: string; code: number } {
  if (error instanceof Aggregate && error.errors.length === 1) error = error.errors[0]!;
  if (error instanceof Exit) return { text: error.message, code: error.code };
  return { text: endLine(describeError(error)), code: 1 };
}

/** One error inside a list of them. */
function messageFor(error: Error): string {
  return standardMessage(error) ?? error.message;
}

export const isNotFound = (error: unknown): boolean => error instanceof StatusError && error.reason === 'NotFound';

/** As the last line on standard error says it. */
export function describeError(error: Error): string {
  if (error instanceof StatusError && error.reason === 'Invalid') return invalid(error.status);
  if (error instanceof ConfigurationError) return several('Error in configuration: ', error.problems);
  if (error instanceof NoResourceMatch) return error.message;
  if (error instanceof Aggregate) return flatten(error).map((e) => `${messageFor(e)}\n`).join('');
  const message = standardMessage(error);
  if (message !== undefined) return message;
  return error.message.startsWith('error: ') ? error.message : `error: ${error.message}`;
}

function invalid({ message, details }: Status): string {
  let text = 'The request is invalid';
  if (!details) return message ? `${text}: ${message}` : text;
  const causes = details.causes ?? [];
  if (details.kind || details.name) text = `The ${details.kind ?? ''} ${JSON.stringify(details.name ?? '')} is invalid`;
  else if (message && causes.length === 0) text += `: ${message}`;
  if (causes.length === 0) return text;
  return several(`${text}: `, [...new Set(causes.map((c) => `${c.field ?? ''}: ${c.message ?? ''}`))]);
}

function several(prefix: string, messages: string[]): string {
  if (messages.length === 1) return `${prefix}${messages[0]}\n`;
  return `${prefix}\n${messages.map((m) => `* ${m}\n`).join('')}`;
}

function standardMessage(error: Error): string | undefined {
  if (error instanceof StatusError) {
    if (error.reason === 'Unauthorized') return `error: You must be logged in to the server (${error.message})`;
    return error.reason ? `Error from server (${error.reason}): ${error.message}` : `Error from server: ${error.message}`;
  }
  if (error instanceof UrlError) {
    if (!error.why.includes('connection refused')) return `Unable to connect to the server: ${error.why}`;
    const host = /^\w+:\/\/([^/?]+)/.exec(error.url)?.[1] ?? error.url;
    return `The connection to the server ${host} was refused - did you specify the right host or port?`;
  }
  return undefined;
}

function flatten(error: Aggregate): Error[] {
  return error.errors.flatMap((e) => (e instanceof Aggregate ? flatten(e) : [e]));
}

function endLine(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
