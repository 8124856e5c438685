/** On a phone: a native line to type into, and a row of the keys that its keyboard lacks. */

const KEYS: Record<string, string> = { esc: '\x1b', tab: '\t', up: '\x1b[A', down: '\x1b[B', 'ctrl-c': '\x03' };

/** `send` is given what the terminal is to receive. */
export function wireInputRow(line: HTMLFormElement, row: HTMLElement, send: (data: string) => void): void {
  const input = line.querySelector('input')!;
  line.addEventListener('submit', (event) => {
    event.preventDefault();
    send(`${input.value}\r`);
    input.value = '';
  });
  row.addEventListener('click', (event) => {
    const data = (event.target as Element).closest<HTMLElement>('[data-key]')?.dataset['key'];
    if (data === undefined) return;
    if (data === '|' || data === '-' || data === '/') input.setRangeText(data, input.selectionStart ?? 0, input.selectionEnd ?? 0, 'end');
    else {
      send((data === 'tab' ? input.value : '') + KEYS[data]);
      if (data !== 'up' && data !== 'down') input.value = '';
    }
    input.focus();
  });
}
