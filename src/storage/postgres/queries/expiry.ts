/**
 * The end of the storage period: erases what the retention table says. Leaves and tallies stay, so the tree still verifies and
 * figures can still be computed.
 */
import { mapInOrder } from '../in-order.ts';
import { presentCells } from '../../../domain/evidence/leaf.ts';
import { assertExpiryStep, decideExpiry, decideExpiryStep } from '../../../domain/campaign/decide-expiry.ts';
import type { ExpiryStep } from '../../../domain/campaign/life-cycle.ts';
import { contentHash } from '../../../domain/hash.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import type { SealedContact } from '../../../domain/model/contact.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { Storage } from '../../port/index.ts';
import type { Tx } from '../connection.ts';
import type { AnswerKey } from '../../shared/part-calls.ts';
import type { Context } from '../context.ts';
import { eraseAnswers } from './answers.ts';
import { campaignNo } from './campaign-no.ts';
import { getCampaign, storeDecision } from './campaigns.ts';
import { readCells } from './count.ts';
import { logsOf } from './evidence-log.ts';
import { readTime } from './service-state.ts';

export async function beginExpiry(tx: Tx, stamp: Stamp, id: CampaignId): Promise<void> {
  await storeDecision(tx, stamp, id, decideExpiry(await getCampaign(tx, id), await readTime(tx), stamp));
}

async function assertStep(tx: Tx, id: CampaignId, step: ExpiryStep): Promise<void> {
  assertExpiryStep({ campaign: await getCampaign(tx, id), time: await readTime(tx) }, step);
}

export async function listSealedContacts(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  after: Uint8Array | null,
  limit: number,
): Promise<readonly SealedContact[]> {
  const rows = (await ctx.raw
    .prepare(
      `SELECT entry, sealed, late = 0 AND slip_no IS NULL AS "inRoll" FROM contacts
       WHERE campaign = ? AND county = ? AND entry > ? AND (sealed IS NOT NULL OR sealed_code IS NOT NULL) ORDER BY entry LIMIT ?`,
    )
    .all(await campaignNo(ctx.db, id), county, after ?? Buffer.alloc(0), limit)) as {
    entry: Buffer;
    sealed: Buffer | null;
    inRoll: boolean;
  }[];
  return rows.map((r) => ({
    entry: new Uint8Array(r.entry),
    sealed: r.sealed && new Uint8Array(r.sealed),
    inRoll: r.inRoll,
  }));
}

export async function eraseContacts(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  erased: Parameters<Storage['eraseContacts']>[2],
): Promise<void> {
  await assertStep(ctx.db, id, 'erase');
  const campaign = await campaignNo(ctx.db, id);
  // With the key, the digest would reveal a phone; the random id is unique.
  await ctx.raw
    .prepare(
      `UPDATE contacts c SET sealed = NULL, sealed_code = NULL, digest = c.entry, household = NULL, commitment = e.commitment
       FROM unnest(?::bytea[], ?::bytea[]) AS e (entry, commitment) WHERE c.campaign = ? AND c.county = ? AND c.entry = e.entry`,
    )
    .run(
      erased.map((e) => e.entry),
      erased.map((e) => e.commitment),
      campaign,
      county,
    );
}

/** Responses that still have contents, at most `limit` after `after`. */
export async function listContents(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  after: AnswerKey | null,
  limit: number,
): Promise<readonly AnswerKey[]> {
  const rows = (await ctx.raw
    .prepare(
      `SELECT pseudonym, revision FROM responses
       WHERE campaign = ? AND county = ? AND (pseudonym, revision) > (?, ?) AND answers IS NOT NULL ORDER BY pseudonym, revision LIMIT ?`,
    )
    .raw()
    .all(
      await campaignNo(ctx.db, id),
      Number(county),
      after?.[0] ?? Buffer.alloc(0),
      after?.[1] ?? 0,
      limit,
    )) as [Buffer, number][];
  return rows.map(([pseudonym, revision]) => [new Uint8Array(pseudonym), revision]);
}

export async function eraseListed(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  keys: readonly AnswerKey[],
): Promise<void> {
  await assertStep(ctx.db, id, 'erase');
  const campaign = await campaignNo(ctx.db, id);
  await eraseAnswers(ctx, campaign, county, keys);
}

/** Further data to be erased, by table and the columns that identify its rows. */
const leftovers = [
  ['texts', 'text_id, item'],
  ['pressure_reports', 'report_id, source'],
  ['canaries', 'entry'],
  ['roll_statements', 'entry, source, school, grade'],
] as const;

/** Comments, reports of pressure and import data, at most `limit` of each. Returns how many were erased. */
export async function eraseLeftovers(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  limit: number,
): Promise<number> {
  await assertStep(ctx.db, id, 'erase');
  const where = { campaign: await campaignNo(ctx.db, id), county, limit };
  const { raw } = ctx;
  let erased = 0;
  for (const [table, key] of leftovers)
    erased += (
      await raw
        .prepare(
          `DELETE FROM ${table} WHERE campaign = @campaign AND county = @county AND (${key}) IN
           (SELECT ${key} FROM ${table} WHERE campaign = @campaign AND county = @county LIMIT @limit)`,
        )
        .run(where)
    ).changes;
  const { campaign } = where;
  await raw
    .prepare(
      "UPDATE imports SET state = 'discarded' WHERE campaign = ? AND county = ? AND state IN ('reading', 'staged')",
    )
    .run(campaign, county);
  await raw
    .prepare("UPDATE roll_files SET state = 'closed', choices = NULL WHERE campaign = ? AND county = ?")
    .run(campaign, county);
  erased += (
    await raw
      .prepare(
        `DELETE FROM roll_file_pages WHERE (file, no) IN
         (SELECT p.file, p.no FROM roll_files f JOIN roll_file_pages p ON p.file = f.id
          WHERE f.campaign = @campaign AND f.county = @county LIMIT @limit)`,
      )
      .run(where)
  ).changes;
  const ids = (await raw
    .prepare('SELECT id FROM imports WHERE campaign = ? AND county = ?')
    .pluck()
    .all(campaign, county)) as string[];
  for (const table of ['import_rows', 'import_faults'] as const) {
    const erase = raw.prepare(
      `DELETE FROM ${table} WHERE import = @importId AND no IN (SELECT no FROM ${table} WHERE import = @importId LIMIT @limit)`,
    );
    let left = limit;
    for (const importId of ids) {
      if (left === 0) break;
      const { changes } = await erase.run({ importId, limit: left });
      left -= changes;
      erased += changes;
    }
  }
  return erased;
}

/** Number of remaining rows of everything that must be erased. Reads every contact and answer. */
export async function countRemaining(ctx: Context, id: CampaignId): Promise<number> {
  const campaign = await campaignNo(ctx.db, id);
  let remaining = 0;
  // One table at a time: on a cluster each may be on other machines.
  for (const rows of [
    'contacts WHERE campaign = @campaign AND (sealed IS NOT NULL OR sealed_code IS NOT NULL)',
    'responses WHERE campaign = @campaign AND answers IS NOT NULL',
    'texts WHERE campaign = @campaign',
    'pressure_reports WHERE campaign = @campaign',
    'canaries WHERE campaign = @campaign',
    'roll_files f JOIN roll_file_pages p ON p.file = f.id WHERE f.campaign = @campaign',
  ])
    remaining += (await ctx.raw.prepare(`SELECT count(*) FROM ${rows}`).pluck().get({ campaign })) as number;
  return remaining;
}

/** Hashes of the remaining tallies, by county. Reads every tally of the campaign. */
export async function hashTallies(
  ctx: Context,
  id: CampaignId,
): Promise<Readonly<Record<CountyCode, string>>> {
  return Object.fromEntries(
    await mapInOrder(await logsOf(ctx.db, await campaignNo(ctx.db, id)), async (county) => [
      county,
      contentHash(presentCells(await readCells(ctx, 'tallies', id, county))),
    ]),
  );
}

/** `tallies`: hashes for the last step. */
export async function completeExpiryStep(
  ctx: Context,
  stamp: Stamp,
  id: CampaignId,
  step: ExpiryStep,
  details: Readonly<Record<string, unknown>>,
  tallies: Readonly<Record<CountyCode, string>>,
): Promise<void> {
  const tx = ctx.db;
  const state = {
    campaign: await getCampaign(tx, id),
    time: await readTime(tx),
    logs: await logsOf(tx, await campaignNo(tx, id)),
  };
  await storeDecision(tx, stamp, id, decideExpiryStep(state, { step, details, tallies }, stamp));
}
