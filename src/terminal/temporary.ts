/** TEMPORARY, until src/scenarios and src/shell exist: a machine that echoes. Removed as soon as they compile. */
import { Clock } from '../sim/clock.ts';

export interface TemporarySession {
  input(data: string): void;
  resize(cols: number, rows: number): void;
  onOutput(fn: (text: string) => void): void;
  close(): void;
}
export interface TemporaryWorld {
  clock: Clock;
  machines: Map<string, unknown>;
  advance(to: number, pause?: () => boolean): Promise<boolean>;
  openSession(machine: string, size: { cols: number; rows: number }): TemporarySession;
}

export function bootTemporary(_scenario: string): TemporaryWorld {
  const clock = new Clock(1_700_000_000_000_000);
  return {
    clock,
    machines: new Map([['mac', 0], ['control-plane', 0], ['worker-1', 0], ['worker-2', 0]]),
    async advance(to, pause) {
      while (clock.step(to)) if (pause?.()) return false;
      clock.advanceTo(to);
      return true;
    },
    openSession(machine) {
      let print = (_: string) => {};
      let line = '';
      let looping = false;
      const prompt = () => print(`\x1b[?2004h\x1b[32mestudiante@${machine}\x1b[0m:~$ `);
      clock.after(1000, prompt);
      const loop = () => { if (looping) { print('y\r\n'); clock.after(100, loop); } };
      return {
        input(data) {
          for (const key of data.replace(/\x1b\[20[01]~/g, '')) {
            if (key === '\x03') { looping = false; print('^C\r\n'); line = ''; prompt(); }
            else if (key === '\r') { print('\r\n'); if (line === 'yes') { looping = true; loop(); } else { print(line === '' ? '' : `bash: ${line.slice(0, 80)}: command not found\r\n`); prompt(); } line = ''; }
            else if (key === '\x7f') { line = line.slice(0, -1); print('\b \b'); }
            else { line += key; print(key); }
          }
        },
        resize() {},
        onOutput(fn) { print = fn; },
        close() {},
      };
    },
  };
}
