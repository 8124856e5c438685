/**
 * The workspace as a piece of the page: opens, closes, is resized and remembered. It weighs little; the terminal itself and
 * the simulator are fetched when it is opened.
 */
import { loadSetting, saveSetting, updateProgress } from './storage.ts';
import { tell } from './notices.ts';
import type { Desk } from './desk.ts';

const root = document.documentElement;
const panel = document.querySelector<HTMLElement>('#espacio');
if (panel) start(panel);
copyButtons();
focusableTables();

function start(panel: HTMLElement): void {
  let desk: Promise<Desk> | undefined;
  const load = () =>
    (desk ??= import('./desk.ts')
      .then(({ Desk }) => Desk.open(panel))
      .then((opened) => (document.dispatchEvent(new CustomEvent('desk-ready', { detail: opened })), opened)));
  const wide = matchMedia('(min-width: 64em)');
  const quiet = root.dataset['workspaceQuiet'] !== undefined;

  const show = (open: boolean, { remember = true, focus = false } = {}) => {
    root.dataset['workspace'] = open ? 'open' : 'closed';
    if (remember && wide.matches && !quiet) saveSetting('espacio', open ? 'abierto' : 'cerrado');
    for (const button of document.querySelectorAll('[data-workspace-toggle]')) button.setAttribute('aria-expanded', String(open));
    panel.inert = !open;
    if (!open) {
      if (focus) document.querySelector<HTMLElement>('.abrir-espacio')?.focus();
      return;
    }
    void load().then((d) => focus && d.focus());
  };

  for (const button of document.querySelectorAll<HTMLElement>('[data-workspace-toggle]')) {
    button.addEventListener('click', () => show(root.dataset['workspace'] !== 'open', { focus: true }));
  }

  document.addEventListener('click', (event) => {
    const button = (event.target as Element).closest<HTMLElement>('[data-run], [data-show]');
    if (!button || button.matches('form')) return;
    const { host = 'mac', run, show: view, part } = button.dataset;
    show(true);
    void load().then((d) => (run === undefined ? d.look(view ?? 'terminal', part) : d.run(host, run, view, part)));
  });
  document.addEventListener('submit', (event) => {
    const form = (event.target as Element).closest<HTMLFormElement>('[data-run-form]');
    if (!form) return;
    event.preventDefault();
    const command = form.querySelector('input')!.value.trim();
    show(true);
    void load().then((d) => d.run('mac', command, form.dataset['show']));
  });
  // Other parts of the page (questions on the live world, packet pictures) ask for the desk this way.
  document.addEventListener('desk', (event) => {
    const { use, open } = (event as CustomEvent<{ use(desk: Desk): void; open: boolean }>).detail;
    if (open) show(true);
    void load().then(use);
  });

  const nav = document.querySelector<HTMLElement>('[data-nav-toggle]');
  const showNav = (open: boolean) => {
    root.dataset['nav'] = open ? 'open' : 'closed';
    nav?.setAttribute('aria-expanded', String(open));
  };
  showNav(root.dataset['nav'] === 'open');
  nav?.addEventListener('click', () => {
    showNav(root.dataset['nav'] !== 'open');
    saveSetting('indice', root.dataset['nav'] ?? 'open');
  });

  resizable(panel);
  if (wide.matches) {
    const open = loadSetting('espacio') !== 'cerrado' && !quiet;
    root.dataset['workspace'] = open ? 'open' : 'closed';
    panel.inert = !open;
    // What the student reads comes first: the terminal is fetched when the page has settled.
    if (open) whenIdle(() => void load());
  } else {
    panel.inert = true;
  }
  root.dataset['terminal'] = 'ready';
  if (!panel.dataset['lab'] && !quiet) markSeenAtTheEnd();
}

/** A lesson counts as seen once its end has been on the screen. */
function markSeenAtTheEnd(): void {
  updateProgress(tell, () => {}); // what is corrupt is told now
  const end = document.querySelector('.pagination-links, main footer') ?? document.querySelector('main')?.lastElementChild;
  if (!end) return;
  const observer = new IntersectionObserver(([entry]) => {
    if (!entry?.isIntersecting) return;
    observer.disconnect();
    updateProgress(tell, (progress) => (progress.lessons[location.pathname] = Date.now()));
  });
  observer.observe(end);
}

function resizable(panel: HTMLElement): void {
  const handle = panel.querySelector<HTMLElement>('[role="separator"]')!;
  const set = (width: number, remember = true) => {
    const limited = Math.round(Math.min(Math.max(width, 360), innerWidth * 0.65));
    root.style.setProperty('--workspace-width', `${limited}px`);
    handle.setAttribute('aria-valuenow', String(limited));
    if (remember) saveSetting('ancho', String(limited));
  };
  handle.setAttribute('aria-valuenow', String(Math.round(panel.getBoundingClientRect().width)));
  handle.addEventListener('pointerdown', (down) => {
    handle.setPointerCapture(down.pointerId);
    const move = (event: PointerEvent) => set(innerWidth - event.clientX);
    handle.addEventListener('pointermove', move);
    handle.addEventListener('lostpointercapture', () => handle.removeEventListener('pointermove', move), { once: true });
    down.preventDefault();
  });
  handle.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: 24, ArrowRight: -24 }[event.key];
    if (step === undefined) return;
    set(panel.getBoundingClientRect().width + step);
    event.preventDefault();
  });
}

function copyButtons(): void {
  document.addEventListener('click', async (event) => {
    const button = (event.target as Element).closest<HTMLElement>('[data-copy]');
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset['copy'] ?? '');
    button.dataset['done'] = '';
    setTimeout(() => delete button.dataset['done'], 1200);
  });
}

/** A table wider than the page scrolls, with the keyboard too. */
function focusableTables(): void {
  const observer = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.setAttribute('tabindex', '0');
      else target.removeAttribute('tabindex');
    }
  });
  for (const table of document.querySelectorAll('.sl-markdown-content table')) observer.observe(table);
}

function whenIdle(run: () => void): void {
  const later = () => ('requestIdleCallback' in window ? requestIdleCallback(run, { timeout: 2000 }) : setTimeout(run, 300));
  if (document.readyState === 'complete') later();
  else addEventListener('load', later, { once: true });
}
