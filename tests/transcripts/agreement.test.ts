/**
 * The recordings of the real tools, replayed: in each session at least as many steps must agree as agreement.json says. When
 * more do, `UPDATE_AGREEMENT=1 npx vitest run tests/transcripts` raises the figures; they are never lowered.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { replaySession, type SessionHeader, type Step } from '../../src/cli/replay-session.ts';
import type { RecordedState } from '../../src/scenarios/recorded-state.ts';
import { compareSessions } from './transcript-diff.mjs';

const here = import.meta.dirname;
const file = join(here, 'agreement.json');
const least = (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}) as Record<string, number>;
const now: Record<string, number> = {};

describe.each(['kubectl', 'net', 'etcd'])('recordings of %s', (group) => {
  test.each(readdirSync(join(here, group)).filter((f) => f.endsWith('.jsonl')))('%s', { timeout: 240_000 }, async (name) => {
    const recorded = readFileSync(join(here, group, name), 'utf8').split('\n').filter(Boolean).map((l) => JSON.parse(l) as SessionHeader & Step);
    const [header, ...steps] = recorded as [SessionHeader, ...Step[]];
    const state = header.state ? (JSON.parse(readFileSync(join(here, group, header.state), 'utf8')) as RecordedState) : undefined;
    const replayed: unknown[] = [header];
    for await (const step of replaySession(header, steps, state)) replayed.push(step);
    const key = `${group}/${name.replace('.jsonl', '')}`;
    now[key] = compareSessions(recorded, replayed).filter((r: { verdict: string }) => r.verdict !== 'differs').length;
    expect(now[key], 'steps that agree').toBeGreaterThanOrEqual(least[key] ?? 0);
  });
});

afterAll(() => {
  if (!process.env['UPDATE_AGREEMENT']) return;
  const raised = Object.fromEntries(Object.entries({ ...least, ...now }).map(([k, n]) => [k, Math.max(n, least[k] ?? 0)] as const).sort());
  writeFileSync(file, `${JSON.stringify(raised, undefined, 1)}\n`);
});
