/** Small things every part of the workspace needs. */

/** A row of tabs (data-view) over panels (#vista-<view>), with the arrow keys. */
export function tablist(list: HTMLElement, selected: (name: string) => void): { select(name: string): void } {
  const tabs = [...list.querySelectorAll<HTMLElement>('[role="tab"]')];
  const select = (name: string) => {
    for (const tab of tabs) {
      const on = tab.dataset['view'] === name;
      tab.setAttribute('aria-selected', String(on));
      tab.tabIndex = on ? 0 : -1;
      document.getElementById(tab.getAttribute('aria-controls') ?? '')!.hidden = !on;
      if (!on) continue;
      delete tab.dataset['news'];
      // In sight where the row scrolls (a phone).
      list.scrollLeft += tab.getBoundingClientRect().left - list.getBoundingClientRect().left - (list.clientWidth - tab.offsetWidth) / 2;
    }
    selected(name);
  };
  for (const tab of tabs) tab.addEventListener('click', () => select(tab.dataset['view'] ?? ''));
  list.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const at = tabs.findIndex((tab) => tab === document.activeElement);
    if (step === undefined || at < 0) return;
    const next = tabs[(at + step + tabs.length) % tabs.length]!;
    next.focus();
    select(next.dataset['view'] ?? '');
    event.preventDefault();
  });
  return { select };
}

/** Says something to screen readers, politely. */
export function announce(text: string): void {
  const live = document.querySelector('#anuncios');
  if (live) live.textContent = text;
}

export function machineLabel(machine: string): string {
  return machine === 'mac' ? 'Mac' : machine;
}
