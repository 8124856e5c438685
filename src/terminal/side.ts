/** The views beside the terminal: asked for when they are seen, once a second as long as they are. */
import type { FilesActions } from './files.tsx';
import type { InsidePart } from './inside.tsx';
import * as Comlink from 'comlink';
import type { FilesView, Question, Simulator, TaskState, WhyView } from './protocol.ts';

/** How often a view that is seen is drawn anew, milliseconds. */
const AGAIN = 1000;

export interface SideOptions {
  simulator: Pick<Simulator, 'topology' | 'events' | 'files' | 'inside' | 'why'>;
  /** The element of a view. */
  element(view: string): HTMLElement;
  machines(): readonly string[];
  tasks(): TaskState[];
  /** Types a command into a terminal of that machine, to be read before Enter. */
  type(machine: string, command: string): void;
  /** The student goes from a task to its text. */
  leave(): void;
}

export class SideViews {
  readonly #options: SideOptions;
  #seen = '';
  #timer: ReturnType<typeof setTimeout> | undefined;
  #part: InsidePart = 'escrituras';
  #file: { machine: string; path: string | undefined } | undefined;

  constructor(options: SideOptions) {
    this.#options = options;
  }

  /** That view (or none of these) is on the screen now. */
  see(view: string): void {
    this.#seen = view;
    this.refresh();
  }

  /** That part of «Por dentro». */
  show(part: InsidePart): void {
    this.#part = part;
    this.refresh();
  }

  /** Draws what is seen with what holds now. */
  refresh(): void {
    clearTimeout(this.#timer);
    const view = this.#seen;
    void this.#draw(view).then((drawn) => {
      if (drawn && this.#seen === view) this.#timer = setTimeout(() => this.refresh(), AGAIN);
    });
  }

  /** False for a view that needs no drawing again. */
  async #draw(view: string): Promise<boolean> {
    const { simulator, element, tasks, leave } = this.#options;
    if (document.hidden) return true;
    switch (view) {
      case 'topologia': {
        const [topology, { showTopology }] = await Promise.all([simulator.topology(), import('./topology.tsx')]);
        showTopology(element(view), topology);
        return true;
      }
      case 'eventos': {
        const [events, { showEvents }] = await Promise.all([simulator.events(), import('./events.tsx')]);
        showEvents(element(view), events);
        return true;
      }
      case 'por-dentro': {
        const [inside, { showInside }] = await Promise.all([simulator.inside(), import('./inside.tsx')]);
        showInside(element(view), inside, this.#part, (part) => this.show(part));
        return true;
      }
      case 'tareas': {
        const { showTasks } = await import('./tasks.tsx');
        showTasks(element(view), tasks(), leave);
        return true;
      }
      case 'porque': {
        const [topology, { showWhy }] = await Promise.all([simulator.topology(), import('./why.tsx')]);
        const why = (question: Question, told: (view: WhyView) => void) => simulator.why(question, Comlink.proxy(told));
        showWhy(element(view), { machines: this.#options.machines(), topology, why, type: this.#options.type });
        return false;
      }
      case 'archivos':
        await this.#drawFiles(element(view));
        return true;
      default:
        return false;
    }
  }

  async #drawFiles(element: HTMLElement): Promise<void> {
    const machines = this.#options.machines();
    const { machine, path } = (this.#file ??= { machine: machines[0] ?? 'mac', path: undefined });
    const [view, { showFiles }] = await Promise.all([this.#options.simulator.files(machine, path), import('./files.tsx')]);
    if (this.#file.machine !== machine || this.#file.path !== path) return;
    const go: FilesActions['go'] = (to, where) => {
      this.#file = { machine: to, path: where };
      this.refresh();
    };
    showFiles(element, view satisfies FilesView, { machines, go });
  }
}
