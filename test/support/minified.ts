/** Style sheets and scripts as the build minifies them, for tests in which their size or old browsers matter. Equal sources are minified once. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const script = join(root, 'src/copy-assets.mjs');
const assets = join(root, 'src/http/assets');

export function minifiedAssets(): URL {
  const hash = createHash('sha256');
  for (const path of [script, ...readdirSync(assets).map((name) => join(assets, name))])
    hash.update(path.slice(root.length)).update('\0').update(readFileSync(path)).update('\0');
  const name = `assets-${hash.digest('hex').slice(0, 16)}`;
  const home = join(root, 'node_modules', '.cache', 'manyi', name);
  if (!existsSync(home)) {
    const making = `${home}.${process.pid}`;
    execFileSync(process.execPath, [script, making]);
    try {
      renameSync(making, home);
    } catch {
      // Another test process was first.
      rmSync(making, { recursive: true, force: true });
    }
  }
  return pathToFileURL(join(home, 'http/assets/'));
}
