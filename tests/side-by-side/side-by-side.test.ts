import { beforeAll, describe, expect, it } from 'vitest';
import { compare, realKubectl, type Compared, type Topic } from './run.ts';
import { TOPICS } from './topics/index.ts';

const kubectl = realKubectl();
if (!kubectl) console.log('side by side with the real kubectl 1.28: skipped, there is none here');

describe.skipIf(!kubectl)('the real kubectl and ours print the same of the same world', () => {
  const all: Compared[] = [];
  let began: Map<string, Promise<Compared[]>>;
  // A topic waits for one process most of the time: two of them keep the machine busy.
  beforeAll(() => {
    began = inTurn(TOPICS, 2, (topic) => compare(topic, kubectl!));
  });
  it.for(TOPICS.map((t) => [t.topic, t] as const))('%s', { timeout: 600_000 }, async ([, topic]) => {
    let results = await began.get(topic.topic)!;
    let different = unexplained(results);
    if (different.length > 0) {
      // The real one runs at the machine's pace: what differs only because that was busy does not differ again.
      const again = await compare(topic, kubectl!);
      results = results.map((r, i) => (r.equal ? r : again[i]!));
      different = unexplained(results);
    }
    all.push(...results);
    expect(different.map((r) => ({ command: r.command, ...r.ours }))).toEqual(different.map((r) => ({ command: r.command, ...r.real })));
  });

  it('at least 400 commands, at least 98 % of them equal', () => {
    const equal = all.filter((r) => r.equal).length;
    console.log(`side by side: ${equal} of ${all.length} commands equal (${((100 * equal) / all.length).toFixed(1)} %)`);
    for (const r of all) if (r.differs) console.log(`  ${r.command}: ${r.differs}`);
    expect(all.length).toBeGreaterThanOrEqual(400);
    expect(equal / all.length).toBeGreaterThanOrEqual(0.98);
  });
});

/** A promise for each topic, so many of which are being worked on. */
function inTurn(topics: readonly Topic[], atOnce: number, act: (topic: Topic) => Promise<Compared[]>): Map<string, Promise<Compared[]>> {
  const running: Promise<unknown>[] = Array.from({ length: atOnce }, () => Promise.resolve());
  return new Map(topics.map((topic, i) => {
    const mine = running[i % atOnce]!.then(() => act(topic));
    running[i % atOnce] = mine.catch(() => undefined);
    return [topic.topic, mine];
  }));
}

function unexplained(results: readonly Compared[]): Compared[] {
  return results.filter((r) => !r.equal && !r.differs);
}
