import { configDefaults, defineConfig } from 'vitest/config';

/** Tests that need a browser or the markup checkers, and tests that kill, starve and attack processes. Everything else is `unit` or `service`. */
const folders = {
  unit: ['test/domain/**', 'test/tabular/**', 'test/intake/**', 'test/messaging/**', 'test/*.test.ts'],
  browser: ['test/browser/**'],
  failure: ['test/failure/**', 'test/attack/**'],
};
const testsOf = (patterns: readonly string[]) => patterns.map((p) => p.replace(/\*\*$/, '**/*.test.ts'));

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
        test: { name, include: testsOf(patterns) },
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
