/** Findings of an audit: where a table differs from the log, and what the log does not commit to. */

/** One row that differs from what its leaf commits to. */
export interface AuditDifference {
  readonly table: string;
  /** The row's key, as far as known. */
  readonly row: string;
  /** Index of the leaf that differs; null: no leaf knows the row. */
  readonly leaf: number | null;
  /** Column, or `row` if a whole row is missing or superfluous. */
  readonly what: string;
  /** By the log; empty: nothing. */
  readonly expected: string;
  /** In the table; empty: nothing. */
  readonly found: string;
}

/** Facts that logs of earlier versions do not commit to. They are neither right nor wrong, but unproven. */
export const uncommittedFacts = [
  'trail',
  'checkpoints',
  'snapshots',
  'comments',
  'reports',
  'late-contacts',
  'fates',
] as const;
export type UncommittedFact = (typeof uncommittedFacts)[number];

/** This many are listed; further ones are only counted. */
const maximumNamed = 200;
const maximumText = 300;

export class Differences {
  readonly named: AuditDifference[] = [];
  count = 0;
  readonly uncommitted = new Set<UncommittedFact>();

  add(
    table: string,
    row: string,
    leaf: number | null,
    what: string,
    expected: unknown,
    found: unknown,
  ): void {
    this.count += 1;
    if (this.named.length >= maximumNamed) return;
    this.named.push({ table, row, leaf, what, expected: textOf(expected), found: textOf(found) });
  }
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, maximumText);
}
