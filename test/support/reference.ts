/** Independent truths beside the project: `../shared/reference` of the checkout, or of a work tree two levels further down. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const roots = ['../../../shared/reference/', '../../../../shared/reference/'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

/** Parsed JSON of a reference file; undefined where the references are not at hand. */
export function readReference(path: string): unknown {
  const root = roots.find((r) => existsSync(r + path));
  return root === undefined ? undefined : JSON.parse(readFileSync(root + path, 'utf8'));
}
