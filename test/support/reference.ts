/** Truths from independent sources, in `test/fixtures/reference`; its README says where each comes from. */
import { readFileSync } from 'node:fs';

export function readReference(path: string): string {
  return readFileSync(new URL(`../fixtures/reference/${path}`, import.meta.url), 'utf8');
}
