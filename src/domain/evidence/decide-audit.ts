/** What is kept of an audit, and when it is worth an entry of the trail: when its result is another one than the last, or somebody asked for it. */
import type { AuditRecord } from '../model/audit.ts';
import type { Decision } from '../model/decision.ts';
import type { CountyCode } from '../model/ids.ts';
import type { Stamp } from '../model/stamp.ts';
import type { CountyAudit } from './audit/audit-county.ts';

/** Kept by name; the whole list is told by the audit itself. */
const maximumKept = 20;

/** What is kept of an audit: the numbers, and the first differences by name. */
export function recordOf(audit: CountyAudit, at: number): AuditRecord {
  return {
    at,
    logSize: audit.size,
    differences: audit.count,
    named: audit.differences.slice(0, maximumKept),
    uncommitted: audit.uncommitted,
  };
}

/** Only news is told in the trail: another number of differences, or an audit that a person asked for. */
export function decideAudit(
  before: AuditRecord | undefined,
  { county, record }: { readonly county: CountyCode; readonly record: AuditRecord },
  stamp: Stamp,
): Decision<AuditRecord> {
  const { logSize, differences, uncommitted } = record;
  const isNews = before?.differences !== differences || stamp.actor.role !== 'system';
  return {
    changes: record,
    leaves: [],
    trail: isNews
      ? [{ action: 'evidence.audit', county, details: { logSize, differences, uncommitted } }]
      : [],
  };
}
