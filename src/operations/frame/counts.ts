/** Contacts of a roll by group and school, recounted only after the roll has changed, because a count reads every contact. */
import { LRUCache } from 'lru-cache';
import type { FrameCount } from '../../domain/model/contact.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { Storage } from '../../storage/port/index.ts';

type Counting = Pick<Storage, 'readFrameMark' | 'countFrame'>;
interface Counted {
  readonly mark: string;
  readonly counts: readonly FrameCount[];
}

/** Number of counties cached; each has some hundred schools. */
const keptCounties = 300;
const known = new WeakMap<Counting, LRUCache<string, Counted>>();

/**
 * The storage's own cache is cleared by any other change, even a log-in; this one lives as long as the roll does not change. It
 * returns the same object each time, and nobody may change it.
 */
export async function countRoll(
  { storage }: { readonly storage: Counting },
  campaign: CampaignId,
  county: CountyCode,
): Promise<readonly FrameCount[]> {
  const own = known.get(storage) ?? new LRUCache<string, Counted>({ max: keptCounties });
  known.set(storage, own);
  const key = `${campaign} ${county}`;
  // Read before the count: if the roll changes meanwhile, the mark differs next time, and it is counted again.
  const mark = await storage.readFrameMark(campaign, county);
  const found = own.get(key);
  if (found?.mark === mark) return found.counts;
  const counts = await storage.countFrame(campaign, county);
  own.set(key, { mark, counts });
  return counts;
}
