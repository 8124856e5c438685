import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bootScenario } from '../../src/scenarios/index.ts';
import { kindPodman } from '../../src/scenarios/kind-podman/index.ts';
import { runCommand } from '../../src/shell/session.ts';
import { extract } from './extract.ts';
import inventory from './inventory.json' with { type: 'json' };

const here = import.meta.dirname;
const DOCUMENTS = ['000', '001', '002', '003', '004'];
const STATES = ['taught', 'runs', 'not-yet'];

describe('the inventory of the documents', () => {
  test.each(DOCUMENTS)('holds every command, manifest and link of document %s, and nothing else', (document) => {
    const found = extract(document, readFileSync(join(here, 'sources', `${document}.md`), 'utf8')).map(({ id, kind, text }) => `${id} ${kind} ${text}`);
    expect(inventory.filter((row) => row.id.startsWith(document)).map(({ id, kind, text }) => `${id} ${kind} ${text}`)).toEqual(found);
  });

  test('knows three states', () => {
    expect(inventory.filter((row) => !STATES.includes(row.state))).toEqual([]);
  });

  test('document 000 is complete', () => {
    expect(inventory.filter((row) => row.id.startsWith('000') && row.state !== 'taught')).toEqual([]);
  });

  test('what it calls taught stands in a lesson', () => {
    const lessons = mdx(join(here, '../../content')).map((file) => squeeze(readFileSync(file, 'utf8'))).join('\n');
    const missing = inventory.filter((row) => row.state === 'taught' && row.kind === 'command' && !lessons.includes(squeeze(row.text)));
    expect(missing.map((row) => `${row.id} ${row.text}`)).toEqual([]);
  });

  test('what it says runs is known to the machine it is typed on', async () => {
    const world = bootScenario(kindPodman(), { seed: 'inventory' });
    const unknown: string[] = [];
    for (const row of inventory) {
      if (row.kind !== 'command' || row.state === 'not-yet' || row.host === 'pod' || /\s-it?\s|kubectl run -it|debug node/.test(row.text)) continue;
      const { stderr, code } = await runCommand(world, row.host ?? 'mac', row.text);
      // The documents' own misspellings are not found by the real bash either.
      if (code === 127 && !/netstate/.test(row.text)) unknown.push(`${row.id} ${row.text}: ${stderr}`);
    }
    expect(unknown).toEqual([]);
    expect(world.defects).toEqual([]);
  });
});

function mdx(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true, recursive: true }).filter((f) => f.isFile() && f.name.endsWith('.mdx')).map((f) => join(f.parentPath, f.name));
}

/** One blank for any white space; remarks after a command and prompts of continuation lines do not count. */
function squeeze(text: string): string {
  return text.replace(/\n> ?/g, ' ').replace(/\s+#\s[^\n]*$/gm, '').replace(/\s+/g, ' ').trim();
}
