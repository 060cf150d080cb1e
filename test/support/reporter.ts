/** Beside vitest's own report: at the start, which programs are missing; at the end, where the time went, and what was skipped and why. */
import { relative } from 'node:path';
import type { Reporter, TestModule, Vitest } from 'vitest/node';
import { findBinaries } from './postgres-binaries.ts';
import { installCommand, missingPackages, otherBrowsersCommand } from './programs.ts';

/** The only tests that may be skipped, and what they need. */
const needs: Readonly<Record<string, string>> = {
  'test/evidence/independent/independent.test.ts': `python3: ${installCommand}`,
  'test/browser/demo.test.ts': `python3: ${installCommand}`,
  'test/export/analysis-syntax.test.ts': 'pspp, r-base-core: apt-get install -y pspp r-base-core',
  'test/browser/other-engines.test.ts': `firefox-esr, webkit2gtk-driver, xvfb: ${otherBrowsersCommand}`,
  'test/proxies.test.ts': `nginx-light, caddy: ${installCommand}`,
  'test/compose-file.test.ts': `caddy: ${installCommand}`,
  'test/messaging/third-party.test.ts': `libnet-smpp-perl, kannel: ${installCommand}`,
  'test/storage/contract/dump.test.ts': 'postgresql with pg_dump and pg_restore',
  'test/failure/postgres-full.test.ts': 'postgresql, and the right to mount a file system: run as root',
  'test/reference/nyc-2011.test.ts':
    '../shared/reference/nyc-2011 beside the checkout (no licence, so not copied)',
};

/** Of every test that runs on both storages. */
const postgres = `postgresql: ${installCommand}`;

const shownFiles = 30;

export default class implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
    const missing = missingPackages();
    if (missing.length > 0)
      process.stderr.write(
        `\nMissing: ${missing.join(', ')}. Tests that need them fail. This gets all of them:\n  ${installCommand}\n`,
      );
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const { config } = this.#vitest!;
    if (config.testNamePattern !== undefined) return;
    const times = modules
      .map((module) => ({ file: relative(config.root, module.moduleId), ms: module.diagnostic().duration }))
      .sort((a, b) => b.ms - a.ms);
    if (times.length > shownFiles)
      process.stdout.write(
        `\nSlowest files, in seconds:\n${times
          .slice(0, shownFiles)
          .map(({ file, ms }) => `${(ms / 1000).toFixed(1).padStart(7)} ${file}`)
          .join('\n')}\n`,
      );
    for (const module of modules) {
      const skipped = [...module.children.allTests('skipped')].length;
      if (skipped === 0) continue;
      const file = relative(config.root, module.moduleId);
      process.stdout.write(
        `\nSkipped: ${skipped} tests of ${file}: ${needs[file] ?? (findBinaries() === undefined ? postgres : 'without a stated reason')}\n`,
      );
    }
  }
}
