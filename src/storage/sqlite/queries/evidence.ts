/**
 * The evidence log (design 14). State leaves are appended by the query that changes the state, in its transaction; responses by `sealLot`. An append reads
 * the log's compact range and at most one tile a level, whatever the size of the log.
 */
import { and, asc, desc, eq } from 'drizzle-orm';
import { commitToCodes, type IssueCommitment } from '../../../domain/code/commitment.ts';
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
import { compareBytes } from '../../../domain/frame/sample.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import { channels, issuedSetSchema, type CountedSet } from '../../../domain/model/vocabulary.ts';
import type { LogHead, SealingPoint, StoredCheckpoint, StoredLeaf } from '../../../domain/model/evidence.ts';
import type { IssuedCode } from '../../../domain/model/code.ts';
import type { Raw, Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import { campaignCounties, checkpoints, evidenceLogs, evidenceTiles, lateness } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';
import { assertTime } from './service-state.ts';
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

function prepareAppend(raw: Raw) {
  return {
    log: raw.prepare('SELECT size, range FROM evidence_logs WHERE campaign = ? AND county = ?'),
    tile: raw
      .prepare('SELECT hashes FROM evidence_tiles WHERE campaign = ? AND county = ? AND level = ? AND no = ?')
      .pluck(),
    references: raw.prepare(
      'INSERT INTO evidence_references (campaign, county, no, data) VALUES (?, ?, ?, ?)',
    ),
    leaf: raw.prepare(
      'INSERT INTO evidence_leaves (campaign, county, no, type, data) VALUES (?, ?, ?, ?, ?)',
    ),
    putTile: raw.prepare(
      `INSERT INTO evidence_tiles (campaign, county, level, no, hashes) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (campaign, county, level, no) DO UPDATE SET hashes = excluded.hashes`,
    ),
    putLog: raw.prepare(
      `INSERT INTO evidence_logs (campaign, county, size, range) VALUES (?, ?, ?, ?)
       ON CONFLICT (campaign, county) DO UPDATE SET size = excluded.size, range = excluded.range`,
    ),
  };
}

/** A change of a campaign appends to each of its counties' logs in one transaction: prepared once, or that would hold up the writer. */
const appendStatements = new WeakMap<Raw, ReturnType<typeof prepareAppend>>();

function statementsOf({ $client: raw }: Tx): ReturnType<typeof prepareAppend> {
  let found = appendStatements.get(raw);
  if (!found) appendStatements.set(raw, (found = prepareAppend(raw)));
  return found;
}

function appendLeaves(tx: Tx, campaign: number, county: string, leaves: readonly NewLeaf[]): void {
  const s = statementsOf(tx);
  const row = s.log.get(campaign, county) as { size: number; range: Buffer } | undefined;
  const size = row?.size ?? 0;
  const tree = createTreeBuilder(decodeRange(size, row ? new Uint8Array(row.range) : new Uint8Array(0)));
  const tiles = createTileWriter(size, ({ level, index }) => {
    const hashes = s.tile.get(campaign, county, level, index) as Buffer | undefined;
    return hashes && new Uint8Array(hashes);
  });
  let references: Uint8Array[] = [];
  const putReferences = (before: number): void => {
    if (references.length === 0) return;
    s.references.run(campaign, county, before - references.length, Buffer.concat(references));
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
    s.leaf.run(campaign, county, no, type, data);
  }
  putReferences(size + leaves.length);
  for (const { level, index, hashes } of tiles.changed())
    s.putTile.run(campaign, county, level, index, hashes);
  s.putLog.run(campaign, county, tree.size, encodeRange(tree.range()));
}

/** Appends one state leaf, in the transaction that changes the state. */
export function appendState<T extends StateLeafType>(
  tx: Tx,
  campaign: number,
  county: string,
  type: T,
  body: StateLeafBody<T>,
): void {
  appendLeaves(tx, campaign, county, [stateLeaf(type, body)]);
}

function stateLeaf<T extends StateLeafType>(type: T, body: StateLeafBody<T>): NewLeaf {
  const data = encodeStateLeaf(type, body);
  return { type: leafTypes[type], data, hash: leafHash(data) };
}

/** The dispositions of a county, and its flags behind them. */
export function appendDispositions(
  tx: Tx,
  campaign: number,
  county: string,
  dispositions: StateLeafBody<'dispositions'>,
  signals: readonly StateLeafBody<'signal'>[],
): void {
  appendLeaves(tx, campaign, county, [
    stateLeaf('dispositions', dispositions),
    ...signals.map((signal) => stateLeaf('signal', signal)),
  ]);
}

/** Whether the county was counted at close. Newest first: little is appended after it. */
export function hasDispositions(ctx: Context, campaign: number, county: string): boolean {
  return (
    ctx.raw
      .prepare(
        `SELECT 1 FROM evidence_leaves WHERE campaign = ? AND county = ? AND type = ${leafTypes.dispositions} ORDER BY no DESC LIMIT 1`,
      )
      .get(campaign, county) !== undefined
  );
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

/** The cells that the draw issued codes to, without those of test contacts, and the hash over the drawn contacts. Reads every code. */
export function readIssueCommitment(ctx: Context, id: CampaignId, county: CountyCode): IssueCommitment {
  const campaign = campaignNo(ctx.db, id);
  const codes = commitToCodes(issuedRows(ctx, campaign, county, null, -1));
  const rows = ctx.raw
    .prepare(
      `SELECT entry, counted_set AS "set", reporting_stratum AS reporting FROM contacts
       WHERE campaign = ? AND county = ? AND sealed_code IS NOT NULL AND slip_no IS NULL AND late <> ${lateness.canary} ORDER BY entry`,
    )
    .all(campaign, county) as { entry: Buffer; set: CountedSet; reporting: number }[];
  return { codes, contacts: sortedListHash(rows.map((r) => drawnContactBytes(r.entry, r.set, r.reporting))) };
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

type ResponseKey = readonly [pseudonym: Uint8Array, revision: number];

/** What waits in a county and may be sealed: strata with fewer than `minimum` are carried on. Reads every answer of the county. */
export function findSealable(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  minimum: number,
): Pick<SealingPoint, 'strata' | 'waiting'> {
  const counts = ctx.raw
    .prepare(
      'SELECT reporting_stratum AS stratum, count(*) AS n FROM responses WHERE campaign = ? AND county = ? AND lot = 0 GROUP BY reporting_stratum',
    )
    .all(campaignNo(ctx.db, id), Number(county)) as { stratum: number; n: number }[];
  return {
    strata: counts.filter((c) => c.n >= minimum).map((c) => c.stratum),
    waiting: counts.reduce((sum, c) => sum + c.n, 0),
  };
}

/** Which answers the next part seals, by pseudonym, which tells nothing of when. */
export function listSealable(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  strata: readonly number[],
  after: Pick<SealingPoint, 'pseudonym' | 'revision'> | null,
  limit: number,
): { readonly keys: readonly ResponseKey[]; readonly more: boolean } {
  const sealable = new Set(strata);
  const rows = ctx.raw
    .prepare(
      `SELECT pseudonym, revision, reporting_stratum FROM responses
       WHERE campaign = ? AND county = ? AND (pseudonym, revision) > (?, ?) AND lot = 0 ORDER BY pseudonym, revision`,
    )
    .raw()
    .iterate(
      campaignNo(ctx.db, id),
      Number(county),
      after?.pseudonym ?? Buffer.alloc(0),
      after?.revision ?? 0,
    ) as IterableIterator<[Buffer, number, number]>;
  const keys: ResponseKey[] = [];
  for (const [pseudonym, revision, stratum] of rows) {
    if (!sealable.has(stratum)) continue;
    if (keys.length >= limit) return { keys, more: true };
    keys.push([new Uint8Array(pseudonym), revision]);
  }
  return { keys, more: false };
}

/** Seals these answers as the next lot. `waiting`: how many waited before. */
export function sealListed(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  part: {
    readonly at: number;
    readonly keys: readonly ResponseKey[];
    readonly waiting: number;
    readonly isLast: boolean;
    readonly scheduled: boolean;
  },
): { readonly lot: number; readonly responses: number } {
  const tx = ctx.db;
  const campaign = campaignNo(tx, id);
  const { at, keys, waiting, isLast, scheduled } = part;
  if (scheduled) assertTime(tx, 'seal', at);
  const here = and(eq(campaignCounties.campaign, campaign), eq(campaignCounties.county, county));
  const lot =
    (tx.select({ lot: campaignCounties.lot }).from(campaignCounties).where(here).get()?.lot ?? 0) + 1;
  if (isLast) tx.update(evidenceLogs).set({ sealedAt: at }).where(logOf(campaign, county)).run();
  if (keys.length === 0) return { lot, responses: 0 };

  const find = ctx.raw
    .prepare(
      `SELECT reporting_stratum, channel, nonce, answers FROM responses
       WHERE campaign = ? AND county = ? AND pseudonym = ? AND revision = ? AND lot = 0`,
    )
    .raw();
  const mark = ctx.raw.prepare(
    'UPDATE responses SET lot = ? WHERE campaign = ? AND county = ? AND pseudonym = ? AND revision = ?',
  );
  const leaves = keys.flatMap(([pseudonym, revision]): readonly NewLeaf[] => {
    const key = [campaign, Number(county), pseudonym, revision];
    const row = find.get(...key) as [number, number, Buffer, Buffer] | undefined;
    // Sealed by somebody else since it was listed.
    if (!row) return [];
    const [reportingStratum, channel, nonce, answers] = row;
    mark.run(lot, ...key);
    const leaf = encodeResponseLeaf({
      reportingStratum,
      channel: channels[channel]!,
      pseudonym,
      revision,
      content: contentHashOf(nonce, answers),
    });
    return [{ type: leafTypes.response, data: encodeReference(pseudonym, revision), hash: leafHash(leaf) }];
  });
  if (leaves.length === 0) return { lot, responses: 0 };
  leaves.sort((a, b) => compareBytes(a.hash, b.hash));
  const left = Math.max(0, waiting - leaves.length);
  const head = stateLeaf('lot', { no: lot, responses: leaves.length, waiting: left, at });
  appendLeaves(tx, campaign, county, [head, ...leaves]);
  tx.update(campaignCounties).set({ lot }).where(here).run();
  return { lot, responses: leaves.length };
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
      // Asked for right after it was stored: among the newest, however often the code has answered.
      `SELECT revision, reporting_stratum AS stratum, channel, answers FROM responses
       WHERE campaign = ? AND county = ? AND pseudonym = ? AND nonce = ? ORDER BY revision DESC LIMIT 1`,
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
