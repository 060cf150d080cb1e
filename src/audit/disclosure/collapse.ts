/**
 * Collapses strata with few answers as the profile's `smallestStratum` requires. Written independently from the
 * document of the format ("The official figure", step 4).
 */
import type { KnownStratum } from './case.ts';

interface Run {
  readonly members: readonly KnownStratum[];
  readonly n: number;
}

/** The strata of one group that are collapsed with each stratum, by its number. `sampled`: n of a stratum. */
export function collapsed(
  strata: readonly KnownStratum[],
  sampled: (stratum: KnownStratum) => number,
  least: number,
): ReadonlyMap<number, readonly KnownStratum[]> {
  const runs = (own: readonly KnownStratum[], keyOf: (stratum: KnownStratum) => number): readonly Run[] =>
    [...new Set(own.map(keyOf))]
      .sort((a, b) => a - b)
      .map((key) => own.filter((stratum) => keyOf(stratum) === key))
      .map((members) => ({ members, n: members.reduce((sum, stratum) => sum + sampled(stratum), 0) }));
  const placeOf = ({ location }: KnownStratum) =>
    location === null ? 3 : ['urban', 'town', 'rural'].indexOf(location);
  const found = new Map<number, readonly KnownStratum[]>();
  for (const place of merged(runs(strata, placeOf), least))
    for (const { members } of merged(
      runs(place.members, ({ grade }) => grade ?? -1),
      least,
    ))
      for (const { no } of members) found.set(no, members);
  return found;
}

function merged(row: readonly Run[], least: number): readonly Run[] {
  const at = row.length > 1 ? row.findIndex(({ n }) => n < least) : -1;
  if (at < 0) return row;
  const left = row[at - 1]?.n ?? Infinity;
  const right = row[at + 1]?.n ?? Infinity;
  const from = left <= right ? at - 1 : at;
  const [a, b] = [row[from]!, row[from + 1]!];
  const both = { members: [...a.members, ...b.members], n: a.n + b.n };
  return merged([...row.slice(0, from), both, ...row.slice(from + 2)], least);
}
