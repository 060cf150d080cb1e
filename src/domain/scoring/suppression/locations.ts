/** A group's locations as parts of it, and schools whose answers come from several of them. */
import { isSmall, partOf, type Group, type Holder, type Part, type Rules, type Shown } from './cells.ts';
import type { Candidate } from './candidates.ts';
import { peopleOf, type Atom } from './layout.ts';

export interface LocationPart extends Part {
  readonly location: Atom['location'];
  /** null: answers without a location, the remainder of the group. */
  readonly holder: Holder | null;
}

/** The largest first, answers without a location last. `all`: the group's schools. */
export function locationParts(
  s: Shown,
  group: Group,
  rules: Rules,
  all: readonly Candidate[],
): readonly LocationPart[] {
  const found = s.locations.flatMap(({ location, groups }) =>
    groups.flatMap((holder) =>
      holder.group === group ? [{ ...partOf(holder, rules), location, holder }] : [],
    ),
  );
  const placed = found.reduce((sum, part) => sum + part.n, 0);
  const whole = all.reduce((sum, one) => sum + one.n, 0);
  const n = Math.max(0, whole - placed);
  return [
    ...found.sort((a, b) => b.n - a.n),
    { n, isProtected: isSmall(n, rules.minimum), location: null, holder: null },
  ];
}

/**
 * Since rule 4, a school with answers from several locations is protected if one of these is, or gave fewer answers
 * than the minimum to this school. Such are a township's small schools together. Weights differ between locations, so
 * the school's counts beside its weighted figures, or its figure beside the group's, would tell the locations apart.
 */
export function protectSpanning(
  all: readonly Candidate[],
  parts: readonly LocationPart[],
  rules: Rules,
): readonly Candidate[] {
  const isProtected = new Set(parts.flatMap((part) => (part.isProtected ? [part.location] : [])));
  return all.map((one) => {
    const people = new Map<Atom['location'], number>();
    for (const atom of one.atoms)
      people.set(atom.location, (people.get(atom.location) ?? 0) + peopleOf(atom));
    const isSpanning =
      people.size > 1 &&
      [...people].some(([location, n]) => isProtected.has(location) || isSmall(n, rules.minimum));
    return isSpanning ? { ...one, isProtected: true } : one;
  });
}
