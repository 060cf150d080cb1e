/**
 * Rows for the audit (domain/evidence/audit), all from one read transaction. Nothing is judged or left out here: rows that our
 * code would never write are what the audit looks for.
 */
import { mapInOrder } from '../in-order.ts';
import { z } from 'zod';
import { auditCounty, type CountyAudit } from '../../../domain/evidence/audit/audit-county.ts';
import type { ContactRow, IssuedCodes } from '../../../domain/evidence/audit/codes.ts';
import { uncommittedFacts } from '../../../domain/evidence/audit/difference.ts';
import type { LogRows } from '../../../domain/evidence/audit/log.ts';
import type { Row } from '../../../domain/evidence/audit/rows.ts';
import type { AuditTables } from '../../../domain/evidence/audit/tables.ts';
import { systemActor } from '../../../domain/campaign/permissions.ts';
import { decideAudit } from '../../../domain/evidence/decide-audit.ts';
import { decideHeads, headsLeaf, type HeadsState } from '../../../domain/evidence/decide-heads.ts';
import { decodeStateLeaf, leafTypes } from '../../../domain/evidence/leaf.ts';
import type { NoteKey } from '../../../domain/evidence/note.ts';
import type { CommittedText } from '../../../domain/evidence/texts.ts';
import { checkTrail, type TrailBreak, type TrailState } from '../../../domain/evidence/trail.ts';
import { AppError } from '../../../domain/errors.ts';
import { committedSchools } from '../../../domain/frame/roll/school-plan.ts';
import { contentHash, sha256, toHex } from '../../../domain/hash.ts';
import type { AuditRecord } from '../../../domain/model/audit.ts';
import type { ResponseRow } from '../../../domain/evidence/audit/responses.ts';
import type { RateSnapshot, TallyDifference } from '../../../domain/model/count.ts';
import type { DecidedLeaf } from '../../../domain/model/decision.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { Raw, Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import { parseJson } from '../../shared/json.ts';
import { eachResponseRow, readIssuedCodes, readResponseBlocks } from './answer-blocks.ts';
import { campaignNo } from './campaign-no.ts';
import { readCells } from './count.ts';
import { recordDecision } from './decision.ts';
import { joinReferences, type ReferenceRow } from '../../shared/references.ts';
import { logsOf } from './evidence-log.ts';
import { recount } from './recount.ts';
import { listSchools } from './schools.ts';
import { findTrailHead, listTrailEntries } from './trail.ts';

export async function auditLogs(
  ctx: Context,
  id: CampaignId,
  asked: readonly { readonly county: CountyCode; readonly key: NoteKey | null }[],
): Promise<readonly (CountyAudit | null)[]> {
  const no = await campaignNo(ctx.db, id);
  const logs = new Set(await logsOf(ctx.db, no));
  const trail = await trailFor(ctx.raw, no);
  return await mapInOrder(asked, async ({ county, key }) =>
    logs.has(county)
      ? await auditOne(ctx, id, no, county, key, await readIssuedCodes(ctx.raw, no, county), trail)
      : null,
  );
}

async function auditOne(
  ctx: Context,
  id: CampaignId,
  no: number,
  county: CountyCode,
  key: NoteKey | null,
  codes: IssuedCodes,
  trail: TrailState,
): Promise<CountyAudit> {
  const { raw } = ctx;
  const log = await readLogRows(raw, no, county);
  const frameContacts = (await raw
    .prepare(
      'SELECT count(*) FROM contacts WHERE campaign = ? AND county = ? AND late = 0 AND slip_no IS NULL',
    )
    .pluck()
    .get(no, county)) as number;
  const blocks = await readResponseBlocks(raw, no, county);
  const rows = {
    log,
    tables: await readTables(ctx, id, no, county, trail),
    references: await readReferences(raw, no, county, log.size),
    codes,
    contacts: await readContacts(raw, no, county),
    frameContacts,
    eachResponse: (take: (row: ResponseRow) => void) => eachResponseRow(blocks, take),
    key,
  };
  // Recounted only if the tallies' hash differs, which the audit finds out on its way: then it runs again with the count.
  let differences: readonly TallyDifference[] | null = null;
  let isAsked = false;
  const count = (): readonly TallyDifference[] => {
    isAsked = true;
    return differences ?? [];
  };
  const found = auditCounty(county, rows, count);
  if (!isAsked) return found;
  differences = (await recount(ctx, id, [county])).flatMap((r) => r.differences);
  return auditCounty(county, rows, count);
}

// The log --------------------------------------------------------------------------------------------------------------

async function readLogRows(raw: Raw, no: number, county: CountyCode): Promise<LogRows> {
  const { size, range } = (await raw
    .prepare('SELECT size, range FROM evidence_logs WHERE campaign = ? AND county = ?')
    .get(no, county)) as { size: number; range: Buffer };
  return {
    size,
    range,
    tiles: (await raw
      .prepare(
        'SELECT level, no, hashes FROM evidence_tiles WHERE campaign = ? AND county = ? ORDER BY level, no',
      )
      .all(no, county)) as LogRows['tiles'],
    states: (await raw
      .prepare('SELECT no, type, data FROM evidence_leaves WHERE campaign = ? AND county = ? ORDER BY no')
      .all(no, county)) as LogRows['states'],
  };
}

async function readReferences(raw: Raw, no: number, county: CountyCode, size: number): Promise<Uint8Array> {
  const rows = (await raw
    .prepare('SELECT no, data FROM evidence_references WHERE campaign = ? AND county = ? ORDER BY no')
    .all(no, county)) as ReferenceRow[];
  return joinReferences(rows, size);
}

// Tables ---------------------------------------------------------------------------------------------------------------

const ofCounty = 'WHERE campaign = ? AND county = ?';

async function readTables(
  ctx: Context,
  id: CampaignId,
  no: number,
  county: CountyCode,
  trail: TrailState,
): Promise<AuditTables> {
  const { raw } = ctx;
  const rows = async (sql: string, ...parameters: readonly (string | number)[]) =>
    (await raw.prepare(sql).all(...parameters)) as Row[];
  const own = async (columns: string, table: string, order: string) =>
    await rows(`SELECT ${columns} FROM ${table} ${ofCounty} ORDER BY ${order}`, no, county);
  return {
    campaign: (await rows('SELECT * FROM campaigns WHERE no = ?', no))[0] ?? {},
    county:
      (
        await rows(
          `SELECT name, residents, residents_as_of, slips, encode(frame_root, 'hex') AS frame_root, frame_size, frozen_at, draw, lot
         FROM campaign_counties ${ofCounty}`,
          no,
          county,
        )
      )[0] ?? {},
    documents: await rows('SELECT hash, body FROM documents'),
    schools: await hashOfSchools(ctx.db, id, county),
    samplingStrata: await own('*', 'sampling_strata', 'no'),
    reportingStrata: await own('*', 'reporting_strata', 'no'),
    imports: await own('id, grp, late_reason, file_hash, added, at', 'imports', 'no, id'),
    links: await own('grp, school, reporting_stratum, questionnaire', 'links', 'created_at, id'),
    codeExports: await own('id, kind, format, groups, count, file_hash, "by", at', 'code_exports', 'at, id'),
    sendings: await own(
      'no, kind, channel, form, signature, template, per_day, due_at, "by", at, state, audience, result, started_at, ended_at',
      'sendings',
      'no',
    ),
    voids: await rows(
      'SELECT no, county, grp, reporting_stratum, reason, at FROM voids WHERE campaign = ? AND (county IS NULL OR county = ?) ORDER BY no',
      no,
      county,
    ),
    ineligibles: await own('no, sampling_stratum, contacts, issued, reason, at', 'ineligibles', 'no'),
    proposals: await rows(
      'SELECT * FROM proposals WHERE campaign = ? ORDER BY decided_at NULLS FIRST, id',
      no,
    ),
    reanswers: await own('reporting_stratum, respondents, reanswered', 'reanswers', 'reporting_stratum'),
    fateCounts: await own('*', 'fate_counts', 'reporting_stratum, counted_set'),
    flags: await own('*', 'flags', 'reporting_stratum, kind, lot'),
    tallies: await readCells(ctx, 'tallies', id, county),
    firstTallies: await readCells(ctx, 'first_tallies', id, county),
    comments: await readCommittedTexts(raw, no, county, 'texts'),
    reports: await readCommittedTexts(raw, no, county, 'pressure_reports'),
    snapshots: await own('day, at, body', 'rate_snapshots', 'day'),
    inspection: (await own('*', 'inspection_versions', 'no')).map(({ body, ...row }) => ({
      ...row,
      content: toHex(sha256(String(body))),
    })),
    checkpoints: (await raw
      .prepare(`SELECT size, at, note FROM checkpoints ${ofCounty} ORDER BY size`)
      .all(no, county)) as AuditTables['checkpoints'],
    origin: (await raw.prepare(`SELECT origin FROM evidence_logs ${ofCounty}`).pluck().get(no, county)) as
      string | null,
    trail,
  };
}

/** null: a column holds a value that our code would never write. */
async function hashOfSchools(tx: Tx, id: CampaignId, county: CountyCode): Promise<string | null> {
  try {
    return contentHash(committedSchools(await listSchools(tx, id, county)));
  } catch (error) {
    if (!(error instanceof AppError || error instanceof z.ZodError)) throw error;
    return null;
  }
}

const textColumns = {
  texts: ['text_id', ['item', 'questionnaire', 'body']],
  pressure_reports: ['report_id', ['source', 'body']],
} as const;

/** Comments, or reports of pressure, as the log commits to them. */
export async function readCommittedTexts(
  raw: Raw,
  campaign: number,
  county: CountyCode,
  table: keyof typeof textColumns,
): Promise<readonly CommittedText[]> {
  const [id, columns] = textColumns[table];
  const rows = (await raw
    .prepare(
      `SELECT reporting_stratum, encode(${id}, 'hex'), ${columns.join(', ')} FROM ${table} ${ofCounty}`,
    )
    .raw()
    .all(campaign, county)) as [number, ...(string | number)[]][];
  return rows.map(([reportingStratum, ...content]) => ({ reportingStratum, content }));
}

async function readContacts(raw: Raw, no: number, county: CountyCode): Promise<readonly ContactRow[]> {
  const rows = (await raw
    .prepare(
      `SELECT entry, late, slip_no IS NOT NULL, grp, counted_set, reporting_stratum FROM contacts
       ${ofCounty} AND (counted_set IS NOT NULL OR late <> 0 OR slip_no IS NOT NULL) ORDER BY entry`,
    )
    .raw()
    .all(no, county)) as [Buffer, number, boolean, string, string | null, number | null][];
  return rows.map(([entry, late, isSlip, group, set, reportingStratum]) => ({
    entry,
    late,
    isSlip,
    group,
    set,
    reportingStratum,
  }));
}

// The trail, and what a log says of it ---------------------------------------------------------------------------------

async function headsOf(raw: Raw, no: number, county: CountyCode | null): Promise<HeadsState['before']> {
  // The type must be a literal, or its index is not used.
  const rows = (await raw
    .prepare(
      `SELECT data FROM evidence_leaves WHERE campaign = ? AND type = ${leafTypes.heads} ${county === null ? '' : 'AND county = ?'} ORDER BY county, no`,
    )
    .pluck()
    .all(...(county === null ? [no] : [no, county]))) as Buffer[];
  return rows.flatMap((data) => {
    try {
      const leaf = decodeStateLeaf(new Uint8Array(data));
      return leaf.type === 'heads' ? [leaf.body] : [];
    } catch (error) {
      // The audit of the log reports it.
      if (!(error instanceof AppError)) throw error;
      return [];
    }
  });
}

async function trailFor(raw: Raw, no: number): Promise<TrailState> {
  const wanted = new Set(
    (await headsOf(raw, no, null)).flatMap((h) => (h.trail === null ? [] : [h.trail.no])),
  );
  if (wanted.size === 0) return { breaks: [], hashes: new Map(), entries: 0 };
  return checkTrail(await listTrailEntries(raw), wanted);
}

export async function auditTrail(
  raw: Raw,
): Promise<{ readonly entries: number; readonly breaks: readonly TrailBreak[] }> {
  const { entries, breaks } = checkTrail(await listTrailEntries(raw), new Set());
  return { entries, breaks };
}

async function headsState(raw: Raw, no: number, county: CountyCode): Promise<HeadsState> {
  const head = await findTrailHead(raw);
  return {
    county,
    trail: head?.hash ? { no: head.no, hash: toHex(head.hash) } : null,
    checkpoints: (await raw
      .prepare(`SELECT size FROM checkpoints ${ofCounty} ORDER BY size`)
      .pluck()
      .all(no, county)) as number[],
    snapshots: (await raw
      .prepare(`SELECT day, at, body FROM rate_snapshots ${ofCounty} ORDER BY day`)
      .all(no, county)) as RateSnapshot[],
    before: await headsOf(raw, no, county),
  };
}

/** For each log of the campaign, for a decision that ends a phase of it. */
export async function readHeads(tx: Tx, campaign: number, at: number): Promise<readonly DecidedLeaf[]> {
  return await mapInOrder(await logsOf(tx, campaign), async (county) =>
    headsLeaf(await headsState(tx.$raw, campaign, county), at),
  );
}

export async function recordHeads(
  { db: tx, raw }: Context,
  id: CampaignId,
  county: CountyCode,
  since: number,
  at: number,
): Promise<void> {
  const no = await campaignNo(tx, id);
  const leaves = decideHeads(await headsState(raw, no, county), since, at);
  await recordDecision(tx, { at, actor: systemActor }, { no, id }, { leaves, trail: [] });
}

// Results --------------------------------------------------------------------------------------------------------------

const bodySchema = z.object({
  named: z.array(
    z.object({
      ...{ table: z.string(), row: z.string(), what: z.string(), expected: z.string(), found: z.string() },
      leaf: z.number().nullable(),
    }),
  ),
  uncommitted: z.array(z.enum(uncommittedFacts)),
});

export async function findAudit(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
): Promise<AuditRecord | undefined> {
  const row = (await tx.$raw
    .prepare(`SELECT at, log_size AS "logSize", differences, body FROM audits ${ofCounty}`)
    .get(await campaignNo(tx, id), county)) as
    (Pick<AuditRecord, 'at' | 'logSize' | 'differences'> & { body: string }) | undefined;
  if (!row) return undefined;
  const { body, ...counts } = row;
  const { named, uncommitted } = parseJson(bodySchema, body, 'audits.body');
  return { ...counts, named, uncommitted };
}

export async function recordAudit(
  tx: Tx,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  record: AuditRecord,
): Promise<void> {
  const no = await campaignNo(tx, id);
  const decision = decideAudit(await findAudit(tx, id, county), { county, record }, stamp);
  const { at, logSize, differences, ...body } = decision.changes;
  await tx.$raw
    .prepare(
      `INSERT INTO audits (campaign, county, at, log_size, differences, body) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (campaign, county) DO UPDATE SET at = excluded.at, log_size = excluded.log_size,
         differences = excluded.differences, body = excluded.body`,
    )
    .run(no, county, at, logSize, differences, JSON.stringify(body));
  await recordDecision(tx, stamp, { no, id }, decision);
}

/** Changes whenever any transaction of the whole server has changed anything, so at worst too much is audited again. */
export async function readChangeCount(raw: Raw): Promise<string> {
  return (await raw.prepare('SELECT pg_current_snapshot()::text').pluck().get()) as string;
}
