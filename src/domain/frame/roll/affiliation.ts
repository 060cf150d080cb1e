/** A contact's schools and grades: combines a row of a roll with what earlier rolls said. */

export interface KnownGrade {
  /** 0: the roll gives none. */
  readonly grade: number;
  /** Number of the import that said so last. */
  readonly source: number;
}

export interface AffiliationChange {
  /** Grades at this school that are no longer valid. */
  readonly removed: readonly number[];
  readonly written: boolean;
  /** `joined`: the contact's first grade at this school; `corrected`: the later roll replaces an earlier one's. */
  readonly outcome: 'joined' | 'corrected' | 'known';
}

/**
 * Within one roll every grade stays: a household may have two children at one school. A later roll with another grade replaces
 * earlier ones. A roll without grades removes none.
 * @param known grades of the contact at the row's school
 */
export function decideAffiliation(known: readonly KnownGrade[], row: KnownGrade): AffiliationChange {
  if (known.length === 0) return { removed: [], written: true, outcome: 'joined' };
  if (row.grade === 0) return { removed: [], written: false, outcome: 'known' };
  if (known.some((k) => k.grade === row.grade)) return { removed: [], written: true, outcome: 'known' };
  const removed = known.filter((k) => k.source !== row.source || k.grade === 0).map((k) => k.grade);
  return { removed, written: true, outcome: removed.length > 0 ? 'corrected' : 'known' };
}
