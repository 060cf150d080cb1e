/** Recipients of codes, and every export. */
import { and, asc, eq, gt, inArray, isNotNull, isNull } from 'drizzle-orm';
import { z } from 'zod';
import { createCodeCommitment, type IssueCommitment } from '../../../domain/code/commitment.ts';
import { decideExport } from '../../../domain/code/decide-export.ts';
import { createListHash, drawnContactBytes } from '../../../domain/evidence/leaf.ts';
import type { CodeExport, IssuedCode } from '../../../domain/model/code.ts';
import { toHex } from '../../../domain/hash.ts';
import type { AddressedContact, MessageContact, ReachableContact } from '../../../domain/model/contact.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
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

export async function listMessageContacts(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
  filter: { readonly sets: readonly CountedSet[]; readonly slips: boolean },
  after: Uint8Array | null,
  limit: number,
): Promise<readonly MessageContact[]> {
  return (
    await tx
      .select()
      .from(contacts)
      .where(
        and(
          eq(contacts.campaign, await campaignNo(tx, id)),
          eq(contacts.county, county),
          isNotNull(contacts.sealedCode),
          inArray(contacts.set, [...filter.sets]),
          filter.slips ? isNotNull(contacts.slipNo) : isNull(contacts.slipNo),
          after === null ? undefined : gt(contacts.entry, Buffer.from(after)),
        ),
      )
      .orderBy(asc(contacts.entry))
      .limit(limit)
  ).map(toMessageContact);
}

export async function listReachable(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  sets: readonly CountedSet[],
  after: Uint8Array | null,
  limit: number,
): Promise<readonly ReachableContact[]> {
  const rows = (await ctx.raw
    .prepare(
      `SELECT entry, grp AS "group", counted_set AS "set", school, coalesce(reporting_stratum, 0) AS "reportingStratum"
       FROM contacts WHERE campaign = ? AND county = ? AND entry > ? AND sealed_code IS NOT NULL AND has_phone = 1 AND slip_no IS NULL
         AND counted_set = ANY (?::text[])
       ORDER BY entry LIMIT ?`,
    )
    .all(
      await knownCampaignNo(ctx, id),
      county,
      after ?? new Uint8Array(0),
      sets,
      limit,
    )) as ReachableContact[];
  return rows.map((c) => ({
    entry: new Uint8Array(c.entry),
    group: groupSchema.parse(c.group),
    set: countedSetSchema.parse(c.set),
    school: c.school,
    reportingStratum: c.reportingStratum,
  }));
}

/** Runs for every outgoing message, a few at a time. */
export async function findAddressed(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  entries: readonly Uint8Array[],
): Promise<readonly (AddressedContact | undefined)[]> {
  const no = await knownCampaignNo(ctx, id);
  const rows = (await ctx.raw
    .prepare(
      `SELECT entry, grp AS "group", school, sealed AS "sealedPhone", sealed_code AS "sealedCode"
       FROM contacts WHERE campaign = ? AND county = ? AND entry = ANY (?::bytea[]) AND sealed_code IS NOT NULL`,
    )
    .all(no, county, entries)) as (AddressedContact & { readonly entry: Buffer })[];
  const found = new Map(rows.map(({ entry, ...contact }) => [entry.toString('hex'), contact]));
  return entries.map((entry) => {
    const row = found.get(toHex(entry));
    return row && { ...row, group: groupSchema.parse(row.group) };
  });
}

export async function recordExport(
  ctx: Context,
  stamp: Stamp,
  made: Omit<CodeExport, 'by' | 'at'>,
): Promise<void> {
  const tx = ctx.db;
  const state = await readCountyState(tx, made.campaign, made.county);
  const county = (await getCampaign(tx, made.campaign)).counties.find((c) => c.code === made.county);
  const students = await readDocument(tx, state.no, made.county, 'students');
  const decision = decideExport({ ...state, slips: county?.slips ?? [], students }, made, stamp);
  const { groups, ...row } = decision.changes.made;
  await tx.insert(codeExports).values({ ...row, campaign: state.no, groups: JSON.stringify(groups) });
  await recordDecision(tx, stamp, { no: state.no, id: made.campaign }, decision);
  if (decision.changes.isReminder) noteReminder(ctx, state.no, made.county);
}

const groupsSchema = z.array(groupSchema);
export async function listExports(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
): Promise<readonly CodeExport[]> {
  return (
    await tx
      .select()
      .from(codeExports)
      .where(and(eq(codeExports.campaign, await campaignNo(tx, id)), eq(codeExports.county, county)))
      .orderBy(asc(codeExports.at), asc(codeExports.id))
  ).map((e) => ({
    ...e,
    campaign: id,
    county,
    kind: exportKindSchema.parse(e.kind),
    format: exportFormatSchema.parse(e.format),
    groups: parseJson(groupsSchema, e.groups, 'code_exports.groups'),
  }));
}

const issuedColumns = `pseudonym, sampling_stratum AS "samplingStratum", reporting_stratum AS "reportingStratum", questionnaire, counted_set AS "set"`;
type IssuedRow = Omit<IssuedCode, 'pseudonym'> & { pseudonym: Buffer };
const issuedOf = (row: IssuedRow): IssuedCode => ({
  ...row,
  pseudonym: new Uint8Array(row.pseudonym),
  set: issuedSetSchema.parse(row.set),
});

/**
 * The cells to which the draw issued codes, without those of test contacts, and the hash over the drawn contacts. Reads every
 * code, some at a time.
 */
export async function readIssueCommitment(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
): Promise<IssueCommitment> {
  const campaign = await knownCampaignNo(ctx, id);
  const codes = createCodeCommitment();
  const issued = ctx.raw
    .prepare(
      `SELECT ${issuedColumns} FROM issued WHERE campaign = ? AND county = ? AND sampling_stratum > 0 ORDER BY pseudonym`,
    )
    .iterate(campaign, county) as AsyncIterable<IssuedRow>;
  for await (const row of issued) codes.add(issuedOf(row));
  const contacts = createListHash();
  const drawn = ctx.raw
    .prepare(
      `SELECT entry, counted_set AS "set", reporting_stratum AS reporting FROM contacts
       WHERE campaign = ? AND county = ? AND sealed_code IS NOT NULL AND slip_no IS NULL AND late <> ${lateness.canary} ORDER BY entry`,
    )
    .iterate(campaign, county) as AsyncIterable<{ entry: Buffer; set: CountedSet; reporting: number }>;
  for await (const r of drawn) contacts.add(drawnContactBytes(r.entry, r.set, r.reporting));
  return { codes: codes.cells(), contacts: contacts.digest() };
}

export async function listIssued(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  after: Uint8Array | null,
  limit: number,
): Promise<readonly IssuedCode[]> {
  const rows = (await ctx.raw
    .prepare(
      `SELECT ${issuedColumns} FROM issued WHERE campaign = ? AND pseudonym > ? AND county = ? AND sampling_stratum > 0 ORDER BY pseudonym LIMIT ?`,
    )
    .all(await campaignNo(ctx.db, id), after ?? Buffer.alloc(0), county, limit)) as IssuedRow[];
  return rows.map(issuedOf);
}
