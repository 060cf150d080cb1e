/**
 * What is stored of an audit, and when it gets a trail entry: when its result differs from the last one, or when a person
 * requested it.
 */
import type { AuditRecord } from '../model/audit.ts';
import type { Decision } from '../model/decision.ts';
import type { CountyCode } from '../model/ids.ts';
import type { Stamp } from '../model/stamp.ts';
import type { CountyAudit } from './audit/audit-county.ts';

/** This many are stored; the audit itself reports the whole list. */
const maximumKept = 20;

/** What is stored of an audit: the numbers, and the first differences. */
export function recordOf(audit: CountyAudit, at: number): AuditRecord {
  return {
    at,
    logSize: audit.size,
    differences: audit.count,
    named: audit.differences.slice(0, maximumKept),
    uncommitted: audit.uncommitted,
  };
}

/** Only news go into the trail: a different number of differences, or an audit that a person requested. */
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
