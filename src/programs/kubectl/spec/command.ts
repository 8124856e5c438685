/** A command of kubectl v1.28: its usage line, short text and flags (flags.ts says how they are written). */
export interface CommandSpec {
  use: string;
  short: string;
  group?: string;
  aliases?: string;
  /** Flags that must be given, separated by spaces. */
  required?: string;
  flags?: string;
  commands?: Record<string, CommandSpec>;
}

/** Flags that many commands share: of those that print objects … */
export const PRINTS = 'allow-missing-template-keys:bool=true o/output:string show-managed-fields:bool template:string';
/** … that take them from files … */
export const FILES = 'f/filename:list k/kustomize:string R/recursive:bool';
/** … and that make new ones. */
export const CREATES = 'dry-run:string=none field-manager:string=kubectl-create save-config:bool validate:string=strict';
