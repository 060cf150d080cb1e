import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { AuditRecord } from '../../domain/model/audit.ts';
import type { CountyAudit } from '../../domain/evidence/audit/audit-county.ts';
import type { TrailBreak } from '../../domain/evidence/trail.ts';
import type { NoteKey } from '../../domain/evidence/note.ts';
import type { Stamp } from '../../domain/model/stamp.ts';

export interface AuditReader {
  /**
   * Compares every table that can change a figure, a rate or a statement with the leaves of the county's log, row by row, in one
   * snapshot, concurrently with the writer. One result per county, in their order; null: it has no log yet. `key`: that of the
   * county's checkpoints; null: signatures are not checked.
   * @throws AppError corrupt if rows cannot be read
   */
  auditLogs(
    campaign: CampaignId,
    counties: readonly { readonly county: CountyCode; readonly key: NoteKey | null }[],
  ): Promise<readonly (CountyAudit | null)[]>;
  /** Whether the trail of the installation is complete, from its first entry to its last. */
  auditTrail(): Promise<{ readonly entries: number; readonly breaks: readonly TrailBreak[] }>;
  findAudit(campaign: CampaignId, county: CountyCode): Promise<AuditRecord | undefined>;
  /**
   * A value that differs after every change of the database by another process, and after this process's own changes of audited
   * data. It does not change after a log-in, a minute, or an answer to an open survey.
   */
  readChangeCount(): Promise<string>;
}

export interface AuditWriter {
  /** Replaces the last one. */
  recordAudit(stamp: Stamp, campaign: CampaignId, county: CountyCode, record: AuditRecord): Promise<void>;
  /** Appends the heads of the trail and of the checkpoints to the county's log, once after `since` has passed. */
  recordHeads(campaign: CampaignId, county: CountyCode, since: number, at: number): Promise<void>;
}
