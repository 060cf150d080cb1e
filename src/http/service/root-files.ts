import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../domain/errors.ts';

const largestRootFile = 16 * 1024;

/** Verification files (such as a search engine's or an app's domain check): names that can be no page of ours, and no more than a few lines each. @throws AppError config `config.folder-unreadable` */
export function readRootFiles(directory: string | null): ReadonlyMap<string, string> {
  if (directory === null) return new Map();
  const files = namesIn(directory)
    .filter((name) => /^[A-Za-z0-9][A-Za-z0-9_-]*\.(txt|html)$/.test(name) && name !== 'robots.txt')
    .map((name) => [name, join(directory, name)] as const)
    .filter(([, path]) => statSync(path).isFile() && statSync(path).size <= largestRootFile);
  return new Map(files.map(([name, path]) => [name, readFileSync(path, 'utf8')]));
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (cause) {
    const params = { name: 'VERIFICATION_DIR', value: directory };
    throw new AppError('config', 'config.folder-unreadable', { params, cause });
  }
}
