/** Recipients of codes, and every export. */
import { and, asc, eq, gt, inArray, isNotNull, isNull } from 'drizzle-orm';
import { z } from 'zod';
import { createCodeCommitment, type IssueCommitment } from '../../../domain/code/commitment.ts';
import { decideExport } from '../../../domain/code/decide-export.ts';
import { createListHash, drawnContactBytes } from '../../../domain/evidence/leaf.ts';
import type { CodeExport, IssuedCode } from '../../../domain/model/code.ts';
import { joinIds, splitIds } from '../../../domain/messaging/recipient.ts';
import type { AddressedContact, MessageContact, ReachableContact } from '../../../domain/model/contact.ts';
import type { CampaignId, CountyCode, SchoolId } from '../../../domain/model/ids.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import {
  countedSetSchema,
  groupSchema,
  issuedSetSchema,
  type CountedSet,
} from '../../../domain/model/vocabulary.ts';
import type { Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import { toMessageContact } from '../../shared/contact-rows.ts';
import { parseJson } from '../../shared/json.ts';
import { idAt, inOnePiece, piecesOf, positionsOf, prepared } from '../prepared.ts';
import { memoizeWords } from '../../shared/known-words.ts';
import { codeExports, contacts, lateness } from '../schema.ts';
import { campaignNo, knownCampaignNo } from './campaign-no.ts';
import { getCampaign } from './campaigns.ts';
import { readCountyState } from './county.ts';
import { recordDecision } from './decision.ts';
import { readDocument } from './inspection.ts';
import { noteReminder } from '../../shared/watch.ts';

// Created once: building a schema costs more than reading a row.
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
    .map(toMessageContact);
}

const groupOf = memoizeWords(groupSchema);
const countedSetOf = memoizeWords(countedSetSchema);

export function listReachable(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  sets: readonly CountedSet[],
  after: Uint8Array | null,
  limit: number,
): readonly ReachableContact[] {
  const [rows, entries] = prepared(
    ctx.raw,
    `SELECT json_group_array(json_array(grp, counted_set, school, coalesce(reporting_stratum, 0))), ${inOnePiece('entry')}
     FROM (SELECT entry, grp, counted_set, school, reporting_stratum FROM contacts
           WHERE campaign = ? AND county = ? AND entry > ? AND sealed_code IS NOT NULL AND has_phone = 1 AND slip_no IS NULL
             AND counted_set IN (SELECT value FROM json_each(?))
           ORDER BY entry LIMIT ?)`,
  )
    .raw()
    .get(knownCampaignNo(ctx, id), county, after ?? new Uint8Array(0), JSON.stringify(sets), limit) as [
    string,
    Buffer | null,
  ];
  const ids = splitIds(piecesOf(entries));
  return (JSON.parse(rows) as readonly [string, string, SchoolId | null, number][]).map(
    ([group, set, school, reportingStratum], i) => ({
      ...{ entry: ids[i]!, group: groupOf(group), set: countedSetOf(set), school, reportingStratum },
    }),
  );
}

/** Runs for every outgoing message, a few at a time. */
export function findAddressed(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  entries: readonly Uint8Array[],
): readonly (AddressedContact | undefined)[] {
  const [rows, bytes] = prepared(
    ctx.raw,
    `SELECT json_group_array(json_array(k.value, c.grp, c.school, length(c.sealed), length(c.sealed_code))),
            ${inOnePiece("coalesce(c.sealed, x'') || c.sealed_code")}
     FROM json_each(?) k CROSS JOIN contacts c ON c.campaign = ? AND c.county = ? AND c.entry = ${idAt}
     WHERE c.sealed_code IS NOT NULL`,
  )
    .raw()
    .get(positionsOf(entries), knownCampaignNo(ctx, id), county, joinIds(entries)) as [string, Buffer | null];
  const found = new Array<AddressedContact | undefined>(entries.length).fill(undefined);
  const sealed = piecesOf(bytes);
  let at = 0;
  for (const [i, group, school, phoneLength, codeLength] of JSON.parse(rows) as readonly [
    number,
    string,
    SchoolId | null,
    number | null,
    number,
  ][]) {
    const codeAt = at + (phoneLength ?? 0);
    const sealedPhone = phoneLength === null ? null : sealed.subarray(at, codeAt);
    at = codeAt + codeLength;
    found[i] = { group: groupOf(group), school, sealedPhone, sealedCode: sealed.subarray(codeAt, at) };
  }
  return found;
}

export function recordExport(ctx: Context, stamp: Stamp, made: Omit<CodeExport, 'by' | 'at'>): void {
  const tx = ctx.db;
  const state = readCountyState(tx, made.campaign, made.county);
  const county = getCampaign(tx, made.campaign).counties.find((c) => c.code === made.county);
  const students = readDocument(tx, state.no, made.county, 'students');
  const decision = decideExport({ ...state, slips: county?.slips ?? [], students }, made, stamp);
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
    .orderBy(asc(codeExports.at), asc(codeExports.id))
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

const issuedColumns = `pseudonym, sampling_stratum AS samplingStratum, reporting_stratum AS reportingStratum, questionnaire, counted_set AS "set"`;
type IssuedRow = Omit<IssuedCode, 'pseudonym'> & { pseudonym: Buffer };
const issuedOf = (row: IssuedRow): IssuedCode => ({
  ...row,
  pseudonym: new Uint8Array(row.pseudonym),
  set: issuedSetSchema.parse(row.set),
});

/**
 * The cells to which the draw issued codes, without those of test contacts, and the hash over the drawn contacts. Reads every
 * code, one at a time.
 */
export function readIssueCommitment(ctx: Context, id: CampaignId, county: CountyCode): IssueCommitment {
  const campaign = knownCampaignNo(ctx, id);
  const codes = createCodeCommitment();
  const issued = ctx.raw
    .prepare(
      `SELECT ${issuedColumns} FROM issued WHERE campaign = ? AND county = ? AND sampling_stratum > 0 ORDER BY pseudonym`,
    )
    .iterate(campaign, county) as IterableIterator<IssuedRow>;
  for (const row of issued) codes.add(issuedOf(row));
  const contacts = createListHash();
  const drawn = ctx.raw
    .prepare(
      `SELECT entry, counted_set AS "set", reporting_stratum AS reporting FROM contacts
       WHERE campaign = ? AND county = ? AND sealed_code IS NOT NULL AND slip_no IS NULL AND late <> ${lateness.canary} ORDER BY entry`,
    )
    .iterate(campaign, county) as IterableIterator<{ entry: Buffer; set: CountedSet; reporting: number }>;
  for (const r of drawn) contacts.add(drawnContactBytes(r.entry, r.set, r.reporting));
  return { codes: codes.cells(), contacts: contacts.digest() };
}

export function listIssued(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  after: Uint8Array | null,
  limit: number,
): readonly IssuedCode[] {
  const rows = ctx.raw
    .prepare(
      `SELECT ${issuedColumns} FROM issued WHERE campaign = ? AND pseudonym > ? AND county = ? AND sampling_stratum > 0 ORDER BY pseudonym LIMIT ?`,
    )
    .all(campaignNo(ctx.db, id), after ?? Buffer.alloc(0), county, limit) as IssuedRow[];
  return rows.map(issuedOf);
}
