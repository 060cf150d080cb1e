/** What an audit finds: where a table says something else than the log, and what the log does not say at all. */

/** One row that is not what its leaf commits to. */
export interface AuditDifference {
  readonly table: string;
  /** The row's key, as far as it can be told. */
  readonly row: string;
  /** Index of the leaf that says otherwise; null: no leaf knows the row. */
  readonly leaf: number | null;
  /** Column, or `row` where a whole row is missing or too many. */
  readonly what: string;
  /** By the log; empty: nothing. */
  readonly expected: string;
  /** In the table; empty: nothing. */
  readonly found: string;
}

/** What logs of earlier versions do not commit to. It is neither right nor wrong: it is not proven. */
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

/** Named one by one; what lies beyond is only counted. */
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
