/**
 * The evidence log (design 14). State leaves are appended by the query that changes the state, in its transaction; responses by `sealLot`. An append reads
 * the log's compact range and at most one tile a level, whatever the size of the log.
 */
import { and, asc, desc, eq } from 'drizzle-orm';
import {
  contentHashOf,
  decodeStateLeaf,
  drawnContactBytes,
  encodeResponseLeaf,
  encodeStateLeaf,
  leafTypes,
  sortedListHash,
  type StateLeafBody,
  type StateLeafType,
} from '../../../domain/evidence/leaf.ts';
import {
  createTreeBuilder,
  decodeRange,
  encodeRange,
  leafHash,
  rangeRoot,
} from '../../../domain/evidence/merkle.ts';
import { createTileWriter, hashInTile, tileWidth, type TileAddress } from '../../../domain/evidence/tiles.ts';
import { compareBytes } from '../../../domain/fieldwork/sample.ts';
import { toHex } from '../../../domain/hash.ts';
import type { CampaignId, CountyCode } from '../../../domain/ids.ts';
import { channels, issuedSets, issuedSetSchema, type CountedSet } from '../../../domain/vocabulary.ts';
import type {
  Flag,
  IssuedCode,
  LogHead,
  SealingPoint,
  Stamp,
  Storage,
  StoredCheckpoint,
  StoredCosignature,
  StoredLeaf,
} from '../../port.ts';
import type { Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import {
  campaignCounties,
  checkpoints,
  cosignatures,
  evidenceLeaves,
  evidenceLogs,
  evidenceReferences,
  evidenceTiles,
  lateness,
} from '../schema.ts';
import { campaignNo } from './campaigns.ts';
import { writeTrail } from './trail.ts';
import { queuePosts } from './witnesses.ts';

const logOf = (campaign: number, county: string) =>
  and(eq(evidenceLogs.campaign, campaign), eq(evidenceLogs.county, county));

function readTile(tx: Tx, campaign: number, county: string, tile: TileAddress): Uint8Array | undefined {
  const row = tx
    .select({ hashes: evidenceTiles.hashes })
    .from(evidenceTiles)
    .where(
      and(
        eq(evidenceTiles.campaign, campaign),
        eq(evidenceTiles.county, county),
        eq(evidenceTiles.level, tile.level),
        eq(evidenceTiles.no, tile.index),
      ),
    )
    .get();
  return row && new Uint8Array(row.hashes);
}

/** `data`: a state leaf itself; of a response's leaf, which is in a row of its own, a reference to that row. */
interface NewLeaf {
  readonly type: number;
  readonly data: Uint8Array;
  readonly hash: Uint8Array;
}

/** Bytes of a reference: pseudonym, revision. */
const referenceSize = 20;
/** As many as still lie on a page with three such rows beside them: a larger row would be carried on to pages of its own. */
const leavesPerReference = 48;

function encodeReference(pseudonym: Uint8Array, revision: number): Uint8Array {
  const bytes = Buffer.alloc(referenceSize);
  bytes.set(pseudonym);
  bytes.writeUInt32BE(revision, 16);
  return bytes;
}

function appendLeaves(tx: Tx, campaign: number, county: string, leaves: readonly NewLeaf[]): void {
  const row = tx.select().from(evidenceLogs).where(logOf(campaign, county)).get();
  const size = row?.size ?? 0;
  const tree = createTreeBuilder(decodeRange(size, row ? new Uint8Array(row.range) : new Uint8Array(0)));
  const tiles = createTileWriter(size, (tile) => readTile(tx, campaign, county, tile));
  let references: Uint8Array[] = [];
  const putReferences = (before: number): void => {
    if (references.length === 0) return;
    const data = Buffer.concat(references);
    tx.insert(evidenceReferences)
      .values({ campaign, county, no: before - references.length, data })
      .run();
    references = [];
  };
  for (const [i, { type, data, hash }] of leaves.entries()) {
    const no = size + i;
    tree.append(hash);
    tiles.append(hash);
    if (type === leafTypes.response) {
      if (references.push(data) === leavesPerReference) putReferences(no + 1);
      continue;
    }
    putReferences(no);
    const stored = Buffer.from(data.buffer, data.byteOffset, data.length);
    tx.insert(evidenceLeaves).values({ campaign, county, no, type, data: stored }).run();
  }
  putReferences(size + leaves.length);
  for (const { level, index, hashes } of tiles.changed()) {
    const values = { hashes: Buffer.from(hashes) };
    tx.insert(evidenceTiles)
      .values({ campaign, county, level, no: index, ...values })
      .onConflictDoUpdate({
        target: [evidenceTiles.campaign, evidenceTiles.county, evidenceTiles.level, evidenceTiles.no],
        set: values,
      })
      .run();
  }
  const values = { size: tree.size, range: Buffer.from(encodeRange(tree.range())) };
  tx.insert(evidenceLogs)
    .values({ campaign, county, ...values })
    .onConflictDoUpdate({ target: [evidenceLogs.campaign, evidenceLogs.county], set: values })
    .run();
}

/** Appends one state leaf, in the transaction that changes the state. */
export function appendState<T extends StateLeafType>(
  tx: Tx,
  campaign: number,
  county: string,
  type: T,
  body: StateLeafBody<T>,
): void {
  const data = encodeStateLeaf(type, body);
  appendLeaves(tx, campaign, county, [{ type: leafTypes[type], data, hash: leafHash(data) }]);
}

/** What concerns the whole campaign goes to each of its logs that has begun. */
export function appendStateEverywhere<T extends StateLeafType>(
  tx: Tx,
  campaign: number,
  type: T,
  body: StateLeafBody<T>,
): void {
  for (const county of logsOf(tx, campaign)) appendState(tx, campaign, county, type, body);
}

export function logsOf(tx: Tx, campaign: number): readonly CountyCode[] {
  return tx
    .select({ county: evidenceLogs.county })
    .from(evidenceLogs)
    .where(eq(evidenceLogs.campaign, campaign))
    .orderBy(asc(evidenceLogs.county))
    .all()
    .map((r) => r.county as CountyCode);
}

export function stampOf({ at, actor }: Stamp) {
  return { at, by: { id: actor.userId, name: actor.name, role: actor.role } };
}

/** The cells that the draw issued codes to, each with the hash of its sorted pseudonyms, and the hash over the drawn contacts. */
export function issueCommitment(
  ctx: Context,
  campaign: number,
  county: CountyCode,
): Pick<StateLeafBody<'issue'>, 'codes' | 'contacts'> {
  const cells = new Map<string, { code: IssuedCode; pseudonyms: Uint8Array[] }>();
  for (const code of issuedRows(ctx, campaign, county, null, -1)) {
    const key = cellName(code);
    const cell = cells.get(key);
    if (cell) cell.pseudonyms.push(code.pseudonym);
    else cells.set(key, { code, pseudonyms: [code.pseudonym] });
  }
  const rows = ctx.raw
    .prepare(
      `SELECT entry, counted_set AS "set", reporting_stratum AS reporting FROM contacts
       WHERE campaign = ? AND county = ? AND sealed_code IS NOT NULL AND slip_no IS NULL AND late <> ${lateness.canary} ORDER BY entry`,
    )
    .all(campaign, county) as { entry: Buffer; set: CountedSet; reporting: number }[];
  return {
    codes: [...cells]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { code, pseudonyms }]) => ({
        questionnaire: code.questionnaire,
        samplingStratum: code.samplingStratum,
        reportingStratum: code.reportingStratum,
        set: code.set,
        count: pseudonyms.length,
        pseudonyms: sortedListHash(pseudonyms),
      })),
    contacts: sortedListHash(rows.map((r) => drawnContactBytes(r.entry, r.set, r.reporting))),
  };
}

/** For a few codes: the pseudonyms themselves. */
export function lateCommitment(codes: readonly IssuedCode[]): StateLeafBody<'late-issue'>['codes'] {
  const cells = new Map<string, IssuedCode[]>();
  for (const code of codes) cells.set(cellName(code), [...(cells.get(cellName(code)) ?? []), code]);
  return [...cells]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, list]) => {
      const { questionnaire, samplingStratum, reportingStratum, set } = list[0]!;
      const sorted = list.map((c) => c.pseudonym).sort(compareBytes);
      return {
        questionnaire,
        samplingStratum,
        reportingStratum,
        set,
        count: list.length,
        pseudonyms: sorted.map((p) => toHex(p)).join(''),
      };
    });
}

function cellName(code: IssuedCode): string {
  return [code.questionnaire, code.samplingStratum, code.reportingStratum, issuedSets.indexOf(code.set)]
    .map((n) => String(n).padStart(10, '0'))
    .join(' ');
}

function issuedRows(
  ctx: Context,
  campaign: number,
  county: CountyCode,
  after: Uint8Array | null,
  limit: number,
): readonly IssuedCode[] {
  const rows = ctx.raw
    .prepare(
      `SELECT pseudonym, sampling_stratum AS samplingStratum, reporting_stratum AS reportingStratum, questionnaire, counted_set AS "set"
       FROM issued WHERE campaign = ? AND pseudonym > ? AND county = ? AND sampling_stratum > 0 ORDER BY pseudonym LIMIT ?`,
    )
    .all(campaign, after ?? Buffer.alloc(0), county, limit) as (Omit<IssuedCode, 'pseudonym'> & {
    pseudonym: Buffer;
  })[];
  return rows.map((r) => ({
    ...r,
    pseudonym: new Uint8Array(r.pseudonym),
    set: issuedSetSchema.parse(r.set),
  }));
}

export function listIssued(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  after: Uint8Array | null,
  limit: number,
): readonly IssuedCode[] {
  return issuedRows(ctx, campaignNo(ctx.db, id), county, after, limit);
}

// Lots -----------------------------------------------------------------------------------------------------------------

/** pseudonym, revision, reporting stratum, channel, nonce, answers */
type WaitingRow = [Buffer, number, number, number, Buffer, Buffer];

/** What waits in a county and may be sealed: strata with fewer than `minimum` are carried on. */
function findSealable(
  ctx: Context,
  campaign: number,
  county: number,
  minimum: number,
): Pick<SealingPoint, 'strata' | 'waiting'> {
  const counts = ctx.raw
    .prepare(
      'SELECT reporting_stratum AS stratum, count(*) AS n FROM responses WHERE campaign = ? AND county = ? AND lot = 0 GROUP BY reporting_stratum',
    )
    .all(campaign, county) as { stratum: number; n: number }[];
  return {
    strata: counts.filter((c) => c.n >= minimum).map((c) => c.stratum),
    waiting: counts.reduce((sum, c) => sum + c.n, 0),
  };
}

export function sealLot(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  { at, minimum, limit, after }: Parameters<Storage['sealLot']>[2],
): Awaited<ReturnType<Storage['sealLot']>> {
  const tx = ctx.db;
  const campaign = campaignNo(tx, id);
  const county6 = Number(county);
  const here = and(eq(campaignCounties.campaign, campaign), eq(campaignCounties.county, county));
  const { strata, waiting } = after ?? findSealable(ctx, campaign, county6, minimum);
  const lot =
    (tx.select({ lot: campaignCounties.lot }).from(campaignCounties).where(here).get()?.lot ?? 0) + 1;

  // By pseudonym, which tells nothing of when.
  const sealable = new Set(strata);
  const waitingRows = ctx.raw
    .prepare(
      `SELECT pseudonym, revision, reporting_stratum, channel, nonce, answers FROM responses
       WHERE campaign = ? AND county = ? AND (pseudonym, revision) > (?, ?) AND lot = 0 ORDER BY pseudonym, revision`,
    )
    .raw();
  const begin = [after?.pseudonym ?? Buffer.alloc(0), after?.revision ?? 0];
  const rows: WaitingRow[] = [];
  let more = false;
  if (sealable.size > 0)
    for (const row of waitingRows.iterate(campaign, county6, ...begin) as IterableIterator<WaitingRow>) {
      if (!sealable.has(row[2])) continue;
      if ((more = rows.length >= limit)) break;
      rows.push(row);
    }
  if (!more) tx.update(evidenceLogs).set({ sealedAt: at }).where(logOf(campaign, county)).run();
  if (rows.length === 0) return { lot, responses: 0, next: null };

  const mark = ctx.raw.prepare(
    'UPDATE responses SET lot = ? WHERE campaign = ? AND county = ? AND pseudonym = ? AND revision = ?',
  );
  const leaves = rows.map(([pseudonym, revision, reportingStratum, channel, nonce, answers]): NewLeaf => {
    mark.run(lot, campaign, county6, pseudonym, revision);
    const content = contentHashOf(nonce, answers);
    const leaf = encodeResponseLeaf({
      reportingStratum,
      channel: channels[channel]!,
      pseudonym,
      revision,
      content,
    });
    return {
      type: leafTypes.response,
      data: encodeReference(pseudonym, revision),
      hash: leafHash(leaf),
    };
  });
  leaves.sort((a, b) => compareBytes(a.hash, b.hash));
  const left = Math.max(0, waiting - leaves.length);
  appendState(tx, campaign, county, 'lot', { no: lot, responses: leaves.length, waiting: left, at });
  appendLeaves(tx, campaign, county, leaves);
  tx.update(campaignCounties).set({ lot }).where(here).run();
  const [pseudonym, revision] = rows.at(-1)!;
  return {
    lot,
    responses: leaves.length,
    next: more ? { pseudonym: new Uint8Array(pseudonym), revision, strata, waiting: left } : null,
  };
}

// Reading --------------------------------------------------------------------------------------------------------------

export function findLog(tx: Tx, id: CampaignId, county: CountyCode): LogHead | undefined {
  const row = tx
    .select()
    .from(evidenceLogs)
    .where(logOf(campaignNo(tx, id), county))
    .get();
  if (!row) return undefined;
  const root = rangeRoot(decodeRange(row.size, new Uint8Array(row.range)));
  return { origin: row.origin, size: row.size, root, sealedAt: row.sealedAt };
}

export function findTile(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
  tile: TileAddress,
): Uint8Array | undefined {
  return readTile(tx, campaignNo(tx, id), county, tile);
}

export function listLeaves(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  from: number,
  limit: number,
): readonly StoredLeaf[] {
  const campaign = campaignNo(ctx.db, id);
  const size = findLog(ctx.db, id, county)?.size ?? 0;
  const upTo = Math.min(size, from + limit);
  const states = new Map(
    ctx.raw
      .prepare(
        'SELECT no, data FROM evidence_leaves WHERE campaign = ? AND county = ? AND no >= ? AND no < ?',
      )
      .raw()
      .all(campaign, county, from, upTo) as [number, Buffer][],
  );
  const references = new Map<number, Buffer>();
  const packs = ctx.raw
    .prepare(
      'SELECT no, data FROM evidence_references WHERE campaign = ? AND county = ? AND no > ? AND no < ?',
    )
    .all(campaign, county, from - leavesPerReference, upTo) as { no: number; data: Buffer }[];
  for (const { no, data } of packs)
    for (let i = 0; (i + 1) * referenceSize <= data.length; i++)
      references.set(no + i, data.subarray(i * referenceSize, (i + 1) * referenceSize));
  const response = ctx.raw.prepare(
    `SELECT reporting_stratum AS stratum, channel, nonce, answers, content_hash AS content FROM responses
     WHERE campaign = ? AND county = ? AND pseudonym = ? AND revision = ?`,
  );
  const found: StoredLeaf[] = [];
  let tile: Uint8Array | undefined;
  for (let no = from; no < upTo; no++) {
    if (tile === undefined || no % tileWidth === 0)
      tile = readTile(ctx.db, campaign, county, { level: 0, index: Math.floor(no / tileWidth) });
    const hash = tile ? hashInTile(tile, no % tileWidth).slice() : new Uint8Array(32);
    const reference = references.get(no);
    if (!reference) {
      const state = states.get(no);
      found.push({ no, data: state ? new Uint8Array(state) : null, hash, contents: null });
      continue;
    }
    const pseudonym = reference.subarray(0, 16);
    const revision = reference.readUInt32BE(16);
    const r = response.get(campaign, Number(county), pseudonym, revision) as
      | {
          stratum: number;
          channel: number;
          nonce: Buffer | null;
          answers: Buffer | null;
          content: Buffer | null;
        }
      | undefined;
    const contents = r?.nonce && r.answers ? new Uint8Array(Buffer.concat([r.nonce, r.answers])) : null;
    const content = r?.nonce && r.answers ? contentHashOf(r.nonce, r.answers) : r?.content;
    const data =
      r && content
        ? encodeResponseLeaf({
            reportingStratum: r.stratum,
            channel: channels[r.channel] ?? 'web',
            pseudonym,
            revision,
            content,
          })
        : null;
    found.push({ no, data, hash, contents });
  }
  return found;
}

export function findLeafHash(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  pseudonym: Uint8Array,
  nonce: Uint8Array,
): Uint8Array | undefined {
  const row = ctx.raw
    .prepare(
      `SELECT revision, reporting_stratum AS stratum, channel, answers FROM responses
       WHERE campaign = ? AND county = ? AND pseudonym = ? AND nonce = ?`,
    )
    .get(campaignNo(ctx.db, id), Number(county), pseudonym, nonce) as
    { revision: number; stratum: number; channel: number; answers: Buffer } | undefined;
  if (!row) return undefined;
  const content = contentHashOf(nonce, row.answers);
  const { revision, stratum: reportingStratum } = row;
  const channel = channels[row.channel] ?? 'web';
  return leafHash(encodeResponseLeaf({ reportingStratum, channel, pseudonym, revision, content }));
}

export function findLeaf(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  hash: Uint8Array,
): number | undefined {
  const campaign = campaignNo(ctx.db, id);
  const lots = ctx.raw
    // The type as a literal, or the index of lots is not used.
    .prepare(
      `SELECT no, data FROM evidence_leaves WHERE campaign = ? AND county = ? AND type = ${leafTypes.lot} ORDER BY no`,
    )
    .all(campaign, county) as { no: number; data: Buffer }[];
  const hashAt = (no: number): Uint8Array => {
    const tile = readTile(ctx.db, campaign, county, { level: 0, index: Math.floor(no / tileWidth) });
    return tile ? hashInTile(tile, no % tileWidth) : new Uint8Array(32);
  };
  for (const { no, data } of lots) {
    const leaf = decodeStateLeaf(new Uint8Array(data));
    if (leaf.type !== 'lot') continue;
    let low = no + 1;
    let high = no + leaf.body.responses;
    while (low <= high) {
      const middle = Math.floor((low + high) / 2);
      const order = compareBytes(hashAt(middle), hash);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
  }
  return undefined;
}

export function recordFlag(
  tx: Tx,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  { group, reportingStratum, reason }: Flag,
): void {
  appendState(tx, campaignNo(tx, id), county, 'flag', { group, reportingStratum, reason, ...stampOf(stamp) });
  writeTrail(tx, stamp, 'evidence.flag', { campaign: id, county }, { group, reportingStratum, reason });
}

export function recordBundle(tx: Tx, stamp: Stamp, id: CampaignId, county: CountyCode): void {
  appendState(tx, campaignNo(tx, id), county, 'bundle', stampOf(stamp));
  writeTrail(tx, stamp, 'evidence.bundle', { campaign: id, county });
}

// Checkpoints ----------------------------------------------------------------------------------------------------------

export function saveCheckpoint(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
  { origin, ...checkpoint }: StoredCheckpoint & { readonly origin: string },
  witnesses: readonly string[],
): void {
  const campaign = campaignNo(tx, id);
  tx.insert(checkpoints)
    .values({ campaign, county, ...checkpoint })
    .onConflictDoNothing()
    .run();
  queuePosts(tx, { campaign, county, size: checkpoint.size, dueAt: checkpoint.at }, witnesses);
  const row = tx
    .select({ origin: evidenceLogs.origin })
    .from(evidenceLogs)
    .where(logOf(campaign, county))
    .get();
  if (row?.origin === null) tx.update(evidenceLogs).set({ origin }).where(logOf(campaign, county)).run();
}

export function listCheckpoints(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
  limit: number,
): readonly StoredCheckpoint[] {
  return tx
    .select({ size: checkpoints.size, at: checkpoints.at, note: checkpoints.note })
    .from(checkpoints)
    .where(and(eq(checkpoints.campaign, campaignNo(tx, id)), eq(checkpoints.county, county)))
    .orderBy(desc(checkpoints.size))
    .limit(limit)
    .all();
}

export function findCheckpoint(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
  size: number,
): StoredCheckpoint | undefined {
  return tx
    .select({ size: checkpoints.size, at: checkpoints.at, note: checkpoints.note })
    .from(checkpoints)
    .where(
      and(
        eq(checkpoints.campaign, campaignNo(tx, id)),
        eq(checkpoints.county, county),
        eq(checkpoints.size, size),
      ),
    )
    .get();
}

export function saveCosignature(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
  { size, witness, at, line }: StoredCosignature,
): void {
  const campaign = campaignNo(tx, id);
  tx.insert(cosignatures)
    .values({ campaign, county, size, witness, at, line })
    .onConflictDoUpdate({
      target: [cosignatures.campaign, cosignatures.county, cosignatures.size, cosignatures.witness],
      set: { at, line },
    })
    .run();
}

export function listCosignatures(tx: Tx, id: CampaignId, county: CountyCode): readonly StoredCosignature[] {
  return tx
    .select({
      size: cosignatures.size,
      witness: cosignatures.witness,
      at: cosignatures.at,
      line: cosignatures.line,
    })
    .from(cosignatures)
    .where(and(eq(cosignatures.campaign, campaignNo(tx, id)), eq(cosignatures.county, county)))
    .orderBy(asc(cosignatures.size), asc(cosignatures.witness))
    .all();
}
