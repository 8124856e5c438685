/** Several lines are shown in a dialog before they are pasted. */

/** Lines of a paste that the dialog shows. */
const SHOWN = 200;

/** Whether the student wants to paste it; one line needs no question. */
export function askToPaste(dialog: HTMLDialogElement, text: string): Promise<boolean> {
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n|\r/);
  if (lines.length < 2) return Promise.resolve(true);
  dialog.querySelector('b')!.textContent = String(lines.length);
  dialog.querySelector('pre')!.textContent = lines.slice(0, SHOWN).join('\n') + (lines.length > SHOWN ? '\n…' : '');
  dialog.showModal();
  dialog.querySelector<HTMLElement>('[value="si"]')!.focus();
  return new Promise((resolve) => {
    const asked = new AbortController();
    // Not by the dialog's `close` event: it comes later, perhaps when the next question is already open.
    const answer = (event: Event, yes: boolean) => {
      event.preventDefault();
      asked.abort();
      dialog.close();
      resolve(yes);
    };
    dialog.addEventListener('cancel', (event) => answer(event, false), { signal: asked.signal });
    dialog.addEventListener('submit', (event) => answer(event, (event.submitter as HTMLButtonElement | null)?.value === 'si'), {
      signal: asked.signal,
    });
  });
}
