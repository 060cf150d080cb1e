import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';

/**
 * `browser`: tests that need a browser or the markup checkers. `failure`: tests that kill, starve and attack processes, or attack what is published. `unit`: all
 * other tests that open no database and start no service. `twin`: journeys over both storages. Everything else is `service`.
 */
const folders = {
  unit: [
    'test/domain/**',
    'test/tabular/**',
    'test/intake/**',
    'test/{config,dockerfile,import-cycles,readme,shown-figures,texts}.test.ts',
    'test/operations/password-hashing.test.ts',
  ],
  browser: ['test/browser/**'],
  failure: [
    'test/failure/**',
    'test/attack/**',
    'test/domain/disclosure/**',
    'test/domain/scoring/suppression/**',
  ],
};
const testsOf = (patterns: readonly string[]) => patterns.map((p) => p.replace(/\*\*$/, '**/*.test.ts'));
/** What a world is made of is read once by a process: these have one of their own. */
const twins = 'test/storage/contract/journeys.test.ts';
/** Accounts that tests open take the least costly hash; `unit` has the test of the real one. */
const cheapHashes = {
  '@node-rs/argon2': fileURLToPath(new URL('test/support/cheap-argon2.ts', import.meta.url)),
};
const settingsOf = (name: string) => (name === 'unit' ? {} : { alias: cheapHashes });

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // A process runs many files and loads the program once for all of them: a third of the processor time. What a test replaces in an object it puts back;
    // none replaces a module (`vi.mock`).
    isolate: false,
    // In node_modules, by their contents: each project, and each run, would transform the same modules again.
    experimental: { fsModuleCache: true },
    maxWorkers: 2,
    reporters: ['./test/support/reporter.ts', 'default'],
    projects: [
      ...Object.entries(folders).map(([name, patterns]) => ({
        extends: true as const,
        test: {
          name,
          include: testsOf(patterns),
          exclude: [...configDefaults.exclude, ...(name === 'unit' ? testsOf(folders.failure) : [])],
          ...settingsOf(name),
        },
      })),
      {
        extends: true as const,
        test: {
          name: 'twin',
          ...settingsOf('twin'),
          include: [twins],
          isolate: true,
          env: { MANYI_TEST_ENGINE: 'twin' },
        },
      },
      {
        extends: true as const,
        test: {
          name: 'service',
          ...settingsOf('service'),
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...Object.values(folders).flatMap(testsOf), twins],
        },
      },
    ],
  },
});
