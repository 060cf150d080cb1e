/** Withdraws an applied roll: contacts that no other roll names are removed. */
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
export function beginWithdrawal(tx: Tx, stamp: Stamp, importId: string, reason: string): void {
  const row = importRow(tx, importId);
  const roll = toImport(tx, row);
  const { campaignState, frameState, handIn } = readCountyState(tx, roll.campaign, roll.county);
  assertRollOpen(handIn, stamp.actor);
  const state = { import: roll, campaignState, frameState, others: listSiblings(tx, row) };
  const decision = decideWithdrawal(state, reason, stamp);
  tx.update(imports)
    .set({ state: decision.changes.state, withdrawal: JSON.stringify(decision.changes.withdrawal) })
    .where(eq(imports.id, importId))
    .run();
  recordDecision(tx, stamp, { no: row.campaign, id: roll.campaign }, decision);
}

/** Contacts that an import names, in the order of their entries. */
export function listNamed(
  ctx: Context,
  importId: string,
  after: Uint8Array | null,
  limit: number,
): readonly Uint8Array[] {
  const { campaign, county, no } = importRow(ctx.db, importId);
  return ctx.raw
    .prepare(
      `SELECT DISTINCT entry FROM roll_statements
       WHERE campaign = ? AND county = ? AND entry > ? AND source = ? ORDER BY entry LIMIT ?`,
    )
    .pluck()
    .all(campaign, county, after ?? Buffer.alloc(0), no, limit) as Buffer[];
}

/** A part of a withdrawal. */
export function withdrawListed(
  ctx: Context,
  stamp: Stamp,
  importId: string,
  entries: readonly Uint8Array[],
  isLast: boolean,
): void {
  const tx = ctx.db;
  const row = importRow(tx, importId);
  const roll = toImport(tx, row);
  const { no: campaign, frameState } = readCountyState(tx, roll.campaign, roll.county);
  const orders = new Map(listSiblings(tx, row).map((i) => [noOf(tx, i.id), i.appliedNo]));
  const decision = decideWithdrawalPart({
    import: { ...roll, no: row.no },
    frameState,
    contacts: entries.map((entry) => namedContact(ctx, campaign, roll.county, entry)),
    isLast,
    orderOf: (source) => orders.get(source) ?? 0,
  });
  const { state, withdrawal, removed, affiliations } = decision.changes;
  const place = [campaign, roll.county] as const;
  const forget = ctx.raw.prepare(
    'DELETE FROM roll_statements WHERE campaign = ? AND county = ? AND entry = ? AND source = ?',
  );
  for (const entry of entries) forget.run(...place, entry, row.no);
  for (const table of ['contact_schools', 'contacts'] as const) {
    const remove = ctx.raw.prepare(`DELETE FROM ${table} WHERE campaign = ? AND county = ? AND entry = ?`);
    for (const entry of removed) remove.run(...place, entry);
  }
  for (const step of affiliations) changeAffiliations(ctx, campaign, roll.county, step.source, [step]);
  if (entries.length > 0) markChanged(tx, campaign, roll.county);
  tx.update(imports)
    .set({ state, withdrawal: JSON.stringify(withdrawal) })
    .where(eq(imports.id, importId))
    .run();
  recordDecision(tx, stamp, { no: campaign, id: roll.campaign }, decision);
}

function namedContact(
  { raw }: Context,
  campaign: number,
  county: CountyCode,
  entry: Uint8Array,
): WithdrawnContact {
  const statements = raw
    .prepare(
      'SELECT source, school, grade FROM roll_statements WHERE campaign = ? AND county = ? AND entry = ?',
    )
    .all(campaign, county, entry) as { source: number; school: string; grade: number }[];
  const affiliations = raw
    .prepare(
      'SELECT school, grade, source FROM contact_schools WHERE campaign = ? AND county = ? AND entry = ?',
    )
    .all(campaign, county, entry) as WithdrawnContact['affiliations'][number][];
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
export function eraseStatements(ctx: Context, id: CampaignId, county: CountyCode, limit: number): number {
  const { no, frameState } = readCountyState(ctx.db, id, county);
  if (frameState === 'preparing') return 0;
  return ctx.raw
    .prepare(
      `DELETE FROM roll_statements WHERE campaign = @no AND county = @county AND (entry, source, school, grade) IN
         (SELECT entry, source, school, grade FROM roll_statements WHERE campaign = @no AND county = @county LIMIT @limit)`,
    )
    .run({ no, county, limit }).changes;
}

/** How many of these contacts each applied roll names: the roll that a file repeats names most. */
export function countSources(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  entries: readonly Uint8Array[],
): readonly { readonly import: string; readonly fileName: string; readonly contacts: number }[] {
  const campaign = campaignNo(ctx.db, id);
  const sources = ctx.raw
    .prepare('SELECT DISTINCT source FROM roll_statements WHERE campaign = ? AND county = ? AND entry = ?')
    .pluck();
  const counts = new Map<number, number>();
  for (const entry of entries)
    for (const source of sources.all(campaign, county, entry) as number[])
      counts.set(source, (counts.get(source) ?? 0) + 1);
  const own = ctx.db
    .select({ no: imports.no, id: imports.id, fileName: imports.fileName })
    .from(imports)
    .where(and(eq(imports.campaign, campaign), eq(imports.county, county)))
    .all();
  return own
    .flatMap((i) => {
      const contacts = counts.get(i.no) ?? 0;
      return contacts > 0 ? [{ import: i.id, fileName: i.fileName, contacts }] : [];
    })
    .sort((a, b) => b.contacts - a.contacts);
}
