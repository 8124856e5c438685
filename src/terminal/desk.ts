/** What the workspace does once it is open: terminals, the packet's picture, tasks; talks to the simulator's worker. */
import * as Comlink from 'comlink';
import type { Backend, Check, CheckResult, JournalEntry, PacketWalk, Simulator, TaskState } from './protocol.ts';
import { wireInputRow } from './input-row.ts';
import { filesOfPage, labOfPage } from './page-data.ts';
import { askToPaste } from './paste.ts';
import { Screen } from './screen.ts';
import { loadSession, loadSetting, replaceSession, saveSetting, SessionSaver, setAsideSession, type Warn } from './storage.ts';
import type { InsidePart } from './inside.tsx';
import { SideViews } from './side.ts';
import { showStrip } from './strip.ts';
import { before, Timeline, type Mark } from './timeline.ts';
import { announce, machineLabel, tablist } from './ui.ts';

interface Open {
  id: number;
  machine: string;
  screen: Screen;
  tab: HTMLElement;
}

export class Desk {
  readonly #panel: HTMLElement;
  readonly #simulator: Comlink.Remote<Simulator>;
  readonly #worker: Worker;
  readonly #page: string;
  readonly #terminals = new Map<number, Open>();
  readonly #early = new Map<number, string>();
  #machines: string[] = [];
  #current: Open | undefined;
  #saver: SessionSaver;
  #listeners: { tasks: (tasks: TaskState[]) => void }[] = [];
  #tasks: TaskState[] = [];
  readonly #side: SideViews;

  /** Starts the worker, replays what was saved, opens the first terminal. */
  static async open(panel: HTMLElement): Promise<Desk> {
    const desk = new Desk(panel);
    await desk.#start();
    return desk;
  }

  private constructor(panel: HTMLElement) {
    this.#panel = panel;
    this.#page = panel.dataset['lab'] ? `lab/${panel.dataset['lab']}` : location.pathname;
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'simulador' });
    this.#worker.addEventListener('error', (event) => this.#warn(`El simulador no ha podido arrancar: ${event.message}`));
    this.#simulator = Comlink.wrap<Simulator>(this.#worker);
    this.#saver = new SessionSaver(this.#page, undefined, this.#warn);
    this.#side = new SideViews({
      simulator: this.#simulator,
      element: (view) => this.#find(`#vista-${view}`),
      machines: () => this.#machines,
      tasks: () => this.#tasks,
      type: (machine, command) => void this.#typeInto(machine, command),
      leave: () => touch() && this.#find('.cerrar').click(),
    });
  }

  focus(): void {
    if (touch()) this.#find<HTMLInputElement>('.linea input').focus();
    else this.#current?.screen.focus();
  }

  /** Types a command into a terminal of that machine and presses Enter. */
  async run(machine: string, command: string, view = 'terminal', part?: string): Promise<void> {
    const open = await this.#show(machine);
    for (const line of command.split('\n')) await this.#simulator.input(open.id, `${line}\r`);
    if (view !== 'terminal') this.look(view, part);
  }

  /** Shows a view; `part` says which of «Por dentro». */
  look(view: string, part?: string): void {
    if (part) this.#side.show(part as InsidePart);
    this.#tabs.select(view);
  }

  /** Types a command, without Enter. */
  async #typeInto(machine: string, command: string): Promise<void> {
    const open = await this.#show(machine);
    await this.#simulator.input(open.id, command);
  }

  /** Brings a terminal of that machine to the front. */
  async #show(machine: string): Promise<Open> {
    this.#tabs.select('terminal');
    const open =
      this.#current?.machine === machine
        ? this.#current
        : ([...this.#terminals.values()].find((t) => t.machine === machine) ?? (await this.#openTerminal(machine)));
    this.#select(open);
    if (!touch()) open.screen.focus();
    return open;
  }

  /** What a command prints on that machine, run aside from every terminal. */
  ask(machine: string, command: string): Promise<string> {
    return this.#simulator.ask(machine, command);
  }

  hint(task: string): void {
    void this.#simulator.hint(task);
  }

  answer(task: string, answer: string): void {
    void this.#simulator.answer(task, answer);
  }

  check(checks: Check[]): Promise<CheckResult> {
    return this.#simulator.check(checks);
  }

  /** The student's code answers in the place of a server's own from now on; undefined: no longer. */
  async serve(backend: Backend | undefined): Promise<void> {
    await this.#simulator.serve(backend && Comlink.proxy(backend));
  }

  /** Tells of the tasks now and whenever they change. */
  onTasks(run: (tasks: TaskState[]) => void): void {
    this.#listeners.push({ tasks: run });
    run(this.#tasks);
  }

  async exportSession(): Promise<void> {
    const blob = new Blob([await this.#simulator.exportSession()], { type: 'application/json' });
    const link = document.createElement('a');
    link.href = URL.createObjectURL(blob);
    link.download = `${this.#page.replace(/^\/|\/$/g, '').replaceAll('/', '-')}.sesion.json`;
    link.click();
    URL.revokeObjectURL(link.href);
  }

  /** Forgets the session and starts the page's world anew. */
  restart(): void {
    this.#saver.forget();
    location.reload();
  }

  /** Goes back to before a command: the page begins again and repeats the session up to there. */
  #goBack(mark: Mark): void {
    if (!confirm(`¿Volver a antes de «${mark.command}»? Se olvida esa orden y todo lo que vino después.`)) return;
    const cut = before(mark, this.#saver.session);
    this.#saver.forget();
    replaceSession(this.#page, cut);
    location.reload();
  }

  #drawTimeline(): void {
    if (!this.#timeline.read(this.#saver.session.entries)) return;
    void import('./timeline-bar.tsx').then(({ showTimeline }) =>
      showTimeline(this.#find('.tiempo'), [...this.#timeline.marks], (mark) => this.#goBack(mark)),
    );
  }

  readonly #timeline = new Timeline();

  readonly #warn: Warn = (message) => {
    const box = this.#find('.avisos');
    const note = document.createElement('p');
    note.textContent = message;
    box.append(note);
    box.hidden = false;
  };

  #tabs!: ReturnType<typeof tablist>;

  async #start(): Promise<void> {
    this.#tabs = tablist(this.#find('.vistas'), (name) => {
      if (name === 'terminal' && this.#current) this.#select(this.#current);
      this.#side.see(name);
    });
    this.#status('Arrancando el cluster…');
    this.#find('[data-act="reiniciar"]').addEventListener('click', () => {
      if (confirm('¿Empezar de nuevo? Se olvida todo lo hecho en esta página y el cluster vuelve a su principio.')) this.restart();
    });
    const saved = loadSession(this.#page, this.#warn);
    if (saved && saved.entries.length > 0) this.#status('Repitiendo tu sesión para dejarla como estaba…');
    let info;
    try {
      info = await this.#boot(saved);
    } catch (error) {
      if (!saved) {
        this.#status(`El simulador no ha podido arrancar: ${String(error)}`);
        throw error;
      }
      setAsideSession(this.#page, this.#warn, error instanceof Error ? error.message : String(error));
      info = await this.#boot(undefined);
    }
    this.#machines = info.machines;
    this.#wire();
    for (const { id, machine } of info.terminals) this.#addTerminal(id, machine);
    const first = this.#terminals.values().next().value ?? (await this.#openTerminal(info.machines[0] ?? 'mac'));
    this.#tellTasks(info.tasks);
    this.#drawTimeline();
    this.#select(first);
    this.#status('');
    this.#panel.dataset['ready'] = '';
  }

  async #boot(saved: ReturnType<typeof loadSession>) {
    this.#saver = new SessionSaver(this.#page, saved, this.#warn);
    return this.#simulator.start(
      { scenario: this.#panel.dataset['scenario'] ?? '', files: filesOfPage(), lab: labOfPage(), saved },
      Comlink.proxy({
        output: (id: number, text: string) => this.#output(id, text),
        closed: (id: number) => this.#closed(id),
        journal: (entries: JournalEntry[], until: number) => {
          this.#saver.add(entries, until);
          if (entries.length > 0) this.#drawTimeline();
        },
        progress: (done: number) => this.#status(`Repitiendo tu sesión para dejarla como estaba… ${Math.round(done * 100)} %`),
        dozing: (asleep: boolean) =>
          this.#status(asleep ? 'El cluster duerme: hace rato que no le pides nada. Pulsa una tecla en el terminal y sigue.' : ''),
        tasks: (tasks: TaskState[]) => this.#tellTasks(tasks),
        packet: (walk: PacketWalk) => void this.showWalk(walk),
        defect: (message: string) => {
          console.error(message);
          this.#warn(`Fallo del simulador (no tuyo): ${message.split('\n')[0]}`);
        },
      }),
    );
  }

  #output(id: number, text: string): Promise<void> {
    const open = this.#terminals.get(id);
    if (open) return open.screen.write(text);
    this.#early.set(id, (this.#early.get(id) ?? '') + text);
    return Promise.resolve();
  }

  #closed(id: number): void {
    const open = this.#terminals.get(id);
    if (!open) return;
    this.#terminals.delete(id);
    open.screen.dispose();
    open.screen.element.remove();
    open.tab.remove();
    const next = [...this.#terminals.values()].at(-1);
    if (this.#current === open) this.#current = undefined;
    if (next) this.#select(next);
    else void this.#openTerminal(this.#machines[0] ?? 'mac').then((t) => this.#select(t));
  }

  async #openTerminal(machine: string): Promise<Open> {
    this.#find('.pantallas').dataset['measuring'] = '';
    const id = await this.#simulator.open(machine, ...this.#measure());
    return this.#addTerminal(id, machine);
  }

  /** The size a new terminal will have: that of the one on the screen, or the usual. */
  #measure(): [number, number] {
    const size = this.#current?.screen.size();
    return size ? [size.cols, size.rows] : [80, 24];
  }

  #addTerminal(id: number, machine: string): Open {
    const element = document.createElement('div');
    element.className = 'pantalla';
    element.id = `pantalla-${id}`;
    element.setAttribute('role', 'tabpanel');
    element.hidden = true;
    this.#find('.pantallas').append(element);
    const tab = document.createElement('button');
    tab.type = 'button';
    tab.setAttribute('role', 'tab');
    tab.setAttribute('aria-controls', element.id);
    const same = [...this.#terminals.values()].filter((t) => t.machine === machine).length;
    tab.textContent = machineLabel(machine) + (same > 0 ? ` ${same + 1}` : '');
    this.#find('.maquinas [role="tablist"]').append(tab);
    const screen = new Screen(element, {
      label: `Terminal de ${machine}`,
      onData: (data) => void this.#simulator.input(id, data),
      onResize: (cols, rows) => void this.#simulator.resize(id, cols, rows),
      screenReader: loadSetting('lector') === 'si',
      onText: (lines) => this.#transcribe(lines),
      allowPaste: (text) => askToPaste(this.#find<HTMLDialogElement>('.pegado'), text),
    });
    const open = { id, machine, screen, tab };
    tab.addEventListener('click', () => {
      this.#select(open);
      if (!touch()) screen.focus();
    });
    this.#terminals.set(id, open);
    const early = this.#early.get(id);
    if (early) void screen.write(early);
    this.#early.delete(id);
    return open;
  }

  #select(open: Open): void {
    this.#current = open;
    for (const other of this.#terminals.values()) {
      const selected = other === open;
      other.tab.setAttribute('aria-selected', String(selected));
      other.tab.tabIndex = selected ? 0 : -1;
      other.screen.element.hidden = !selected;
    }
    open.screen.size();
  }

  #wire(): void {
    const add = this.#find<HTMLSelectElement>('.maquinas select');
    for (const machine of this.#machines) add.append(new Option(machineLabel(machine), machine));
    add.addEventListener('change', () => {
      const machine = add.value;
      add.value = '';
      if (machine) void this.#openTerminal(machine).then((t) => (this.#select(t), this.focus()));
    });
    this.#find('.maquinas [role="tablist"]').addEventListener('keydown', (event) => this.#arrow(event));

    const reader = this.#find<HTMLInputElement>('.lector input');
    reader.checked = loadSetting('lector') === 'si';
    reader.addEventListener('change', () => {
      saveSetting('lector', reader.checked ? 'si' : 'no');
      for (const { screen } of this.#terminals.values()) screen.screenReader = reader.checked;
    });
    this.#find('[data-act="copiar"]').addEventListener('click', async () => {
      await navigator.clipboard.writeText(this.#current?.screen.text() ?? '');
      announce('Salida copiada');
    });
    this.#find('[data-act="exportar"]').addEventListener('click', () => void this.exportSession());

    wireInputRow(this.#find<HTMLFormElement>('.linea'), this.#find('.teclas'), (data) => {
      if (this.#current) void this.#simulator.input(this.#current.id, data);
    });

    document.addEventListener('visibilitychange', () => void this.#simulator.pause(document.hidden));
    new MutationObserver(() => {
      for (const { screen } of this.#terminals.values()) screen.retheme();
    }).observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  }

  #arrow(event: KeyboardEvent): void {
    const all = [...this.#terminals.values()];
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined || !this.#current) return;
    const next = all[(all.indexOf(this.#current) + step + all.length) % all.length]!;
    this.#select(next);
    next.tab.focus();
    event.preventDefault();
  }

  #tellTasks(tasks: TaskState[]): void {
    const finished = tasks.filter((t) => t.done && this.#tasks.some((old) => old.id === t.id && !old.done));
    this.#tasks = tasks;
    showStrip(this.#find('.tira'), tasks);
    for (const { title } of finished) announce(`Tarea hecha: ${title}`);
    for (const { tasks: run } of this.#listeners) run(tasks);
  }

  /** What terminals have printed, as plain text, for those who hear it. */
  #transcribe(lines: string[]): void {
    const log = this.#find('.transcripcion');
    for (const line of lines) {
      const entry = document.createElement('p');
      entry.textContent = line;
      log.append(entry);
    }
    while (log.childElementCount > TRANSCRIBED) log.firstElementChild!.remove();
  }

  /** Draws a packet's way in its view. */
  async showWalk(walk: PacketWalk): Promise<void> {
    const { showPacket } = await import('./packet.tsx');
    showPacket(this.#find('#vista-paquete'), walk);
    const tab = this.#find('[data-view="paquete"]');
    if (tab.getAttribute('aria-selected') !== 'true') tab.dataset['news'] = '';
  }

  #status(text: string): void {
    const status = this.#find('.estado');
    status.textContent = text;
    status.hidden = text === '';
  }

  #find<E extends HTMLElement = HTMLElement>(selector: string): E {
    const found = this.#panel.querySelector<E>(selector);
    if (!found) throw new Error(`the workspace has no ${selector}`);
    return found;
  }
}

/** Lines kept of what terminals have printed. */
const TRANSCRIBED = 300;

function touch(): boolean {
  return matchMedia('(max-width: 50em), (pointer: coarse)').matches;
}
