/**
 * Answers counted by `scoring/recount` (not by the fold of scoring/tally), as the tally cells from which a summary is computed.
 */
import type { CompiledQuestionnaire } from '../../questionnaire/compiled.ts';
import {
  createRecount,
  recountAnswers,
  recountedGroups,
  recountedItem,
  type Recount,
} from '../../scoring/tally/recount.ts';
import { channels, countedSets, type Channel } from '../../model/vocabulary.ts';
import type { CountedPlace } from './respondents.ts';
import { createTally, crossIndex, type TallyCell, type TallyKey } from '../../scoring/tally/tally.ts';
import { encodeTally } from '../../scoring/tally/tally-bytes.ts';

/** The bytes that `encodeTally` would give for the recount. */
export function encodeRecount(recount: Recount): Uint8Array {
  const q = recount.questionnaire;
  const tally = createTally(q);
  const { slotOffset, base, axes, groupSize } = tally.plan;
  tally.n = recount.n;
  q.items.forEach((_, i) => {
    const counts = recountedItem(recount, i);
    tally.slots.set(
      counts.type === 'number'
        ? [counts.n, counts.sum, counts.sumOfSquares, counts.blank, counts.notAsked]
        : counts.type === 'multiple'
          ? [...counts.options, counts.blank, counts.notAsked]
          : [...counts.options, counts.dontKnow, counts.blank, counts.notAsked],
      slotOffset[i],
    );
  });
  for (const { scope, answered, dontKnow, n, sum, cross } of recountedGroups(recount)) {
    const group = new Float64Array(groupSize);
    group[0] = n;
    group.set(sum, 1);
    for (let x = 0; x < axes; x++)
      for (let y = x; y < axes; y++) group[1 + axes + crossIndex(axes, x, y)] = cross[x * axes + y]!;
    tally.groups.set((scope * base + answered) * base + dontKnow, group);
  }
  return encodeTally(tally);
}

export interface CellCounter {
  /** Always the same object for equal places: cells are looked up by identity. */
  add(
    place: CountedPlace,
    channel: Channel,
    valid: boolean,
    q: CompiledQuestionnaire,
    answers: Uint8Array,
  ): void;
  cells(): readonly TallyCell[];
  sizes(): readonly (TallyKey & { readonly n: number })[];
}

/** Recounts the tallies from the respondents’ answers. */
export function createCellCounter(): CellCounter {
  interface Cell {
    readonly key: TallyKey;
    readonly recount: Recount;
  }
  const byPlace = new Map<CountedPlace, (Cell | undefined)[]>();
  const all = () => [...byPlace.values()].flatMap((list) => list.filter((cell) => cell !== undefined));
  return {
    add(place, channel, valid, q, answers) {
      let list = byPlace.get(place);
      if (!list) byPlace.set(place, (list = []));
      const at = channels.indexOf(channel) * 2 + (valid ? 1 : 0);
      const cell = (list[at] ??= { key: { ...place, channel, valid }, recount: createRecount(q) });
      recountAnswers(cell.recount, answers);
    },
    // In key order, because a summary keeps the given order.
    cells: () =>
      all()
        .sort((a, b) => compareKeys(a.key, b.key))
        .map(({ key, recount }) => ({ ...key, bytes: encodeRecount(recount) })),
    sizes: () => all().map(({ key, recount }) => ({ ...key, n: recount.n })),
  };
}

/** For findings, and as a key to compare cells by. */
export function cellName(key: TallyKey): string {
  return `${key.questionnaire} ${key.samplingStratum} ${key.reportingStratum} ${key.channel} ${key.set} ${key.valid}`;
}

function compareKeys(a: TallyKey, b: TallyKey): number {
  return (
    a.questionnaire - b.questionnaire ||
    a.samplingStratum - b.samplingStratum ||
    a.reportingStratum - b.reportingStratum ||
    channels.indexOf(a.channel) - channels.indexOf(b.channel) ||
    countedSets.indexOf(a.set) - countedSets.indexOf(b.set) ||
    Number(a.valid) - Number(b.valid)
  );
}
