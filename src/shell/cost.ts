/** Virtual time of fork and exec, and of a command that needs neither; microseconds. */
export const FORK_EXEC = 1000;
export const BUILTIN = 100;
