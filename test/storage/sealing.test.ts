/** What waits is sealed in parts, so that answers need not wait behind it: the parts together are what one lot would have been. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeResponseLeaf, decodeStateLeaf, leafTypeOf } from '../../src/domain/evidence/leaf.ts';
import { compareBytes } from '../../src/domain/frame/sample.ts';
import { toHex } from '../../src/domain/hash.ts';
import type { SealingPoint, StoredLeaf } from '../../src/domain/model/evidence.ts';
import { answerSurvey, campaign, countyCode } from '../bench/support/survey.ts';
import { useAnsweredSurvey } from '../support/answered-survey.ts';

const county = countyCode(0);
const minimum = 3;
const limit = 7;
// Sixty strata answer in turn: the first thirty have three answers, the others two.
const size = { counties: 1, codes: 240, answered: 150 };

const survey = useAnsweredSurvey(size);

async function seal(at: number, until = Infinity) {
  const sizes: number[] = [];
  let after: SealingPoint | null = null;
  do {
    const part = await survey.storage.sealLot(campaign, county, { at, minimum, limit, after });
    sizes.push(part.responses);
    after = part.next;
  } while (after !== null && sizes.length < until);
  return sizes;
}

const leaves = (): Promise<readonly StoredLeaf[]> => survey.storage.listLeaves(campaign, county, 0, 1000);
const dataOf = (leaf: StoredLeaf): Uint8Array => leaf.data ?? new Uint8Array();

function lotsIn(all: readonly StoredLeaf[]) {
  const lots: { head: { responses: number; waiting: number }; members: StoredLeaf[] }[] = [];
  for (const leaf of all) {
    const type = leafTypeOf(dataOf(leaf));
    if (type === 'lot') {
      const { body } = decodeStateLeaf(dataOf(leaf));
      lots.push({ head: body as never, members: [] });
    } else if (type === 'response') lots.at(-1)!.members.push(leaf);
  }
  return lots;
}

describe('sealing in parts', () => {
  it('goes on after a stop in the middle, and the day is over only with the last part', async () => {
    expect(await seal(1_000, 2)).toEqual([7, 7]);
    expect((await survey.storage.findLog(campaign, county))?.sealedAt).toBeNull();
  });

  it('seals each stratum that has enough, whole, though a part ends within it', async () => {
    // After the stop, strata with fewer than three left are carried on: what a stratum's first part hid is not known any more.
    for (let again = 0; again < 3; again++)
      await answerSurvey(survey.storage, join(survey.directory, 'keys'), size, 0, 30);
    const sizes = await seal(2_000);
    expect(sizes.slice(0, -1).every((n) => n === limit)).toBe(true);
    expect((await survey.storage.findLog(campaign, county))?.sealedAt).toBe(2_000);

    const lots = lotsIn(await leaves());
    const waiting = new Map<number, number>();
    const sealed = new Set<string>();
    for (const { head, members } of lots) {
      expect(head.responses).toBe(members.length);
      const hashes = members.map((m) => m.hash);
      expect([...hashes].sort(compareBytes)).toEqual(hashes);
      for (const member of members) {
        const { reportingStratum, pseudonym, revision } = decodeResponseLeaf(dataOf(member));
        const name = `${toHex(pseudonym)} ${revision}`;
        expect(sealed.has(name)).toBe(false);
        sealed.add(name);
        waiting.set(reportingStratum, (waiting.get(reportingStratum) ?? 0) + 1);
      }
    }
    // 240 rows: six each of thirty strata, two each of thirty others. Strata with enough are sealed to the last.
    expect([...waiting.keys()].every((stratum) => stratum <= 30)).toBe(true);
    expect([...waiting.values()].every((n) => n === 6)).toBe(true);
    expect(sealed.size).toBe(180);
    expect(lots.at(-1)?.head.waiting).toBe(60);
  });

  it('makes no lot of nothing, and looks again only when there is a reason', async () => {
    const before = (await leaves()).length;
    expect(await seal(3_000)).toEqual([0]);
    expect((await leaves()).length).toBe(before);
    expect((await survey.storage.findLog(campaign, county))?.sealedAt).toBe(3_000);
  });
});
