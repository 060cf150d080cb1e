/**
 * The end of the storage period: erases what the retention table says. Leaves and tallies stay, so the tree still verifies and
 * figures can still be computed.
 */
import { contentHashOf, presentCells } from '../../../domain/evidence/leaf.ts';
import { assertExpiryStep, decideExpiry, decideExpiryStep } from '../../../domain/campaign/decide-expiry.ts';
import type { ExpiryStep } from '../../../domain/campaign/life-cycle.ts';
import { contentHash } from '../../../domain/hash.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import type { SealedContact } from '../../../domain/model/contact.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { Storage } from '../../port/index.ts';
import type { Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import { campaignNo } from './campaign-no.ts';
import { getCampaign, storeDecision } from './campaigns.ts';
import { readCells } from './count.ts';
import { logsOf } from './evidence-log.ts';
import { readTime } from './service-state.ts';

export function beginExpiry(tx: Tx, stamp: Stamp, id: CampaignId): void {
  storeDecision(tx, stamp, id, decideExpiry(getCampaign(tx, id), readTime(tx), stamp));
}

function assertStep(tx: Tx, id: CampaignId, step: ExpiryStep): void {
  assertExpiryStep({ campaign: getCampaign(tx, id), time: readTime(tx) }, step);
}

export function listSealedContacts(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  after: Uint8Array | null,
  limit: number,
): readonly SealedContact[] {
  const rows = ctx.raw
    .prepare(
      `SELECT entry, sealed, late = 0 AND slip_no IS NULL AS inRoll FROM contacts
       WHERE campaign = ? AND county = ? AND entry > ? AND (sealed IS NOT NULL OR sealed_code IS NOT NULL) ORDER BY entry LIMIT ?`,
    )
    .all(campaignNo(ctx.db, id), county, after ?? Buffer.alloc(0), limit) as {
    entry: Buffer;
    sealed: Buffer | null;
    inRoll: number;
  }[];
  return rows.map((r) => ({
    entry: new Uint8Array(r.entry),
    sealed: r.sealed && new Uint8Array(r.sealed),
    inRoll: r.inRoll === 1,
  }));
}

export function eraseContacts(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  erased: Parameters<Storage['eraseContacts']>[2],
): void {
  assertStep(ctx.db, id, 'erase');
  const campaign = campaignNo(ctx.db, id);
  // With the key, the digest would reveal a phone; the random id is unique.
  const erase = ctx.raw.prepare(
    'UPDATE contacts SET sealed = NULL, sealed_code = NULL, digest = entry, household = NULL, commitment = ? WHERE campaign = ? AND county = ? AND entry = ?',
  );
  for (const { entry, commitment } of erased) erase.run(commitment, campaign, county, entry);
}

type RevisionKey = readonly [pseudonym: Uint8Array, revision: number];

/** Responses that still have contents, at most `limit` after `after`. */
export function listContents(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  after: RevisionKey | null,
  limit: number,
): readonly RevisionKey[] {
  const rows = ctx.raw
    .prepare(
      `SELECT pseudonym, revision FROM responses
       WHERE campaign = ? AND county = ? AND (pseudonym, revision) > (?, ?) AND answers IS NOT NULL ORDER BY pseudonym, revision LIMIT ?`,
    )
    .raw()
    .all(campaignNo(ctx.db, id), Number(county), after?.[0] ?? Buffer.alloc(0), after?.[1] ?? 0, limit) as [
    Buffer,
    number,
  ][];
  return rows.map(([pseudonym, revision]) => [new Uint8Array(pseudonym), revision]);
}

export function eraseListed(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  keys: readonly RevisionKey[],
): void {
  assertStep(ctx.db, id, 'erase');
  const campaign = campaignNo(ctx.db, id);
  const read = ctx.raw.prepare(
    'SELECT nonce, answers FROM responses WHERE campaign = ? AND county = ? AND pseudonym = ? AND revision = ?',
  );
  const erase = ctx.raw.prepare(
    'UPDATE responses SET nonce = NULL, answers = NULL, content_hash = ? WHERE campaign = ? AND county = ? AND pseudonym = ? AND revision = ?',
  );
  for (const [pseudonym, revision] of keys) {
    const key = [campaign, Number(county), pseudonym, revision];
    const row = read.get(...key) as { nonce: Buffer | null; answers: Buffer | null } | undefined;
    if (row?.nonce && row.answers) erase.run(contentHashOf(row.nonce, row.answers), ...key);
  }
}

/** Further data to be erased, by table and the columns that identify its rows. */
const leftovers = [
  ['texts', 'text_id, item'],
  ['pressure_reports', 'report_id, source'],
  ['canaries', 'entry'],
  ['roll_statements', 'entry, source, school, grade'],
] as const;

/** Comments, reports of pressure and import data, at most `limit` of each. Returns how many were erased. */
export function eraseLeftovers(ctx: Context, id: CampaignId, county: CountyCode, limit: number): number {
  assertStep(ctx.db, id, 'erase');
  const where = { campaign: campaignNo(ctx.db, id), county, limit };
  const { raw } = ctx;
  let erased = 0;
  for (const [table, key] of leftovers)
    erased += raw
      .prepare(
        `DELETE FROM ${table} WHERE campaign = @campaign AND county = @county AND (${key}) IN
           (SELECT ${key} FROM ${table} WHERE campaign = @campaign AND county = @county LIMIT @limit)`,
      )
      .run(where).changes;
  const { campaign } = where;
  raw
    .prepare(
      "UPDATE imports SET state = 'discarded' WHERE campaign = ? AND county = ? AND state IN ('reading', 'staged')",
    )
    .run(campaign, county);
  raw
    .prepare("UPDATE roll_files SET state = 'closed', choices = NULL WHERE campaign = ? AND county = ?")
    .run(campaign, county);
  erased += raw
    .prepare(
      `DELETE FROM roll_file_pages WHERE (file, no) IN
         (SELECT p.file, p.no FROM roll_files f JOIN roll_file_pages p ON p.file = f.id
          WHERE f.campaign = @campaign AND f.county = @county LIMIT @limit)`,
    )
    .run(where).changes;
  const ids = raw
    .prepare('SELECT id FROM imports WHERE campaign = ? AND county = ?')
    .pluck()
    .all(campaign, county) as string[];
  for (const table of ['import_rows', 'import_faults'] as const) {
    const erase = raw.prepare(
      `DELETE FROM ${table} WHERE import = @importId AND no IN (SELECT no FROM ${table} WHERE import = @importId LIMIT @limit)`,
    );
    let left = limit;
    for (const importId of ids) {
      if (left === 0) break;
      const { changes } = erase.run({ importId, limit: left });
      left -= changes;
      erased += changes;
    }
  }
  return erased;
}

/** Number of remaining rows of everything that must be erased. Reads every contact and answer. */
export function countRemaining(ctx: Context, id: CampaignId): number {
  return ctx.raw
    .prepare(
      `SELECT (SELECT count(*) FROM contacts WHERE campaign = @campaign AND (sealed IS NOT NULL OR sealed_code IS NOT NULL))
            + (SELECT count(*) FROM responses WHERE campaign = @campaign AND answers IS NOT NULL)
            + (SELECT count(*) FROM texts WHERE campaign = @campaign) + (SELECT count(*) FROM pressure_reports WHERE campaign = @campaign)
            + (SELECT count(*) FROM canaries WHERE campaign = @campaign)
            + (SELECT count(*) FROM roll_files f JOIN roll_file_pages p ON p.file = f.id WHERE f.campaign = @campaign)`,
    )
    .pluck()
    .get({ campaign: campaignNo(ctx.db, id) }) as number;
}

/** Hashes of the remaining tallies, by county. Reads every tally of the campaign. */
export function hashTallies(ctx: Context, id: CampaignId): Readonly<Record<CountyCode, string>> {
  return Object.fromEntries(
    logsOf(ctx.db, campaignNo(ctx.db, id)).map((county) => [
      county,
      contentHash(presentCells(readCells(ctx, 'tallies', id, county))),
    ]),
  );
}

/** `tallies`: hashes for the last step. */
export function completeExpiryStep(
  ctx: Context,
  stamp: Stamp,
  id: CampaignId,
  step: ExpiryStep,
  details: Readonly<Record<string, unknown>>,
  tallies: Readonly<Record<CountyCode, string>>,
): void {
  const tx = ctx.db;
  const state = {
    campaign: getCampaign(tx, id),
    time: readTime(tx),
    logs: logsOf(tx, campaignNo(tx, id)),
  };
  storeDecision(tx, stamp, id, decideExpiryStep(state, { step, details, tallies }, stamp));
}
