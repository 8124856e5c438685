import { defineConfig } from 'vitest/config';
import { LongestFirst } from './tests/longest-first.ts';

export default defineConfig({
  test: {
    testTimeout: 30_000,
    include: ['tests/**/*.test.ts'],
    exclude: ['tests/e2e/**'],
    setupFiles: 'tests/setup.ts',
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
  },
});
