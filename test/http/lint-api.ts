/** `npm run lint:api`: makes the OpenAPI document from the routes and holds it against the rules of Spectral and Redocly. Any warning fails. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createApp } from './support.ts';

const require = createRequire(import.meta.url);
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** The program of a package, by the name that its package.json gives it. */
function programOf(manifest: string, name: string): string {
  const { bin } = require(manifest) as { readonly bin: Readonly<Record<string, string>> };
  return join(dirname(require.resolve(manifest)), bin[name]!);
}

async function main(): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'manyi-api-'));
  const file = join(folder, 'openapi.json');
  const made = await createApp({ publicUrl: 'https://manyi.test' });
  try {
    writeFileSync(
      file,
      JSON.stringify((await made.app.inject({ url: '/api/v1/openapi.json' })).json(), null, 1),
    );
    const checks = [
      [
        programOf('@stoplight/spectral-cli/package.json', 'spectral'),
        'lint',
        '--ruleset',
        here('spectral.yaml'),
        '--fail-severity',
        'hint',
        file,
      ],
      [programOf('@redocly/cli/package.json', 'redocly'), 'lint', '--config', here('redocly.yaml'), file],
    ];
    // Redocly asks nobody for a newer version and tells nobody that it runs; Spectral never does.
    const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
    return checks
      .map((check) => spawnSync(process.execPath, check, { stdio: 'inherit', env, timeout: 120_000 }))
      .every(({ status }) => status === 0);
  } finally {
    await made.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (!(await main())) process.exitCode = 1;
