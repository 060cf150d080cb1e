/**
 * Arms of a split ballot that stand apart are in no figure of the summary, but in its rates: a school's return rate, less its answers, tells how many of them are of
 * another arm. Where these are few, the rate is hidden, and so are as many as it would follow from. Who answered again is counted over all arms, too.
 */
import { isSmall, type Group } from './cells.ts';
import type { OtherArmPlace } from './layout.ts';
import { View, type Placed } from './people.ts';

interface School extends Placed<OtherArmPlace> {
  readonly reportingStratum: number;
  readonly n: number;
}

export class OtherArms {
  private readonly groups = new Map<
    Group,
    { readonly schools: readonly School[]; readonly views: readonly View<OtherArmPlace>[] }
  >();
  private readonly handedIn = new Map<number, number>();

  constructor(places: readonly OtherArmPlace[], minimum: number) {
    const byGroup = new Map<Group, Map<number, OtherArmPlace[]>>();
    for (const place of places) {
      const { group, reportingStratum: no } = place;
      this.handedIn.set(no, (this.handedIn.get(no) ?? 0) + place.handedIn);
      const strata = byGroup.get(group) ?? new Map<number, OtherArmPlace[]>();
      byGroup.set(group, strata.set(no, [...(strata.get(no) ?? []), place]));
    }
    for (const [group, strata] of byGroup) {
      const schools = [...strata].map(([reportingStratum, own]): School => {
        const n = own.reduce((sum, place) => sum + place.counted, 0);
        return {
          ...{ reportingStratum, n, isProtected: isSmall(n, minimum) },
          places: own.filter((place) => place.counted > 0),
          emptyPlaces: own.filter((place) => place.counted === 0),
        };
      });
      schools.sort((a, b) => b.n - a.n);
      // Where nobody of the arm answered may be known or not.
      const views = [() => true, (place: OtherArmPlace) => place.counted > 0].map((isIn) => {
        const view = new View<OtherArmPlace>(schools, isIn);
        for (const one of schools) if (one.isProtected) view.protect(() => true, [one]);
        return view;
      });
      this.groups.set(group, { schools, views });
    }
  }

  /** May it be told how many answered at a school over all arms? */
  tryReturned(group: Group, reportingStratum: number): boolean {
    const own = this.groups.get(group);
    const one = own?.schools.find((school) => school.reportingStratum === reportingStratum);
    if (!own || !one) return true;
    if (one.isProtected) return false;
    return own.views.every((view) => view.space.tryToShow([view.row(() => true, [one])]));
  }

  /** Of so many who answered again at a school, the least that are of the main arm: of the others, all may have. */
  mainOf(reportingStratum: number, again: number): number {
    const others = this.handedIn.get(reportingStratum);
    return Math.max(0, again - (others ?? 0));
  }
}
