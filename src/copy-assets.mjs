// After tsc: what the program reads beside its code (messages, style sheets) goes along into dist, or the folder that is given.
import { cpSync, readdirSync } from 'node:fs';
import { extname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('.', import.meta.url));
const [, , given] = process.argv;
const target =
  given === undefined ? fileURLToPath(new URL('../dist/', import.meta.url)) : resolve(given) + sep;
for (const folder of ['texts', 'http/assets']) {
  for (const entry of readdirSync(join(source, folder), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !['.json', '.css', '.js', '.svg'].includes(extname(entry.name))) continue;
    const path = join(entry.parentPath, entry.name);
    cpSync(path, join(target, path.slice(source.length)));
  }
}
