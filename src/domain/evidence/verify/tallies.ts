/** Recounts the tallies or, if the answers are erased, compares them with the numbers of respondents. */
import { canonicalJson } from '../../hash.ts';
import type { Channel } from '../../model/vocabulary.ts';
import type { TallyKey } from '../../scoring/tally/tally.ts';
import { decodeTally } from '../../scoring/tally/tally-bytes.ts';
import type { Place } from './respondents.ts';
import type { Run } from './run.ts';

/** Respondents by place and channel. Equal places are always the same object. */
export function createPlaceCounter() {
  const counts = new Map<Place, Map<Channel, number>>();
  return {
    add(place: Place, channel: Channel): void {
      let own = counts.get(place);
      if (!own) counts.set(place, (own = new Map<Channel, number>()));
      own.set(channel, (own.get(channel) ?? 0) + 1);
    },
    named: (): ReadonlyMap<string, number> =>
      new Map(
        [...counts].flatMap(([place, own]) =>
          [...own].map(([channel, n]): [string, number] => [firstName({ ...place, channel }), n]),
        ),
      ),
  };
}

/** Key of a place and channel, to compare counts by. */
export const firstName = (c: Place & { readonly channel: string }) =>
  `${c.questionnaire} ${c.samplingStratum} ${c.reportingStratum} ${c.channel} ${c.set}`;

/** Tally cells of the answers that count: recounted or, once the answers are erased, those of the bundle. */
export const cellsOfLast = (run: Run) => (run.erasedAt === null ? run.counter.cells() : run.lastCells);

/** Number of answers in each of these cells. */
export function sizesOfLast(run: Run): readonly (TallyKey & { readonly n: number })[] {
  if (run.erasedAt === null) return run.counter.sizes();
  return run.lastCells.flatMap((cell) => {
    const q = run.questionnaires.get(cell.questionnaire);
    const n = q ? decodeTally(q, cell.bytes).n : 0;
    return n > 0 ? [{ ...cell, n }] : [];
  });
}

/** Tallies that cannot be counted again hold as many respondents as the log has, each where it has them. */
export function checkTallies(run: Run, respondentsByCell: ReadonlyMap<string, number>): void {
  const sizes = new Map<string, number>();
  for (const cell of sizesOfLast(run)) sizes.set(firstName(cell), (sizes.get(firstName(cell)) ?? 0) + cell.n);
  const [a, b] = [respondentsByCell, sizes].map((m) => canonicalJson(Object.fromEntries(m)));
  if (a !== b) run.find('tallies', null, a!.slice(0, 400), b!.slice(0, 400));
}
