/** Withdraws an applied roll: contacts that no other roll names are removed. */
import { mapInOrder } from '../in-order.ts';
import { and, eq } from 'drizzle-orm';
import { assertRollOpen } from '../../../domain/frame/decide-hand-in.ts';
import {
  decideWithdrawal,
  decideWithdrawalPart,
  type WithdrawnContact,
} from '../../../domain/frame/decide-withdrawal.ts';
import type { CampaignId, CountyCode, SchoolId } from '../../../domain/model/ids.ts';
import { type RollStatement } from '../../../domain/model/import.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import { imports } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';
import { readCountyState } from './county.ts';
import { recordDecision } from './decision.ts';
import { markChanged } from './frame.ts';
import { importRow, toImport, noOf } from './imports.ts';
import { listSiblings, changeAffiliations } from './import-applying.ts';

/** applied → withdrawing. */
export async function beginWithdrawal(tx: Tx, stamp: Stamp, importId: string, reason: string): Promise<void> {
  const row = await importRow(tx, importId);
  const roll = await toImport(tx, row);
  const { campaignState, frameState, handIn } = await readCountyState(tx, roll.campaign, roll.county);
  assertRollOpen(handIn, stamp.actor);
  const state = { import: roll, campaignState, frameState, others: await listSiblings(tx, row) };
  const decision = decideWithdrawal(state, reason, stamp);
  await tx
    .update(imports)
    .set({ state: decision.changes.state, withdrawal: JSON.stringify(decision.changes.withdrawal) })
    .where(eq(imports.id, importId));
  await recordDecision(tx, stamp, { no: row.campaign, id: roll.campaign }, decision);
}

/** Contacts that an import names, in the order of their entries. */
export async function listNamed(
  ctx: Context,
  importId: string,
  after: Uint8Array | null,
  limit: number,
): Promise<readonly Uint8Array[]> {
  const { campaign, county, no } = await importRow(ctx.db, importId);
  return (await ctx.raw
    .prepare(
      `SELECT DISTINCT entry FROM roll_statements
       WHERE campaign = ? AND county = ? AND entry > ? AND source = ? ORDER BY entry LIMIT ?`,
    )
    .pluck()
    .all(campaign, county, after ?? Buffer.alloc(0), no, limit)) as Buffer[];
}

/** A part of a withdrawal. */
export async function withdrawListed(
  ctx: Context,
  stamp: Stamp,
  importId: string,
  entries: readonly Uint8Array[],
  isLast: boolean,
): Promise<void> {
  const tx = ctx.db;
  const row = await importRow(tx, importId);
  const roll = await toImport(tx, row);
  const { no: campaign, frameState } = await readCountyState(tx, roll.campaign, roll.county);
  const orders = new Map(
    await mapInOrder(await listSiblings(tx, row), async (i) => [await noOf(tx, i.id), i.appliedNo]),
  );
  const decision = decideWithdrawalPart({
    import: { ...roll, no: row.no },
    frameState,
    contacts: await mapInOrder(
      entries,
      async (entry) => await namedContact(ctx, campaign, roll.county, entry),
    ),
    isLast,
    orderOf: (source) => orders.get(source) ?? 0,
  });
  const { state, withdrawal, removed, affiliations } = decision.changes;
  const place = [campaign, roll.county] as const;
  await ctx.raw
    .prepare(
      'DELETE FROM roll_statements WHERE campaign = ? AND county = ? AND entry = ANY(?) AND source = ?',
    )
    .run(...place, entries, row.no);
  for (const table of ['contact_schools', 'contacts'] as const)
    await ctx.raw
      .prepare(`DELETE FROM ${table} WHERE campaign = ? AND county = ? AND entry = ANY(?)`)
      .run(...place, removed);
  for (const step of affiliations) await changeAffiliations(ctx, campaign, roll.county, step.source, [step]);
  if (entries.length > 0) await markChanged(tx, campaign, roll.county);
  await tx
    .update(imports)
    .set({ state, withdrawal: JSON.stringify(withdrawal) })
    .where(eq(imports.id, importId));
  await recordDecision(tx, stamp, { no: campaign, id: roll.campaign }, decision);
}

async function namedContact(
  { raw }: Context,
  campaign: number,
  county: CountyCode,
  entry: Uint8Array,
): Promise<WithdrawnContact> {
  const statements = (await raw
    .prepare(
      'SELECT source, school, grade FROM roll_statements WHERE campaign = ? AND county = ? AND entry = ?',
    )
    .all(campaign, county, entry)) as { source: number; school: string; grade: number }[];
  const affiliations = (await raw
    .prepare(
      'SELECT school, grade, source FROM contact_schools WHERE campaign = ? AND county = ? AND entry = ?',
    )
    .all(campaign, county, entry)) as WithdrawnContact['affiliations'][number][];
  return {
    entry,
    affiliations,
    statements: statements.map(({ school, ...rest }): RollStatement => ({
      ...rest,
      school: school === '' ? null : (school as SchoolId),
    })),
  };
}

/**
 * Once the roll is frozen nothing can be withdrawn, so statements of rolls are no longer needed. At most `limit`; returns how
 * many were deleted.
 */
export async function eraseStatements(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  limit: number,
): Promise<number> {
  const { no, frameState } = await readCountyState(ctx.db, id, county);
  if (frameState === 'preparing') return 0;
  return (
    await ctx.raw
      .prepare(
        // By row position: avoids a join that the planner could underestimate.
        `DELETE FROM roll_statements WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM roll_statements WHERE campaign = @no AND county = @county LIMIT @limit))`,
      )
      .run({ no, county, limit })
  ).changes;
}

/** How many of these contacts each applied roll names: the roll that a file repeats names most. */
export async function countSources(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  entries: readonly Uint8Array[],
): Promise<readonly { readonly import: string; readonly fileName: string; readonly contacts: number }[]> {
  const campaign = await campaignNo(ctx.db, id);
  const sources = (await ctx.raw
    .prepare(
      `SELECT source, count(DISTINCT entry) AS contacts FROM roll_statements
       WHERE campaign = ? AND county = ? AND entry = ANY(?) GROUP BY source`,
    )
    .all(campaign, county, entries)) as { source: number; contacts: number }[];
  const counts = new Map(sources.map((s) => [s.source, s.contacts]));
  const own = await ctx.db
    .select({ no: imports.no, id: imports.id, fileName: imports.fileName })
    .from(imports)
    .where(and(eq(imports.campaign, campaign), eq(imports.county, county)));
  return own
    .flatMap((i) => {
      const contacts = counts.get(i.no) ?? 0;
      return contacts > 0 ? [{ import: i.id, fileName: i.fileName, contacts }] : [];
    })
    .sort((a, b) => b.contacts - a.contacts);
}
