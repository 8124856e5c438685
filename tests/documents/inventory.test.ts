import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bootScenario, SCENARIOS } from '../../src/scenarios/index.ts';
import { runCommand } from '../../src/shell/session.ts';
import { extract } from './extract.ts';
import inventory from './inventory.json' with { type: 'json' };

const here = import.meta.dirname;
const DOCUMENTS = ['000', '001', '002', '003', '004'];
const COMPLETE = ['000', '001', '002', '003', '004'];
const STATES = ['taught', 'runs', 'not-yet'];

describe('the inventory of the documents', () => {
  test.each(DOCUMENTS)('holds every command, manifest and link of document %s, and nothing else', (document) => {
    const found = extract(document, readFileSync(join(here, 'sources', `${document}.md`), 'utf8')).map(({ id, kind, text }) => `${id} ${kind} ${text}`);
    expect(inventory.filter((row) => row.id.startsWith(document)).map(({ id, kind, text }) => `${id} ${kind} ${text}`)).toEqual(found);
  });

  test('knows three states', () => {
    expect(inventory.filter((row) => !STATES.includes(row.state))).toEqual([]);
  });

  test.each(COMPLETE)('document %s is complete', (document) => {
    expect(inventory.filter((row) => row.id.startsWith(document) && row.state !== 'taught')).toEqual([]);
  });

  test('what it calls taught stands in a lesson', () => {
    const lessons = mdx(join(here, '../../content')).map((file) => squeeze(readFileSync(file, 'utf8'))).join('\n');
    const missing = inventory.filter((row) => row.state === 'taught' && row.kind === 'command' && !lessons.includes(squeeze(row.text)));
    expect(missing.map((row) => `${row.id} ${row.text}`)).toEqual([]);
  });

  test('a lesson that it names has the command, a picture in place of the picture, the manifest among its files, the link', () => {
    const missing = (inventory as Row[]).filter(({ lesson, kind, tool, text }) => {
      if (!lesson) return false;
      const path = join(here, '../../content', `${lesson}.mdx`);
      if (!existsSync(path)) return true;
      const page = readFileSync(path, 'utf8');
      if (kind === 'command') return !squeeze(page).includes(squeeze(text));
      if (tool === 'picture') return !page.includes('<Diagrama');
      if (kind === 'manifest') return !handedOut(path).some((file) => tool.split(' ').every((k) => new RegExp(`^kind: ${k}$`, 'm').test(file)));
      return tool === 'web' && !page.includes(text);
    });
    expect(missing.map((row) => `${row.id} ${row.lesson} ${row.text}`)).toEqual([]);
  });

  const typed = (inventory as Row[]).filter(({ kind, state, host, text }) => kind === 'command' && state !== 'not-yet' && host !== 'pod' && !/\s-it?\s|kubectl run -it|debug node/.test(text));
  const scenarioOf = ({ scenario, host }: Row) => (SCENARIOS[scenario]?.machines.includes(host ?? '') ? scenario : 'kind-podman');

  test.each([...new Set(typed.map(scenarioOf))])('what it says runs is known to the machine of %s it is typed on', async (scenario) => {
    const world = bootScenario(await SCENARIOS[scenario]!.load(), { seed: 'inventory' });
    const unknown: string[] = [];
    for (const row of typed.filter((row) => scenarioOf(row) === scenario)) {
      const { stderr, code } = await runCommand(world, row.host ?? 'mac', row.text);
      // The documents' own misspellings, and what nobody installed, are not found by the real bash either.
      if (code === 127 && !/netstate|weave/.test(row.text)) unknown.push(`${row.id} ${row.text}: ${stderr}`);
    }
    expect(unknown).toEqual([]);
    expect(world.defects).toEqual([]);
  });
});

interface Row {
  id: string;
  kind: string;
  tool: string;
  scenario: string;
  host?: string;
  state: string;
  /** The lesson that teaches it: `module/lesson`. */
  lesson?: string;
  text: string;
}

/** The texts that a lesson hands out, and its own. */
function handedOut(lesson: string): string[] {
  const dir = join(lesson, '..', 'ejemplos');
  const files = existsSync(dir) ? readdirSync(dir, { withFileTypes: true, recursive: true }).filter((f) => f.isFile()).map((f) => join(f.parentPath, f.name)) : [];
  return [lesson, ...files].map((file) => readFileSync(file, 'utf8'));
}

function mdx(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true, recursive: true }).filter((f) => f.isFile() && f.name.endsWith('.mdx')).map((f) => join(f.parentPath, f.name));
}

/** One blank for any white space; remarks after a command and prompts of continuation lines do not count. */
function squeeze(text: string): string {
  return text.replace(/\n> ?/g, ' ').replace(/\s+#\s[^\n]*$/gm, '').replace(/\s+/g, ' ').trim();
}
