/** Style sheets and scripts as the build minifies them, for tests in which their size or old browsers matter. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const script = fileURLToPath(new URL('../../src/copy-assets.mjs', import.meta.url));
let made: string | undefined;

export function minifiedAssets(): URL {
  if (made === undefined) {
    const folder = (made = mkdtempSync(join(tmpdir(), 'manyi-assets-')));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    execFileSync(process.execPath, [script, folder]);
  }
  return pathToFileURL(join(made, 'http/assets/'));
}
