import { readFileSync } from 'node:fs';

/** Version of the program, from the package.json beside `src` and beside `dist`. */
export function readVersion(): string {
  const path = new URL('../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}
