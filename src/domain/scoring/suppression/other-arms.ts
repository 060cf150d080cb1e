/**
 * The other arms of a split ballot. Their answers are in no figure of the summary, but its rates count them: a
 * school's return rate, less its answers, is the number who answered another arm there. If that is small, the rate is
 * hidden, together with as many others as it would follow from. Re-answers are counted over all arms, too.
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
      // An attacker may or may not know at which schools nobody answered another arm.
      const views = [() => true, (place: OtherArmPlace) => place.counted > 0].map((isIn) => {
        const view = new View<OtherArmPlace>(schools, isIn);
        for (const one of schools) if (one.isProtected) view.protect(() => true, [one]);
        return view;
      });
      this.groups.set(group, { schools, views });
    }
  }

  /** Tries to show how many answered at a school over all arms. */
  tryReturned(group: Group, reportingStratum: number): boolean {
    const own = this.groups.get(group);
    const one = own?.schools.find((school) => school.reportingStratum === reportingStratum);
    if (!own || !one) return true;
    if (one.isProtected) return false;
    return own.views.every((view) => view.space.tryToShow([view.row(() => true, [one])]));
  }

  /**
   * The minimum number of re-answers at a school by the main arm: in the other arms, everybody may have answered
   * again.
   */
  mainOf(reportingStratum: number, again: number): number {
    const others = this.handedIn.get(reportingStratum);
    return Math.max(0, again - (others ?? 0));
  }
}
