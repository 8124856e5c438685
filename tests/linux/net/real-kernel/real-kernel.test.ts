/** A sample of `npm run kernel`: what the simulated kernel does with random networks, rules and probes is what the real one does. */
import { expect, test } from 'vitest';
import { report } from './compare.ts';
import { whyNot } from './real.ts';
import { compareMany } from './run.ts';

const CASES = 40;
const SEED = process.env['KERNEL_SEED'] ?? 'sample';

test(`${CASES} random networks beside the real kernel`, async ({ skip }) => {
  const reason = whyNot();
  if (reason) {
    console.log(`skipped: ${reason}`);
    return skip(reason);
  }
  console.log(`seed ${SEED}`);
  const different: string[] = [];
  await compareMany(Array.from({ length: CASES }, (_, i) => `${SEED}-${i}`), {
    depth: 'verdicts', parallel: 8,
    failed: ({ case: c, found }) => {
      different.push(`npm run kernel -- --only ${c.seed} --depth verdicts\n${report(found)}`);
      return false;
    },
  });
  expect(different.join('\n')).toBe('');
}, 120_000);
