/**
 * Converts results of storage and operations to API values: times as ISO 8601, bytes as hexadecimal, messages in the caller's
 * language.
 */
import { toHex } from '../../domain/hash.ts';
import type { Issue } from '../../domain/errors.ts';
import type { LogStatus } from '../../domain/evidence/witness.ts';
import { errorWords } from '../../texts/error-words.ts';
import type { Translate } from '../../texts/texts.ts';
import type { RatesView } from '../../operations/summary/rates.ts';
import type { UserView } from '../../operations/user/users.ts';
import type { AuditStatus } from '../../domain/model/audit.ts';
import type { Campaign, CampaignCounty } from '../../domain/model/campaign.ts';
import type { OpenLink } from '../../domain/model/code.ts';
import type { ShownExport } from '../../operations/code/codes.ts';
import type { Proposal } from '../../domain/model/proposal.ts';
import type { RollImport, RowFault } from '../../domain/model/import.ts';
import type { TrailEntry } from '../../domain/model/trail.ts';

export function iso(at: number): string {
  return new Date(at).toISOString();
}
const isoOrNull = (at: number | null) => (at === null ? null : iso(at));

export function presentUser(user: UserView) {
  return { ...user, counties: [...user.counties], createdAt: iso(user.createdAt) };
}

export function presentCounty(county: CampaignCounty) {
  return {
    ...county,
    slips: [...county.slips],
    frame: county.frame && {
      root: toHex(county.frame.root),
      size: county.frame.size,
      frozenAt: iso(county.frame.frozenAt),
    },
    draw: county.draw && {
      dice: county.draw.dice,
      seed: toHex(county.draw.seed),
      by: county.draw.by,
      at: iso(county.draw.at),
      moves: [...county.draw.moves],
      quotas: county.draw.quotas,
    },
  };
}

export function presentCampaign(c: Campaign) {
  return {
    ...c,
    createdAt: iso(c.createdAt),
    openedAt: isoOrNull(c.openedAt),
    closesAt: iso(c.closesAt),
    closedAt: isoOrNull(c.closedAt),
    releasedAt: isoOrNull(c.releasedAt),
    expiredAt: isoOrNull(c.expiredAt),
    storageUntil: iso(c.storageUntil),
    questionnaires: c.questionnaires.map((q) => ({ ...q, groups: [...q.groups] })),
    counties: c.counties.map(presentCounty),
    voids: c.voids.map((v) => ({ ...v, at: iso(v.at) })),
  };
}

export function presentProposal(p: Proposal) {
  return {
    ...p,
    content: p.content.kind === 'dates' ? { ...p.content, closesAt: iso(p.content.closesAt) } : p.content,
    proposedAt: iso(p.proposedAt),
    decidedAt: isoOrNull(p.decidedAt),
  };
}

export function presentIssue(t: Translate, issue: Issue) {
  return { path: issue.path, message: errorWords(t, issue.message, issue.params), code: issue.message };
}

export function presentFault(t: Translate, fault: RowFault) {
  const { sheet, row, field, params } = fault;
  const column = params['column'] === undefined ? null : String(params['column']);
  return { sheet, row, column, field, message: t(fault.message, params), code: fault.message };
}

export function presentImport(t: Translate, i: RollImport) {
  return {
    ...i,
    at: iso(i.at),
    summary: i.summary && {
      good: i.summary.good,
      bad: i.summary.bad,
      skipped: i.summary.skipped,
      unmappedColumns: i.summary.unmappedColumns,
      warnings: i.summary.warnings.map((w) => presentIssue(t, w)),
      doubts: i.summary.doubts.map((w) => presentIssue(t, w)),
    },
    withdrawal: i.withdrawal && { ...i.withdrawal, at: iso(i.withdrawal.at) },
  };
}

export function presentExport(e: ShownExport) {
  return { ...e, groups: [...e.groups], at: iso(e.at) };
}

export function presentLink(publicUrl: string, link: OpenLink) {
  return {
    url: `${publicUrl}/q/${link.id}`,
    group: link.group,
    school: link.school,
    createdAt: iso(link.createdAt),
  };
}

export function presentTrail(e: TrailEntry) {
  return { ...e, at: iso(e.at) };
}

export function presentRates(r: RatesView) {
  return {
    ...r,
    closesAt: iso(r.closesAt),
    at: isoOrNull(r.at),
    nextAt: isoOrNull(r.nextAt),
    groups: [...r.groups],
    rows: [...r.rows],
    log: presentLog(r.log),
  };
}

export function presentAudit({ at, uncommitted, ...audit }: AuditStatus) {
  return { ...audit, at: iso(at), uncommitted: [...uncommitted] };
}

export function presentLog(log: LogStatus | null) {
  return (
    log && {
      ...log,
      at: iso(log.at),
      witnesses: log.witnesses.map((w) => ({ ...w, at: isoOrNull(w.at) })),
      held: [...log.held],
    }
  );
}
