import { checkNewName, isTableName, parseCommand, type Command, type ParseOptions } from './command.ts';
import { bad, NftError, OTHER_PROBLEM, PARAMETER_PROBLEM, XtablesError } from './errors.ts';
import type { Netfilter } from './netfilter.ts';
import { apply, type Change } from './operations.ts';
import type { Rule } from './rule.ts';
import type { Chain, Table, TableName } from './table.ts';
import { REFUSED_TEXT, validateTable } from './validate.ts';

export interface RestoreOptions {
  /** Keep the rules that the input does not name (-n). */
  noflush?: boolean;
  /** Restore packet and byte counters (-c). */
  counters?: boolean;
  /** Only check (-t). */
  test?: boolean;
  /** Only this table (-T). */
  table?: string | undefined;
  resolve?: ParseOptions['resolve'];
  /** 6 for ip6tables-restore. */
  family?: 4 | 6;
  /** Where they go, when not where packets of the family pass (the legacy back end). */
  tables?: Record<TableName, Table>;
  /** As `(nf_tables)` in messages. */
  backend?: string;
  /** Prints for a line that is -L or -S. */
  list?: (command: Command) => void;
  /** As it calls itself in messages. */
  program?: string;
}

/** Input that was refused: what iptables-restore prints on standard error, and its exit code. */
export class RestoreError extends Error {
  readonly status: number;
  /** Of the input, 1-based. */
  readonly line: number;
  constructor(text: string, status: number, line: number) {
    super(text);
    this.status = status;
    this.line = line;
  }
}

/**
 * iptables-restore: each table's part takes effect at its COMMIT, all of it or nothing (iptables/xtables-restore.c).
 * Throws RestoreError.
 */
export function restore(netfilter: Netfilter, text: string, options: RestoreOptions = {}): void {
  const program = options.program ?? (options.family === 6 ? 'ip6tables-restore' : 'iptables-restore');
  const version = `${program} v1.8.9 (${options.backend ?? 'nf_tables'})`;
  let part: Part | undefined, skipping = false, number = 0;
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (const line of lines) {
    number++;
    if (line === '' || line.startsWith('#')) continue;
    try {
      if (line.trimEnd() === 'COMMIT' && (part || skipping)) {
        if (part && options.test) part.cancel();
        else part?.commit(version);
        part = undefined;
        skipping = false;
      } else if (line.startsWith('*') && !part && !skipping) {
        const name = /^\*(\S*)/.exec(line)![1]!;
        if (!name) throw bad(`${program}: line ${number} table name invalid`);
        if (!isTableName(name)) throw new XtablesError(PARAMETER_PROBLEM, `${program}: line ${number} table name '${name}' invalid`);
        if (options.table !== undefined && options.table !== name) skipping = true;
        else part = new Part((options.tables ?? (options.family === 6 ? netfilter.tables6 : netfilter.tables))[name as TableName], options.noflush ?? false);
      } else if (skipping) continue;
      else if (line.startsWith(':') && part) chainLine(part, line, options, program, number);
      else if (part) ruleLine(part, netfilter, line, number, options, program);
      else throw new RestoreError(`${program}: line ${number} failed\n`, 1, number);
    } catch (error) {
      part?.cancel();
      throw describe(error, program, version, number);
    }
  }
  part?.cancel();
  if (part || skipping) throw new RestoreError(`${program}: COMMIT expected at line ${number + 1}\n`, 1, number + 1);
}

/** One table's part of the input, done to the table at once and taken back if it comes to nothing. */
class Part {
  readonly table: Table;
  /** A jump to a chain that is not there. */
  missing: XtablesError | undefined;
  readonly #undo: () => void;
  /** Rules that the kernel has still to accept, with where they came from. */
  readonly #added = new Map<Rule, { line: number; chain: Chain; operation: string }>();

  constructor(table: Table, noflush: boolean) {
    this.table = table;
    this.#undo = this.table.snapshot();
    if (!noflush) this.#empty();
  }

  added({ added }: Change, line: number): void {
    for (const { rule, chain, operation } of added) this.#added.set(rule, { line, chain, operation });
  }

  /** Throws RestoreError when the kernel refuses; then nothing has changed. */
  commit(version: string): void {
    if (this.missing) throw this.missing;
    this.table.present = true;
    const refused = validateTable(this.table, new Set(this.#added.keys()));
    if (!refused) return;
    const { line, chain, operation } = this.#added.get(refused.rule)!;
    this.cancel();
    throw new RestoreError(`${version}: \nline ${line}: ${operation} failed (${REFUSED_TEXT[refused.why]}): rule in chain ${chain.name}\n`, 4, line);
  }

  cancel(): void {
    this.#undo();
  }

  #empty(): void {
    const { table } = this;
    for (const chain of table.list()) table.flush(chain);
    for (const chain of [...table.list()]) {
      if (!chain.hook) table.deleteChain(chain);
      else Object.assign(chain, { policy: 'ACCEPT', packets: 0, bytes: 0, counted: false, inKernel: false });
    }
  }
}

function chainLine({ table }: Part, line: string, { noflush, counters }: RestoreOptions, program: string, number: number): void {
  const [name = '', policy, counts] = line.slice(1).trimStart().split(/[ \t]+/);
  if (name === '') throw bad(`${program}: line ${number} chain name invalid`);
  if (name.length >= 29) throw bad(`Invalid chain name \`${name}' (28 chars max)`);
  checkNewName(name);
  if (policy === undefined || policy === '') throw bad(`${program}: line ${number} policy invalid`);
  const chain = table.chains.get(name);
  if (!chain) table.newChain(name);
  else if (!chain.hook) {
    if (noflush) table.flush(chain);
  } else {
    if (policy !== 'ACCEPT' && policy !== 'DROP') throw new RestoreError(`${program}: line ${number} failed: Bad policy name.\n`, 1, number);
    chain.policy = policy;
    chain.inKernel = true;
    const [, packets, bytes] = /^\[(\d+):(\d+)\]/.exec(counts ?? '') ?? [];
    const given = counters && packets !== undefined;
    Object.assign(chain, { packets: given ? Number(packets) : 0, bytes: given ? Number(bytes) : 0, counted: true });
  }
}

function ruleLine(part: Part, netfilter: Netfilter, line: string, number: number, options: RestoreOptions, program: string): void {
  const counters = line.startsWith('[') ? /^\[(\d+):(\d+)\]\s*/.exec(line) : null;
  const argv = words(counters ? line.slice(counters[0].length) : line);
  const command = parseCommand(argv, { netfilter, resolve: options.resolve, restoring: program, family: options.family ?? 4, table: part.table.name });
  if (command.letter === 'L' || command.letter === 'S') {
    options.list?.(command);
    return;
  }
  for (const spec of command.rules) {
    if (counters && options.counters) {
      spec.packets = Number(counters[1]);
      spec.bytes = Number(counters[2]);
    }
    if (spec.jump !== undefined && 'ACDIR'.includes(command.letter) && !part.table.chains.has(spec.jump)) {
      // Noticed when the rules are sent, so that the line it names is that of COMMIT.
      part.missing ??= bad(`Chain '${spec.jump}' does not exist`);
      return;
    }
  }
  part.added(apply(part.table, command), number);
}

/** Splits a line as add_param_to_argv does: double quotes group, a backslash keeps the next character of a quoted word. */
export function words(line: string): string[] {
  if (!line.includes('"') && !line.includes("'")) return line.split(/[ \t]+/).filter((w) => w !== '');
  const out: string[] = [];
  let word: string | undefined, quote = '';
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!;
    if (quote) {
      if (c === quote) quote = '';
      else if (c === '\\' && i + 1 < line.length) word += line[++i]!;
      else word += c;
    } else if (c === '"' || c === "'") {
      quote = c;
      word ??= '';
    } else if (c === ' ' || c === '\t') {
      if (word !== undefined) out.push(word);
      word = undefined;
    } else word = (word ?? '') + c;
  }
  if (quote) throw bad('Unterminated quotes');
  if (word !== undefined) out.push(word);
  return out;
}

function describe(error: unknown, program: string, version: string, line: number): unknown {
  const hint = `Error occurred at line: ${line}\nTry \`${program} -h' or '${program} --help' for more information.\n`;
  if (error instanceof XtablesError) {
    const text = error.bare ? error.message : `${version}: ${error.message}\n`;
    return new RestoreError(error.status === PARAMETER_PROBLEM ? text + hint : text, error.status, line);
  }
  if (error instanceof NftError) {
    if (error.operation) return new RestoreError(`${version}: \nline ${line}: ${error.operation}\n`, 4, line);
    return new RestoreError(`${program}: line ${line} failed: ${nftText(error)}\n`, OTHER_PROBLEM, line);
  }
  return error;
}

/** nft_strerror */
export function nftText(error: NftError): string {
  const texts: Record<string, string> = {
    'no chain': 'No chain/target/match by that name.', 'chain exists': 'Chain already exists.', 'bad rule': 'Bad rule (does a matching rule exist in that chain?).',
    'delete index': 'Index of deletion too big.', 'insert index': 'Index of insertion too big.', 'replace index': 'Index of replacement too big.',
    'bad policy': 'Bad policy name. Run `dmesg\' for more information.', 'not builtin': 'Bad built-in chain name.', 'not empty': 'Directory not empty.', exists: 'File exists.',
    table: 'Table does not exist (do you need to insmod?)', incompatible: 'Incompatible with this kernel.', loop: 'Too many levels of symbolic links.',
  };
  return texts[error.why] ?? error.why;
}
