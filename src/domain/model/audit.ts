import type { AuditDifference, UncommittedFact } from '../evidence/audit/difference.ts';

/** The last audit of a county, as it is kept. */
export interface AuditRecord {
  readonly at: number;
  /** Leaves of the log that it was held against. */
  readonly logSize: number;
  readonly differences: number;
  /** The first of them. */
  readonly named: readonly AuditDifference[];
  readonly uncommitted: readonly UncommittedFact[];
}

/** What every reader of a summary is told: when, with what result, and what is not proven. Rows are named to those alone who may run an audit. */
export type AuditStatus = Omit<AuditRecord, 'named'>;
