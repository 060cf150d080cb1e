/** Roll files that wait for confirmation, with their sealed rows. */
import { and, asc, count, desc, eq, gt, gte, inArray, lt, ne, or } from 'drizzle-orm';
import { AppError } from '../../../domain/errors.ts';
import {
  assertTakesFile,
  assertWaiting,
  decideFileClosed,
  decideReceived,
} from '../../../domain/frame/decide-roll-file.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import type { FileContent, RollFile } from '../../../domain/model/roll-file.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import { rollFileFromRow } from '../../shared/roll-file-rows.ts';
import { campaigns, rollFilePages, rollFiles } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';
import { readCountyState } from './county.ts';
import { recordDecision } from './decision.ts';

/** Page numbers from here on hold rows that were left out. */
const leftOutPage = 1_000_000_000;

function fileRow(tx: Tx, id: string): typeof rollFiles.$inferSelect {
  const row = tx.select().from(rollFiles).where(eq(rollFiles.id, id)).get();
  if (!row) throw new AppError('not-found', 'roll-file.not-found');
  return row;
}

function toFile(tx: Tx, row: typeof rollFiles.$inferSelect): RollFile {
  const campaign = tx
    .select({ id: campaigns.id })
    .from(campaigns)
    .where(eq(campaigns.no, row.campaign))
    .get();
  return rollFileFromRow(row, campaign?.id as CampaignId);
}

/** Not confirmed yet: while there is one, the roll is not complete. */
export function countWaitingFiles(tx: Tx, campaign: number, county: CountyCode): number {
  return (
    tx
      .select({ n: count() })
      .from(rollFiles)
      .where(
        and(
          eq(rollFiles.campaign, campaign),
          eq(rollFiles.county, county),
          inArray(rollFiles.state, ['reading', 'waiting']),
        ),
      )
      .get()?.n ?? 0
  );
}

export function createRollFile(
  tx: Tx,
  stamp: Stamp,
  created: Pick<RollFile, 'id' | 'campaign' | 'county' | 'school' | 'fileName'>,
): void {
  const state = readCountyState(tx, created.campaign, created.county);
  assertTakesFile({ ...state, waiting: countWaitingFiles(tx, state.no, created.county) }, stamp);
  tx.insert(rollFiles)
    .values({ ...created, campaign: state.no, state: 'reading', by: stamp.actor.name, at: stamp.at })
    .run();
}

export function saveRollFilePage(tx: Tx, id: string, no: number, sealed: Uint8Array): void {
  const { state } = fileRow(tx, id);
  if (state !== 'reading') throw new AppError('conflict', 'roll-file.state', { params: { state } });
  tx.insert(rollFilePages)
    .values({ file: id, no, sealed: Buffer.from(sealed) })
    .run();
}

export function finishRollFile(
  tx: Tx,
  stamp: Stamp,
  id: string,
  fileHash: string,
  content: FileContent,
): void {
  const file = toFile(tx, fileRow(tx, id));
  const decision = decideReceived(file, fileHash, content);
  const { changes } = decision;
  tx.update(rollFiles)
    .set({ ...changes, content: JSON.stringify(changes.content) })
    .where(eq(rollFiles.id, id))
    .run();
  recordDecision(tx, stamp, { no: campaignNo(tx, file.campaign), id: file.campaign }, decision);
}

export function saveFileChoices(tx: Tx, id: string, choices: Uint8Array, importId: string | null): void {
  assertWaiting(toFile(tx, fileRow(tx, id)));
  tx.update(rollFiles)
    .set({ choices: Buffer.from(choices), import: importId })
    .where(eq(rollFiles.id, id))
    .run();
}

export function findRollFile(tx: Tx, id: string): RollFile | undefined {
  const row = tx.select().from(rollFiles).where(eq(rollFiles.id, id)).get();
  return row && toFile(tx, row);
}

export function listRollFiles(tx: Tx, id: CampaignId, county: CountyCode): readonly RollFile[] {
  return tx
    .select()
    .from(rollFiles)
    .where(and(eq(rollFiles.campaign, campaignNo(tx, id)), eq(rollFiles.county, county)))
    .orderBy(desc(rollFiles.at), asc(rollFiles.id))
    .all()
    .map((row) => toFile(tx, row))
    .filter((file) => file.state !== 'closed' || (file.content?.leftOut ?? 0) > 0);
}

export function listStaleRollFiles(tx: Tx, before: number): readonly RollFile[] {
  return tx
    .select()
    .from(rollFiles)
    .where(or(eq(rollFiles.state, 'reading'), and(ne(rollFiles.state, 'closed'), lt(rollFiles.at, before))))
    .orderBy(asc(rollFiles.at), asc(rollFiles.id))
    .all()
    .map((row) => toFile(tx, row));
}

export function listRollFilePages(
  tx: Tx,
  id: string,
  after: number,
  limit: number,
): readonly { readonly no: number; readonly sealed: Uint8Array }[] {
  return tx
    .select({ no: rollFilePages.no, sealed: rollFilePages.sealed })
    .from(rollFilePages)
    .where(and(eq(rollFilePages.file, id), gt(rollFilePages.no, after)))
    .orderBy(asc(rollFilePages.no))
    .limit(limit)
    .all()
    .map(({ no, sealed }) => ({ no, sealed: new Uint8Array(sealed) }));
}

/** First, so that nobody reads half-erased rows. */
export function markFileClosed(
  tx: Tx,
  stamp: Stamp,
  id: string,
  why: 'applied' | 'discarded' | 'expired',
  leftOut?: { readonly rows: number; readonly sealed: Uint8Array },
): void {
  const file = toFile(tx, fileRow(tx, id));
  const decision = decideFileClosed(file, why);
  if (decision.changes === null) {
    // The rows left out are no longer needed.
    if (why !== 'applied') dropLeftOut(tx, id, file.content);
    return;
  }
  const content = file.content && { ...file.content, leftOut: leftOut?.rows ?? 0 };
  tx.update(rollFiles)
    .set({ ...decision.changes, choices: null, content: content && JSON.stringify(content) })
    .where(eq(rollFiles.id, id))
    .run();
  if (leftOut)
    tx.insert(rollFilePages)
      .values({ file: id, no: leftOutPage, sealed: Buffer.from(leftOut.sealed) })
      .run();
  recordDecision(tx, stamp, { no: campaignNo(tx, file.campaign), id: file.campaign }, decision);
}

function dropLeftOut(tx: Tx, id: string, content: FileContent | null): void {
  tx.delete(rollFilePages)
    .where(and(eq(rollFilePages.file, id), gte(rollFilePages.no, leftOutPage)))
    .run();
  if (content)
    tx.update(rollFiles)
      .set({ content: JSON.stringify({ ...content, leftOut: 0 }) })
      .where(eq(rollFiles.id, id))
      .run();
}

/** Rows of a closed file, at most `limit` pages; rows left out stay. Returns how many were deleted. */
export function eraseFilePages(ctx: Context, id: string, limit: number): number {
  if (fileRow(ctx.db, id).state !== 'closed') return 0;
  return ctx.raw
    .prepare(
      `DELETE FROM roll_file_pages WHERE file = @id AND no IN
         (SELECT no FROM roll_file_pages WHERE file = @id AND no < ${leftOutPage} ORDER BY no LIMIT @limit)`,
    )
    .run({ id, limit }).changes;
}
