/** Exit codes of xtables (include/xtables.h). */
export const OTHER_PROBLEM = 1, PARAMETER_PROBLEM = 2, VERSION_PROBLEM = 3, RESOURCE_PROBLEM = 4;

/**
 * What xtables_error prints and exits with: `NAME vVERSION (nf_tables): TEXT`, with the hint to try --help after a
 * parameter problem. `bare` is printed as it is (what the real tool writes with fprintf).
 */
export class XtablesError extends Error {
  readonly status: number;
  readonly bare: boolean;
  constructor(status: number, text: string, bare = false) {
    super(text);
    this.status = status;
    this.bare = bare;
  }
}

/** A parameter problem. */
export function bad(text: string): XtablesError {
  return new XtablesError(PARAMETER_PROBLEM, text);
}

/** Why the kernel or nft.c refused a command; the texts are those of nft_strerror. */
export type Refusal = 'no chain' | 'chain exists' | 'bad rule' | 'delete index' | 'insert index' | 'replace index' | 'bad policy' | 'not builtin' | 'incompatible' | 'busy' | 'invalid' | 'loop' | 'table' | 'not empty' | 'exists';

export class NftError extends Error {
  readonly why: Refusal;
  /** What the kernel was asked: `RULE_APPEND`, with the object it names. */
  readonly operation: string;
  constructor(why: Refusal, operation = '') {
    super(why);
    this.why = why;
    this.operation = operation;
  }
}
