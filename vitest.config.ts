import { configDefaults, defineConfig } from 'vitest/config';

/**
 * `browser`: tests that need a browser or the markup checkers. `failure`: tests that kill, starve and attack processes. `unit`: tests that open no database and
 * start no service. Everything else is `service`.
 */
const folders = {
  unit: [
    'test/domain/**',
    'test/tabular/**',
    'test/intake/**',
    'test/{config,dockerfile,import-cycles,shown-figures,texts}.test.ts',
  ],
  browser: ['test/browser/**'],
  failure: ['test/failure/**', 'test/attack/**'],
};
const testsOf = (patterns: readonly string[]) => patterns.map((p) => p.replace(/\*\*$/, '**/*.test.ts'));
/**
 * One process runs many files of these, and loads the program once for all of them: that saves a third of their processor time. A file that replaces a
 * module (`vi.mock`) belongs elsewhere, and what is replaced in an object is put back.
 */
const sharesProcess = (name: string) => name === 'unit';

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    reporters: ['./test/support/reporter.ts', 'default'],
    projects: [
      ...Object.entries(folders).map(([name, patterns]) => ({
        extends: true as const,
        test: { name, include: testsOf(patterns), isolate: !sharesProcess(name) },
      })),
      {
        extends: true as const,
        test: {
          name: 'service',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...Object.values(folders).flatMap(testsOf)],
        },
      },
    ],
  },
});
