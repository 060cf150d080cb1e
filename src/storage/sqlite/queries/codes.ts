/** Codes as they are handed out: to whom, and every export. */
import { and, asc, eq, gt, inArray, isNotNull, isNull } from 'drizzle-orm';
import { z } from 'zod';
import { decideExport } from '../../../domain/code/decide-export.ts';
import type { CodeExport } from '../../../domain/model/code.ts';
import type { MessageContact } from '../../../domain/model/contact.ts';
import type { CampaignId, CountyCode, SchoolId } from '../../../domain/model/ids.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import { countedSetSchema, groupSchema, type CountedSet } from '../../../domain/model/vocabulary.ts';
import type { Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import { parseJson } from '../json.ts';
import { codeExports, contacts } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';
import { readCountyState } from './county.ts';
import { recordDecision } from './decision.ts';
import { noteReminder } from './watch.ts';

// Made once: a schema costs more to make than a row to read.
const exportKindSchema = z.enum(['invitation', 'reminder', 'replacement', 'late', 'slips']);
const exportFormatSchema = z.enum(['xlsx', 'csv', 'html']);

export function listMessageContacts(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
  filter: { readonly sets: readonly CountedSet[]; readonly slips: boolean },
  after: Uint8Array | null,
  limit: number,
): readonly MessageContact[] {
  return tx
    .select()
    .from(contacts)
    .where(
      and(
        eq(contacts.campaign, campaignNo(tx, id)),
        eq(contacts.county, county),
        isNotNull(contacts.sealedCode),
        inArray(contacts.set, [...filter.sets]),
        filter.slips ? isNotNull(contacts.slipNo) : isNull(contacts.slipNo),
        after === null ? undefined : gt(contacts.entry, Buffer.from(after)),
      ),
    )
    .orderBy(asc(contacts.entry))
    .limit(limit)
    .all()
    .map((c) => ({
      entry: new Uint8Array(c.entry),
      group: groupSchema.parse(c.group),
      sealedPhone: c.sealed === null ? null : new Uint8Array(c.sealed),
      hasPhone: c.hasPhone === 1,
      sealedCode: new Uint8Array(c.sealedCode ?? []),
      set: countedSetSchema.parse(c.set),
      school: c.school as SchoolId | null,
      slipNo: c.slipNo,
      reportingStratum: c.reportingStratum ?? 0,
    }));
}

export function recordExport(ctx: Context, stamp: Stamp, made: Omit<CodeExport, 'by' | 'at'>): void {
  const tx = ctx.db;
  const state = readCountyState(tx, made.campaign, made.county);
  const decision = decideExport(state, made, stamp);
  const { groups, ...row } = decision.changes.made;
  tx.insert(codeExports)
    .values({ ...row, campaign: state.no, groups: JSON.stringify(groups) })
    .run();
  recordDecision(tx, stamp, { no: state.no, id: made.campaign }, decision);
  if (decision.changes.isReminder) noteReminder(ctx, state.no, made.county);
}

const groupsSchema = z.array(groupSchema);
export function listExports(tx: Tx, id: CampaignId, county: CountyCode): readonly CodeExport[] {
  return tx
    .select()
    .from(codeExports)
    .where(and(eq(codeExports.campaign, campaignNo(tx, id)), eq(codeExports.county, county)))
    .orderBy(asc(codeExports.at))
    .all()
    .map((e) => ({
      ...e,
      campaign: id,
      county,
      kind: exportKindSchema.parse(e.kind),
      format: exportFormatSchema.parse(e.format),
      groups: parseJson(groupsSchema, e.groups, 'code_exports.groups'),
    }));
}
