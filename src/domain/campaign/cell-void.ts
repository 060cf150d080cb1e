/** Does a confirmed void cover a stratum? */
import type { Group } from '../model/vocabulary.ts';

export interface VoidScope {
  readonly county: string | null;
  readonly group: Group | null;
  readonly reportingStratum: number | null;
}

/** Each part of the void's scope that is given must match; none given covers the whole campaign. */
export function isVoided(
  voids: readonly VoidScope[],
  cell: { readonly county: string; readonly group: Group; readonly reportingStratum: number },
): boolean {
  return voids.some(
    (v) =>
      (v.county === null || v.county === cell.county) &&
      (v.group === null || v.group === cell.group) &&
      (v.reportingStratum === null || v.reportingStratum === cell.reportingStratum),
  );
}
