/**
 * A survey and its re-survey at the same schools, audited together. The second answers are independent of the first,
 * so the two have separate unknowns.
 */
import { expect, it } from 'vitest';
import { auditDisclosure, withoutBounds } from '../../../src/audit/disclosure/audit.ts';
import type { SummaryInput } from '../../../src/domain/scoring/summary/summary.ts';
import { decodeTally, encodeTally } from '../../../src/domain/scoring/tally/tally-bytes.ts';
import { createTally, foldAnswers, type TallyCell } from '../../../src/domain/scoring/tally/tally.ts';
import { knownCounty } from '../../../src/operations/disclosure/known-county.ts';
import { randomOf } from '../../support/large-county.ts';
import { randomCounty, shownSummary } from '../../support/random-county.ts';

/** The same schools, strata and rules, with slightly different numbers of people and new answers. */
function askedAgain(first: SummaryInput, seed: number): SummaryInput {
  const random = randomOf(seed);
  const cells = first.cells.map((cell): TallyCell => {
    const q = first.questionnaires.get(cell.questionnaire)!;
    const tally = createTally(q);
    const people = Math.max(1, decodeTally(q, cell.bytes).n - random(3));
    for (let i = 0; i < people; i++)
      foldAnswers(
        tally,
        q,
        Uint8Array.from(q.items, (item) => 1 + random(item.optionIds.length)),
        1,
      );
    return { ...cell, bytes: encodeTally(tally) };
  });
  const people = (no: number) =>
    cells
      .filter((cell) => cell.reportingStratum === no)
      .reduce(
        (sum, { questionnaire, bytes }) =>
          sum + decodeTally(first.questionnaires.get(questionnaire)!, bytes).n,
        0,
      );
  return {
    ...first,
    cells,
    firstCells: cells,
    reanswers: first.reportingStrata.map(({ no }) => ({
      reportingStratum: no,
      responses: people(no),
      reanswered: 0,
    })),
  };
}

async function audit(...inputs: readonly SummaryInput[]) {
  const known = inputs.map((input) => knownCounty(input, shownSummary(input)));
  const { solved, cells, mismatches } = await auditDisclosure(
    { publications: known.map((entry) => entry.publication), relation: 'independent' },
    { ...withoutBounds, truth: known.map((entry) => entry.truth) },
  );
  expect(mismatches).toEqual([]);
  return { solved, cells };
}

it(
  'together they reveal nothing, and every hidden cell of both is attacked',
  { timeout: 120_000 },
  async () => {
    for (const seed of [7, 11]) {
      const first = randomCounty(seed);
      const again = askedAgain(first, seed);
      const both = await audit(first, again);
      expect(both.solved, `seed ${seed}`).toEqual([]);
      expect(both.cells).toBe((await audit(first)).cells + (await audit(again)).cells);
      expect(both.cells).toBeGreaterThan(0);
    }
  },
);
