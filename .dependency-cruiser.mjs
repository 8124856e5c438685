/** The layers, lowest first. A layer imports itself and what is below it; layers of one row do not see each other unless said so. */
const rows = [
  ['sim'],
  ['linux'],
  ['kubernetes'],
  ['programs', 'shell'],
  ['scenarios'],
  ['labs'],
  ['terminal'],
  ['components', 'layouts', 'pages', 'styles'],
];
const below = (row) => rows.slice(0, row + 1).flat();

const layers = rows.flatMap((row, i) =>
  row.map((layer) => ({
    name: `${layer}-imports-only-downwards`,
    comment: 'pages, components → terminal → labs → scenarios → programs, shell → kubernetes → linux → sim',
    severity: 'error',
    from: { path: `^src/${layer}/` },
    to: { path: '^src/[^/]+/', pathNot: `^src/(${below(i).join('|')})/` },
  })),
);

const pure = '^src/(sim|linux|kubernetes|programs|shell|scenarios|labs)/';

export default {
  forbidden: [
    ...layers,
    {
      name: 'simulator-is-pure',
      comment: 'The same code runs in a worker, in tests and in the grader: no modules of Node.',
      severity: 'error',
      from: { path: pure },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'simulator-libraries',
      comment: 'The libraries the simulator may use; a new one is weighed in the README first.',
      severity: 'error',
      from: { path: pure },
      to: { path: 'node_modules/', pathNot: 'node_modules/(unbash|yaml|zod|@marcbachmann/cel-js)/' },
    },
    {
      name: 'nothing-imports-the-command-line',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '^(astro:|virtual:)' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.web.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
    },
  },
};
