import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const largestRootFile = 16 * 1024;

/** Verification files (such as a search engine's or an app's domain check): names that can be no page of ours, and no more than a few lines each. */
export function readRootFiles(directory: string | null): ReadonlyMap<string, string> {
  if (directory === null) return new Map();
  const files = readdirSync(directory)
    .filter((name) => /^[A-Za-z0-9][A-Za-z0-9_-]*\.(txt|html)$/.test(name) && name !== 'robots.txt')
    .map((name) => [name, join(directory, name)] as const)
    .filter(([, path]) => statSync(path).isFile() && statSync(path).size <= largestRootFile);
  return new Map(files.map(([name, path]) => [name, readFileSync(path, 'utf8')]));
}
