/** Whether a confirmed void covers a stratum. */
import type { Group } from '../model/vocabulary.ts';

export interface VoidScope {
  readonly county: string | null;
  readonly group: Group | null;
  readonly reportingStratum: number | null;
}

/** Each part of the void's scope that is set must match; a scope without parts covers the whole campaign. */
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
