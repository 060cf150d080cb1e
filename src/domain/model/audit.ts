import type { AuditDifference, UncommittedFact } from '../evidence/audit/difference.ts';

/** The last audit of a county, as stored. */
export interface AuditRecord {
  readonly at: number;
  /** Number of leaves of the log at the audit. */
  readonly logSize: number;
  readonly differences: number;
  /** The first of them. */
  readonly named: readonly AuditDifference[];
  readonly uncommitted: readonly UncommittedFact[];
}

/**
 * What every reader of a summary gets: time, result, and what is not proven. Only accounts that may run an audit see the rows.
 */
export type AuditStatus = Omit<AuditRecord, 'named'>;
