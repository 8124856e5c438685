/**
 * Stands in for @pagefind/default-ui (an alias in astro.config.mjs): Starlight makes it on every page as soon as the browser has
 * nothing to do; here it comes when the search is opened for the first time.
 */
interface Options {
  /** Selector of the element it fills. */
  element: string;
}

export class PagefindUI {
  constructor(options: Options) {
    const dialog = document.querySelector(options.element)?.closest('dialog');
    if (!dialog) throw new Error(`no dialog around ${options.element}`);
    const opened = new MutationObserver(() => void show());
    opened.observe(dialog, { attributeFilter: ['open'] });
    if (dialog.open) void show();

    async function show(): Promise<void> {
      opened.disconnect();
      // @ts-expect-error -- it comes without types
      const { PagefindUI: Real } = (await import('@pagefind/default-ui/npm_dist/mjs/ui-core.mjs')) as {
        PagefindUI: new (options: Options) => unknown;
      };
      new Real(options);
      dialog!.querySelector('input')?.focus();
    }
  }
}
