/**
 * Rows for the audit (domain/evidence/audit), all from one read transaction. Nothing is judged or left out here: rows that our
 * code would never write are what the audit looks for.
 */
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
import type { RateSnapshot } from '../../../domain/model/count.ts';
import type { DecidedLeaf } from '../../../domain/model/decision.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { Raw, Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import { parseJson } from '../../shared/json.ts';
import { eachResponseRow, readIssuedCodes } from './answer-blocks.ts';
import { campaignNo } from './campaign-no.ts';
import { readCells } from './count.ts';
import { recordDecision } from './decision.ts';
import { joinReferences, type ReferenceRow } from '../../shared/references.ts';
import { logsOf } from './evidence-log.ts';
import { recountWithin } from './recount.ts';
import { listSchools } from './schools.ts';
import { eachTrailEntry, findTrailHead } from './trail.ts';

export function auditLogs(
  ctx: Context,
  id: CampaignId,
  asked: readonly { readonly county: CountyCode; readonly key: NoteKey | null }[],
): readonly (CountyAudit | null)[] {
  const no = campaignNo(ctx.db, id);
  ctx.raw.exec('BEGIN');
  try {
    const logs = new Set(logsOf(ctx.db, no));
    const counties = asked.filter(({ county }) => logs.has(county));
    const codes = readIssuedCodes(
      ctx.raw,
      no,
      counties.map((c) => c.county),
    );
    const trail = trailFor(ctx.raw, no);
    return asked.map(({ county, key }) => {
      const own = codes.get(county);
      return own ? auditOne(ctx, id, no, county, key, own, trail) : null;
    });
  } finally {
    ctx.raw.exec('COMMIT');
  }
}

function auditOne(
  ctx: Context,
  id: CampaignId,
  no: number,
  county: CountyCode,
  key: NoteKey | null,
  codes: IssuedCodes,
  trail: TrailState,
): CountyAudit {
  const { raw } = ctx;
  const log = readLogRows(raw, no, county);
  const frameContacts = raw
    .prepare(
      'SELECT count(*) FROM contacts WHERE campaign = ? AND county = ? AND late = 0 AND slip_no IS NULL',
    )
    .pluck()
    .get(no, county) as number;
  return auditCounty(
    county,
    {
      log,
      tables: readTables(ctx, id, no, county, trail),
      references: readReferences(raw, no, county, log.size),
      codes,
      contacts: eachContact(raw, no, county),
      frameContacts,
      eachResponse: (take) => eachResponseRow(raw, no, county, take),
      key,
    },
    () => recountWithin(ctx, id, [county]).flatMap((r) => r.differences),
  );
}

// The log --------------------------------------------------------------------------------------------------------------

function readLogRows(raw: Raw, no: number, county: CountyCode): LogRows {
  const { size, range } = raw
    .prepare('SELECT size, range FROM evidence_logs WHERE campaign = ? AND county = ?')
    .get(no, county) as { size: number; range: Buffer };
  return {
    size,
    range,
    tiles: raw
      .prepare(
        'SELECT level, no, hashes FROM evidence_tiles WHERE campaign = ? AND county = ? ORDER BY level, no',
      )
      .all(no, county) as LogRows['tiles'],
    states: raw
      .prepare('SELECT no, type, data FROM evidence_leaves WHERE campaign = ? AND county = ? ORDER BY no')
      .all(no, county) as LogRows['states'],
  };
}

function readReferences(raw: Raw, no: number, county: CountyCode, size: number): Uint8Array {
  const rows = raw
    .prepare('SELECT no, data FROM evidence_references WHERE campaign = ? AND county = ? ORDER BY no')
    .all(no, county) as ReferenceRow[];
  return joinReferences(rows, size);
}

// Tables ---------------------------------------------------------------------------------------------------------------

const ofCounty = 'WHERE campaign = ? AND county = ?';

function readTables(
  ctx: Context,
  id: CampaignId,
  no: number,
  county: CountyCode,
  trail: TrailState,
): AuditTables {
  const { raw } = ctx;
  const rows = (sql: string, ...parameters: readonly (string | number)[]) =>
    raw.prepare(sql).all(...parameters) as Row[];
  const own = (columns: string, table: string, order: string) =>
    rows(`SELECT ${columns} FROM ${table} ${ofCounty} ORDER BY ${order}`, no, county);
  return {
    campaign: rows('SELECT * FROM campaigns WHERE no = ?', no)[0] ?? {},
    county:
      rows(
        `SELECT name, residents, residents_as_of, slips, lower(hex(frame_root)) AS frame_root, frame_size, frozen_at, draw, lot
         FROM campaign_counties ${ofCounty}`,
        no,
        county,
      )[0] ?? {},
    documents: rows('SELECT hash, body FROM documents'),
    schools: hashOfSchools(ctx.db, id, county),
    samplingStrata: own('*', 'sampling_strata', 'no'),
    reportingStrata: own('*', 'reporting_strata', 'no'),
    imports: own('id, grp, late_reason, file_hash, added, at', 'imports', 'no, id'),
    links: own('grp, school, reporting_stratum, questionnaire', 'links', 'created_at, id'),
    codeExports: own('id, kind, format, groups, count, file_hash, "by", at', 'code_exports', 'at, id'),
    sendings: own(
      'no, kind, channel, form, signature, template, per_day, due_at, "by", at, state, audience, result, started_at, ended_at',
      'sendings',
      'no',
    ),
    voids: rows(
      'SELECT no, county, grp, reporting_stratum, reason, at FROM voids WHERE campaign = ? AND (county IS NULL OR county = ?) ORDER BY no',
      no,
      county,
    ),
    ineligibles: own('no, sampling_stratum, contacts, issued, reason, at', 'ineligibles', 'no'),
    proposals: rows('SELECT * FROM proposals WHERE campaign = ? ORDER BY decided_at, id', no),
    reanswers: own('reporting_stratum, respondents, reanswered', 'reanswers', 'reporting_stratum'),
    fateCounts: own('*', 'fate_counts', 'reporting_stratum, counted_set'),
    flags: own('*', 'flags', 'reporting_stratum, kind, lot'),
    tallies: readCells(ctx, 'tallies', id, county),
    firstTallies: readCells(ctx, 'first_tallies', id, county),
    comments: readCommittedTexts(raw, no, county, 'texts'),
    reports: readCommittedTexts(raw, no, county, 'pressure_reports'),
    snapshots: own('day, at, body', 'rate_snapshots', 'day'),
    inspection: own('*', 'inspection_versions', 'no').map(({ body, ...row }) => ({
      ...row,
      content: toHex(sha256(String(body))),
    })),
    checkpoints: raw
      .prepare(`SELECT size, at, note FROM checkpoints ${ofCounty} ORDER BY size`)
      .all(no, county) as AuditTables['checkpoints'],
    origin: raw.prepare(`SELECT origin FROM evidence_logs ${ofCounty}`).pluck().get(no, county) as
      string | null,
    trail,
  };
}

/** null: a column holds a value that our code would never write. */
function hashOfSchools(tx: Tx, id: CampaignId, county: CountyCode): string | null {
  try {
    return contentHash(committedSchools(listSchools(tx, id, county)));
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
export function readCommittedTexts(
  raw: Raw,
  campaign: number,
  county: CountyCode,
  table: keyof typeof textColumns,
): readonly CommittedText[] {
  const [id, columns] = textColumns[table];
  const rows = raw
    .prepare(`SELECT reporting_stratum, lower(hex(${id})), ${columns.join(', ')} FROM ${table} ${ofCounty}`)
    .raw()
    .all(campaign, county) as [number, ...(string | number)[]][];
  return rows.map(([reportingStratum, ...content]) => ({ reportingStratum, content }));
}

function* eachContact(raw: Raw, no: number, county: CountyCode): Generator<ContactRow> {
  const rows = raw
    .prepare(
      `SELECT entry, late, slip_no IS NOT NULL, grp, counted_set, reporting_stratum FROM contacts
       ${ofCounty} AND (counted_set IS NOT NULL OR late <> 0 OR slip_no IS NOT NULL) ORDER BY entry`,
    )
    .raw()
    .iterate(no, county) as IterableIterator<[Buffer, number, number, string, string | null, number | null]>;
  for (const [entry, late, slip, group, set, reportingStratum] of rows)
    yield { entry, late, isSlip: slip === 1, group, set, reportingStratum };
}

// The trail, and what a log says of it ---------------------------------------------------------------------------------

function headsOf(raw: Raw, no: number, county: CountyCode | null): HeadsState['before'] {
  // The type must be a literal, or its index is not used.
  const rows = raw
    .prepare(
      `SELECT data FROM evidence_leaves WHERE campaign = ? AND type = ${leafTypes.heads} ${county === null ? '' : 'AND county = ?'} ORDER BY county, no`,
    )
    .pluck()
    .all(...(county === null ? [no] : [no, county])) as Buffer[];
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

function trailFor(raw: Raw, no: number): TrailState {
  const wanted = new Set(headsOf(raw, no, null).flatMap((h) => (h.trail === null ? [] : [h.trail.no])));
  if (wanted.size === 0) return { breaks: [], hashes: new Map(), entries: 0 };
  return checkTrail(eachTrailEntry(raw), wanted);
}

export function auditTrail(raw: Raw): { readonly entries: number; readonly breaks: readonly TrailBreak[] } {
  const { entries, breaks } = checkTrail(eachTrailEntry(raw), new Set());
  return { entries, breaks };
}

function headsState(raw: Raw, no: number, county: CountyCode): HeadsState {
  const head = findTrailHead(raw);
  return {
    county,
    trail: head?.hash ? { no: head.no, hash: toHex(head.hash) } : null,
    checkpoints: raw
      .prepare(`SELECT size FROM checkpoints ${ofCounty} ORDER BY size`)
      .pluck()
      .all(no, county) as number[],
    snapshots: raw
      .prepare(`SELECT day, at, body FROM rate_snapshots ${ofCounty} ORDER BY day`)
      .all(no, county) as RateSnapshot[],
    before: headsOf(raw, no, county),
  };
}

/** For each log of the campaign, for a decision that ends a phase of it. */
export function readHeads(tx: Tx, campaign: number, at: number): readonly DecidedLeaf[] {
  return logsOf(tx, campaign).map((county) => headsLeaf(headsState(tx.$client, campaign, county), at));
}

export function recordHeads(
  { db: tx, raw }: Context,
  id: CampaignId,
  county: CountyCode,
  since: number,
  at: number,
): void {
  const no = campaignNo(tx, id);
  const leaves = decideHeads(headsState(raw, no, county), since, at);
  recordDecision(tx, { at, actor: systemActor }, { no, id }, { leaves, trail: [] });
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

export function findAudit(tx: Tx, id: CampaignId, county: CountyCode): AuditRecord | undefined {
  const row = tx.$client
    .prepare(`SELECT at, log_size AS logSize, differences, body FROM audits ${ofCounty}`)
    .get(campaignNo(tx, id), county) as
    (Pick<AuditRecord, 'at' | 'logSize' | 'differences'> & { body: string }) | undefined;
  if (!row) return undefined;
  const { body, ...counts } = row;
  const { named, uncommitted } = parseJson(bodySchema, body, 'audits.body');
  return { ...counts, named, uncommitted };
}

export function recordAudit(
  tx: Tx,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  record: AuditRecord,
): void {
  const no = campaignNo(tx, id);
  const decision = decideAudit(findAudit(tx, id, county), { county, record }, stamp);
  const { at, logSize, differences, ...body } = decision.changes;
  tx.$client
    .prepare(
      `INSERT INTO audits (campaign, county, at, log_size, differences, body) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (campaign, county) DO UPDATE SET at = excluded.at, log_size = excluded.log_size,
         differences = excluded.differences, body = excluded.body`,
    )
    .run(no, county, at, logSize, differences, JSON.stringify(body));
  recordDecision(tx, stamp, { no, id }, decision);
}

/** The database as this connection sees it: changes by others, and its own. */
export function readChangeCount(raw: Raw): string {
  return `${String(raw.pragma('data_version', { simple: true }))}/${String(raw.prepare('SELECT total_changes()').pluck().get())}`;
}
