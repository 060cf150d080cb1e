/**
 * Caches the suppressed summary as long as all its inputs are the same, byte for byte. Pages, files and the API request it many
 * times, and suppression is expensive.
 */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Summary, SummaryInput } from '../../domain/scoring/summary/summary.ts';
import type { TallyCell } from '../../domain/scoring/tally/tally.ts';
import type { Deps } from '../deps.ts';
import { memoizeByIdentity } from '../memoize.ts';
import { computeShownSummary } from '../../domain/scoring/suppression/suppression.ts';

/** Measured in figures of schools, which are most of a summary: some 20 MB. */
const kept = new LRUCache<string, Summary>({
  maxSize: 100_000,
  sizeCalculation: (s) => 100 + s.schools.reduce((sum, school) => sum + 3 + school.items.length, 0),
});

/** In progress: further callers wait for the same one. */
const underWay = new Map<string, Promise<Summary>>();
/** Number of reporting strata from which a separate thread pays off: above it a summary takes a tenth of a second and more. */
const large = 80;

/** @throws AppError as `computeShownSummary` */
export async function shownSummary(deps: Pick<Deps, 'summarize'>, input: SummaryInput): Promise<Summary> {
  const key = keyOf(input);
  const known = kept.get(key) ?? underWay.get(key);
  if (known !== undefined) return known;
  const { summarize } = deps;
  if (summarize === undefined || input.reportingStrata.length < large) {
    const summary = computeShownSummary(input);
    kept.set(key, summary);
    return summary;
  }
  const computing = summarize(input);
  underWay.set(key, computing);
  try {
    const summary = await computing;
    kept.set(key, summary);
    return summary;
  } finally {
    underWay.delete(key);
  }
}

/** The same input is the same object as long as storage returns the same parts. */
const keyOf = memoizeByIdentity(fingerprintOf);

/** Storage caches what was counted at close and returns the same list, which nobody changes. */
const known = new WeakMap<readonly TallyCell[], string>();

function fingerprintOfCells(list: readonly TallyCell[]): string {
  let found = known.get(list);
  if (found === undefined) {
    const hash = createHash('sha256');
    for (const { bytes, ...key } of list) hash.update(JSON.stringify([key, bytes.length])).update(bytes);
    found = `${list.length} ${hash.digest('hex')}`;
    known.set(list, found);
  }
  return found;
}

/** Over every value in it, and every tally's bytes. */
export function fingerprintOf(input: SummaryInput): string {
  const { cells, firstCells, questionnaires, texts, ...rest } = input;
  const hash = createHash('sha256');
  hash.update(JSON.stringify(rest));
  for (const [no, q] of questionnaires) hash.update(JSON.stringify([no, q.hash, q.groups]));
  for (const [no, text] of texts)
    hash.update(JSON.stringify([no, text.title, [...text.items], [...text.dimensions], [...text.options]]));
  for (const list of [cells, firstCells]) hash.update(`[${fingerprintOfCells(list)}]`);
  return hash.digest('hex');
}
