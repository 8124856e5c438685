/** An error that ends the command being executed; printed with the shell's prefix ("bash: line 1: …"). */
export class ShellError extends Error {
  readonly code: number;
  /** Ends a shell that is not interactive (${x:?}, set -u, a special builtin in POSIX mode). */
  readonly fatal: boolean;
  constructor(message: string, { code = 1, fatal = false }: { code?: number; fatal?: boolean } = {}) {
    super(message);
    this.code = code;
    this.fatal = fatal;
  }
}

/** `exit`: ends the shell. */
export class Exit extends Error {
  readonly code: number;
  constructor(code: number) {
    super('exit');
    this.code = code;
  }
}

export class Return extends Error {
  readonly code: number;
  constructor(code: number) {
    super('return');
    this.code = code;
  }
}

/** `break` and `continue`: `left` is how many loops are still to be left. */
export class LoopControl extends Error {
  readonly kind: 'break' | 'continue';
  left: number;
  constructor(kind: 'break' | 'continue', left: number) {
    super(kind);
    this.kind = kind;
    this.left = left;
  }
}

/** Ctrl-C at an interactive shell: back to the prompt. */
export class Interrupted extends Error {}
