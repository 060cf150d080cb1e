/** Roll files that wait for confirmation, with their sealed rows. */
import { mapInOrder } from '../in-order.ts';
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

async function fileRow(tx: Tx, id: string): Promise<typeof rollFiles.$inferSelect> {
  const row = (await tx.select().from(rollFiles).where(eq(rollFiles.id, id)))[0];
  if (!row) throw new AppError('not-found', 'roll-file.not-found');
  return row;
}

async function toFile(tx: Tx, row: typeof rollFiles.$inferSelect): Promise<RollFile> {
  const [campaign] = await tx
    .select({ id: campaigns.id })
    .from(campaigns)
    .where(eq(campaigns.no, row.campaign));
  return rollFileFromRow(row, campaign?.id as CampaignId);
}

/** Not confirmed yet: while there is one, the roll is not complete. */
export async function countWaitingFiles(tx: Tx, campaign: number, county: CountyCode): Promise<number> {
  return (
    (
      await tx
        .select({ n: count() })
        .from(rollFiles)
        .where(
          and(
            eq(rollFiles.campaign, campaign),
            eq(rollFiles.county, county),
            inArray(rollFiles.state, ['reading', 'waiting']),
          ),
        )
    )[0]?.n ?? 0
  );
}

export async function createRollFile(
  tx: Tx,
  stamp: Stamp,
  created: Pick<RollFile, 'id' | 'campaign' | 'county' | 'school' | 'fileName'>,
): Promise<void> {
  const state = await readCountyState(tx, created.campaign, created.county);
  assertTakesFile({ ...state, waiting: await countWaitingFiles(tx, state.no, created.county) }, stamp);
  await tx
    .insert(rollFiles)
    .values({ ...created, campaign: state.no, state: 'reading', by: stamp.actor.name, at: stamp.at });
}

export async function saveRollFilePage(tx: Tx, id: string, no: number, sealed: Uint8Array): Promise<void> {
  const { state } = await fileRow(tx, id);
  if (state !== 'reading') throw new AppError('conflict', 'roll-file.state', { params: { state } });
  await tx.insert(rollFilePages).values({ file: id, no, sealed: Buffer.from(sealed) });
}

export async function finishRollFile(
  tx: Tx,
  stamp: Stamp,
  id: string,
  fileHash: string,
  content: FileContent,
): Promise<void> {
  const file = await toFile(tx, await fileRow(tx, id));
  const decision = decideReceived(file, fileHash, content);
  const { changes } = decision;
  await tx
    .update(rollFiles)
    .set({ ...changes, content: JSON.stringify(changes.content) })
    .where(eq(rollFiles.id, id));
  await recordDecision(tx, stamp, { no: await campaignNo(tx, file.campaign), id: file.campaign }, decision);
}

export async function saveFileChoices(
  tx: Tx,
  id: string,
  choices: Uint8Array,
  importId: string | null,
): Promise<void> {
  assertWaiting(await toFile(tx, await fileRow(tx, id)));
  await tx
    .update(rollFiles)
    .set({ choices: Buffer.from(choices), import: importId })
    .where(eq(rollFiles.id, id));
}

export async function findRollFile(tx: Tx, id: string): Promise<RollFile | undefined> {
  const row = (await tx.select().from(rollFiles).where(eq(rollFiles.id, id)))[0];
  return row && (await toFile(tx, row));
}

export async function listRollFiles(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
): Promise<readonly RollFile[]> {
  return (
    await mapInOrder(
      await tx
        .select()
        .from(rollFiles)
        .where(and(eq(rollFiles.campaign, await campaignNo(tx, id)), eq(rollFiles.county, county)))
        .orderBy(desc(rollFiles.at), asc(rollFiles.id)),
      async (row) => await toFile(tx, row),
    )
  ).filter((file) => file.state !== 'closed' || (file.content?.leftOut ?? 0) > 0);
}

export async function listStaleRollFiles(tx: Tx, before: number): Promise<readonly RollFile[]> {
  return await mapInOrder(
    await tx
      .select()
      .from(rollFiles)
      .where(or(eq(rollFiles.state, 'reading'), and(ne(rollFiles.state, 'closed'), lt(rollFiles.at, before))))
      .orderBy(asc(rollFiles.at), asc(rollFiles.id)),
    async (row) => await toFile(tx, row),
  );
}

export async function listRollFilePages(
  tx: Tx,
  id: string,
  after: number,
  limit: number,
): Promise<readonly { readonly no: number; readonly sealed: Uint8Array }[]> {
  return (
    await tx
      .select({ no: rollFilePages.no, sealed: rollFilePages.sealed })
      .from(rollFilePages)
      .where(and(eq(rollFilePages.file, id), gt(rollFilePages.no, after)))
      .orderBy(asc(rollFilePages.no))
      .limit(limit)
  ).map(({ no, sealed }) => ({ no, sealed: new Uint8Array(sealed) }));
}

/** First, so that nobody reads half-erased rows. */
export async function markFileClosed(
  tx: Tx,
  stamp: Stamp,
  id: string,
  why: 'applied' | 'discarded' | 'expired',
  leftOut?: { readonly rows: number; readonly sealed: Uint8Array },
): Promise<void> {
  const file = await toFile(tx, await fileRow(tx, id));
  const decision = decideFileClosed(file, why);
  if (decision.changes === null) {
    // The rows left out are no longer needed.
    if (why !== 'applied') await dropLeftOut(tx, id, file.content);
    return;
  }
  const content = file.content && { ...file.content, leftOut: leftOut?.rows ?? 0 };
  await tx
    .update(rollFiles)
    .set({ ...decision.changes, choices: null, content: content && JSON.stringify(content) })
    .where(eq(rollFiles.id, id));
  if (leftOut)
    await tx.insert(rollFilePages).values({ file: id, no: leftOutPage, sealed: Buffer.from(leftOut.sealed) });
  await recordDecision(tx, stamp, { no: await campaignNo(tx, file.campaign), id: file.campaign }, decision);
}

async function dropLeftOut(tx: Tx, id: string, content: FileContent | null): Promise<void> {
  await tx.delete(rollFilePages).where(and(eq(rollFilePages.file, id), gte(rollFilePages.no, leftOutPage)));
  if (content)
    await tx
      .update(rollFiles)
      .set({ content: JSON.stringify({ ...content, leftOut: 0 }) })
      .where(eq(rollFiles.id, id));
}

/** Rows of a closed file, at most `limit` pages; rows left out stay. Returns how many were deleted. */
export async function eraseFilePages(ctx: Context, id: string, limit: number): Promise<number> {
  if ((await fileRow(ctx.db, id)).state !== 'closed') return 0;
  return (
    await ctx.raw
      .prepare(
        `DELETE FROM roll_file_pages WHERE file = @id AND no IN
         (SELECT no FROM roll_file_pages WHERE file = @id AND no < ${leftOutPage} ORDER BY no LIMIT @limit)`,
      )
      .run({ id, limit })
  ).changes;
}
