import tseslint from 'typescript-eslint';

/** Below src/terminal everything is a pure function of scenario, seed and journal: no clock, chance or input of the host's. */
const pure = ['src/sim', 'src/linux', 'src/kubernetes', 'src/programs', 'src/shell', 'src/scenarios', 'src/labs'].map(
  (folder) => `${folder}/**/*.ts`,
);

const hostGlobals = [
  'window',
  'document',
  'navigator',
  'localStorage',
  'indexedDB',
  'self',
  'location',
  'performance',
  'crypto',
  'process',
  'Buffer',
  'fetch',
  'XMLHttpRequest',
  'WebSocket',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'requestAnimationFrame',
  'queueMicrotask',
];

export default tseslint.config(
  { ignores: ['dist/', '.astro/', 'node_modules/', 'out/', 'test-results/'] },
  { files: ['**/*.{ts,tsx,mjs}'], extends: [tseslint.configs.recommended] },
  {
    files: ['**/*.{ts,tsx,mjs}'],
    rules: {
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' },
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      'no-empty': ['error', { allowEmptyCatch: false }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'prefer-const': ['error', { destructuring: 'all' }],
      'no-console': 'off',
    },
  },
  {
    files: pure,
    rules: {
      'no-restricted-globals': [
        'error',
        ...hostGlobals.map((name) => ({ name, message: 'The simulator knows no host: use the world (clock, rng, streams).' })),
      ],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['node:*', 'astro:*', '@xterm/*', 'comlink'],
              message: 'The simulator runs in a worker, in tests and in the grader: no host modules.',
            },
          ],
        },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Time is world.clock.now.' },
        { object: 'Math', property: 'random', message: "Chance is world.rng.fork('name')." },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Time is world.clock.now.' },
        { selector: "CallExpression[callee.name='Date']", message: 'Time is world.clock.now.' },
      ],
      'no-console': 'error',
    },
  },
);
