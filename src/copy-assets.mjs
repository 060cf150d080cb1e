// After tsc: what the program reads beside its code (messages, style sheets, scripts) goes along into dist, or the folder that is given; style sheets and
// scripts minified, for old WebViews as they were written: no newer syntax, no prefixes.
import { transformSync } from 'esbuild';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('.', import.meta.url));
const [, , given] = process.argv;
const target =
  given === undefined ? fileURLToPath(new URL('../dist/', import.meta.url)) : resolve(given) + sep;
const minified = {
  '.css': {
    loader: 'css',
    minify: true,
    charset: 'utf8',
    supported: { 'inset-property': false, 'hex-rgba': false },
  },
  '.js': { loader: 'js', minify: true, charset: 'utf8', target: 'es5' },
};
for (const folder of ['texts', 'http/assets', 'http/api']) {
  for (const entry of readdirSync(join(source, folder), { recursive: true, withFileTypes: true })) {
    const extension = extname(entry.name);
    if (!entry.isFile() || !['.json', '.css', '.js', '.svg'].includes(extension)) continue;
    const path = join(entry.parentPath, entry.name);
    const copy = join(target, path.slice(source.length));
    const options = minified[extension];
    const content = readFileSync(path);
    mkdirSync(dirname(copy), { recursive: true });
    writeFileSync(copy, options ? transformSync(content, options).code.trimEnd() : content);
  }
}
