/**
 * ```console blocks: lines that begin with `$ ` are commands (`> ` continues one), the rest is what they print.
 * `host=worker-1` in the fence says where. Each command gets «Ejecutar» and «Copiar», which need JavaScript and are hidden without it.
 */
import { definePlugin, type ExpressiveCodeBlock, type ExpressiveCodePlugin } from '@astrojs/starlight/expressive-code';
import { h, type Element } from '@astrojs/starlight/expressive-code/hast';

export interface ConsoleStep {
  command: string;
  output: string;
}

export function consoleBlocks(): ExpressiveCodePlugin {
  const consoles = new WeakSet<ExpressiveCodeBlock>();
  return definePlugin({
    name: 'console blocks',
    hooks: {
      preprocessLanguage: ({ codeBlock }) => {
        if (codeBlock.language !== 'console') return;
        consoles.add(codeBlock);
        codeBlock.language = 'plaintext';
        (codeBlock.props as { frame?: string }).frame = 'none'; // a property of the frames plugin
      },
      postprocessRenderedBlock: ({ codeBlock, renderData }) => {
        if (!consoles.has(codeBlock)) return;
        renderData.blockAst = render(parseConsole(codeBlock.code), codeBlock.metaOptions.getString('host') ?? 'mac');
      },
    },
  });
}

/** The commands of a block with their output; output before the first command belongs to a step without command. */
export function parseConsole(text: string): ConsoleStep[] {
  const steps: ConsoleStep[] = [];
  let inCommand = false;
  for (const line of text.replace(/\n$/, '').split('\n')) {
    const step = steps.at(-1);
    if (line.startsWith('$ ')) {
      steps.push({ command: line.slice(2), output: '' });
      inCommand = true;
    } else if (inCommand && step && line.startsWith('> ')) {
      step.command += `\n${line.slice(2)}`;
    } else {
      inCommand = false;
      if (step) step.output += `${line}\n`;
      else steps.push({ command: '', output: `${line}\n` });
    }
  }
  return steps;
}

function render(steps: ConsoleStep[], host: string): Element {
  return h('figure', { class: 'consola not-content', 'data-host': host }, [
    h('figcaption', [h('span', { class: 'maquina' }, host === 'mac' ? 'tu Mac' : host)]),
    ...steps.flatMap(({ command, output }) => [
      ...(command ? [renderCommand(command, host)] : []),
      ...(output ? [renderOutput(output)] : []),
    ]),
  ]);
}

function renderCommand(command: string, host: string): Element {
  const lines = command
    .split('\n')
    .flatMap((line, i) => [h('span', { class: 'prompt', 'aria-hidden': 'true' }, i === 0 ? '$ ' : '\n> '), line]);
  return h('div', { class: 'orden' }, [
    h('pre', [h('code', lines)]),
    h('div', { class: 'botones' }, [
      h('button', { type: 'button', class: 'copiar', 'data-copy': command }, [
        icon(COPY),
        h('span', { class: 'sr-only' }, `Copiar: ${short(command)}`),
      ]),
      h(
        'button',
        {
          type: 'button',
          class: 'ejecutar',
          'data-run': command,
          'data-host': host,
          'aria-label': `Ejecutar en ${host}: ${short(command)}`,
        },
        [icon(PLAY), 'Ejecutar'],
      ),
    ]),
  ]);
}

function renderOutput(output: string): Element {
  return h('pre', { class: 'salida', tabindex: '0' }, [h('samp', output.replace(/\n$/, ''))]);
}

function icon(path: string): Element {
  return h('svg', { viewBox: '0 0 16 16', width: '14', height: '14', 'aria-hidden': 'true', fill: 'currentColor' }, [
    h('path', { d: path }),
  ]);
}

function short(command: string): string {
  return command.length > 60 ? `${command.slice(0, 57)}…` : command;
}

const PLAY = 'M4 2.6v10.8c0 .5.6.8 1 .5l8-5.4c.4-.2.4-.8 0-1L5 2.1c-.4-.3-1 0-1 .5Z';
const COPY =
  'M5.5 1A1.5 1.5 0 0 0 4 2.5V4H2.5A1.5 1.5 0 0 0 1 5.5v8A1.5 1.5 0 0 0 2.5 15h7a1.5 1.5 0 0 0 1.5-1.5V12h1.5a1.5 1.5 0 0 0 1.5-1.5v-8A1.5 1.5 0 0 0 12.5 1h-7ZM5.5 2.5h7v8H11v-5A1.5 1.5 0 0 0 9.5 4h-4V2.5Zm-3 3h7v8h-7v-8Z';
