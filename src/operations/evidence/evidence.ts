/**
 * The evidence log outside the storage: signed checkpoints, daily lots, proofs, witnesses' signatures. Only hashes are public
 * here.
 */
import {
  formatCheckpoint,
  formatNote,
  formatVerifierKey,
  openCheckpoint,
  parseNote,
  parseSignatureLine,
  readCosignature,
  type NoteKey,
} from '../../domain/evidence/note.ts';
import { consistencyProof, inclusionProof, type NodeReader } from '../../domain/evidence/proofs.ts';
import { createNodeReader, tilePath, tileSize, type TileAddress } from '../../domain/evidence/tiles.ts';
import type { Witness } from '../../domain/evidence/witness.ts';
import { AppError } from '../../domain/errors.ts';
import { fromHex } from '../../domain/hash.ts';
import { nextServiceHour } from '../../domain/time-zone.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { createNoteSigner, type NoteSigner } from '../../keys/note-signer.ts';
import type {
  LogHead,
  SealingPoint,
  StoredCheckpoint,
  StoredCosignature,
} from '../../domain/model/evidence.ts';
import type { Deps } from '../deps.ts';
import { getProfile } from '../campaign/lookup.ts';
import { forEachCampaign } from '../each-campaign.ts';
import { mayRunNow } from '../service/service-time.ts';

/** Maximum number of responses sealed in one transaction: about a millisecond, so that answers never wait long behind it. */
const lotLimit = 50;
/** Lots are sealed at this hour, when few answer. */
export const sealingHour = 3;

/** Witnesses to which checkpoints are sent; the others fetch them. */
export function witnessesToSend(deps: Deps): readonly Witness[] {
  return (deps.witnesses ?? []).filter((w) => w.target !== null);
}

function signerOf(deps: Deps, id: CampaignId, county: CountyCode, head: LogHead): NoteSigner {
  const origin = head.origin ?? `${new URL(deps.publicUrl).host}/log/${id}/${county}`;
  const seed = deps.keys.findService('log');
  if (!seed) throw new AppError('unavailable', 'log.key-missing');
  return createNoteSigner(seed, origin);
}

/** The present key of a log, and its earlier ones, newest first. */
export async function listLogKeys(
  deps: Deps,
  id: CampaignId,
  county: CountyCode,
): Promise<readonly NoteKey[]> {
  const { key } = signerOf(deps, id, county, await getHead(deps, id, county));
  const before = [...(await deps.storage.listRekeys(id, county))].reverse();
  return [key, ...before.map((change) => ({ ...key, publicKey: fromHex(change.before) }))];
}

/**
 * Other notes signed by the log's key, with a text built from the log's name.
 * @throws not-found `evidence.no-log`
 */
export async function signLogText(
  deps: Deps,
  id: CampaignId,
  county: CountyCode,
  format: (origin: string) => string,
): Promise<string> {
  const signer = signerOf(deps, id, county, await getHead(deps, id, county));
  return signer.sign(format(signer.key.name));
}

/** The head of the log as a signed checkpoint; signs it if necessary. Undefined while there is no log. */
export async function publishCheckpoint(
  deps: Deps,
  id: CampaignId,
  county: CountyCode,
): Promise<StoredCheckpoint | undefined> {
  const head = await deps.storage.findLog(id, county);
  if (!head) return undefined;
  const known = await deps.storage.findCheckpoint(id, county, head.size);
  if (known) return known;
  const signer = signerOf(deps, id, county, head);
  const { key } = signer;
  const note = signer.sign(formatCheckpoint({ origin: key.name, size: head.size, root: head.root }));
  const made = { size: head.size, at: deps.now(), note };
  const witnesses = witnessesToSend(deps).map((w) => w.name);
  await deps.storage.saveCheckpoint(id, county, { ...made, origin: key.name }, witnesses);
  return made;
}

/**
 * The last step of every operation that appended a state leaf, so that the head is signed before the user gets the result. The
 * change is stored in any case: after a kill or failure in between, the next call or the next minute signs the head. For one
 * county if one is given.
 */
export async function publishCheckpoints(deps: Deps, id: CampaignId, county?: CountyCode): Promise<void> {
  const campaign = await deps.storage.findCampaign(id);
  for (const { code } of campaign?.counties ?? []) {
    if (county !== undefined && code !== county) continue;
    try {
      await publishCheckpoint(deps, id, code);
    } catch (err) {
      deps.log.error({ err, campaign: id, county: code }, 'evidence.checkpoint-failed');
    }
  }
}

/** Seals waiting responses, in as many lots as necessary. `minimum`: strata with fewer waiting are left for the next lot. */
export async function sealWaiting(
  deps: Deps,
  id: CampaignId,
  county: CountyCode,
  minimum: number,
  scheduled = false,
): Promise<{ readonly lot: number; readonly responses: number }> {
  const at = deps.now();
  let responses = 0;
  let lot = 0;
  let after: SealingPoint | null = null;
  do {
    const sealed = await deps.storage.sealLot(id, county, { at, minimum, limit: lotLimit, after, scheduled });
    responses += sealed.responses;
    lot = sealed.lot;
    after = sealed.next;
  } while (after !== null);
  if (responses > 0) await publishCheckpoint(deps, id, county);
  return { lot, responses };
}

/** Once a minute: seals the daily lot of every open county at its hour, and signs unsigned heads. */
export async function sealDueLots(deps: Deps): Promise<void> {
  const now = deps.now();
  const struck = nextServiceHour(now, sealingHour) - 24 * 3_600_000;
  const maySeal = await mayRunNow(deps, 'seal');
  await forEachCampaign(deps, 'seal lot', async (campaign) => {
    if (campaign.state !== 'open' || !maySeal) return;
    const { minimumCell } = await getProfile(deps, campaign.profile);
    for (const { code } of campaign.counties) {
      const head = await deps.storage.findLog(campaign.id, code);
      if ((head?.sealedAt ?? campaign.openedAt ?? 0) >= struck) continue;
      await sealWaiting(deps, campaign.id, code, minimumCell, true);
      await deps.storage.recordHeads(campaign.id, code, struck, now);
    }
  });
  // Also for those whose lot could not be sealed.
  await forEachCampaign(deps, 'sign checkpoints', ({ id }) => publishCheckpoints(deps, id));
}

/**
 * Opened with the first key that fits.
 * @throws AppError as `open` with the first key
 */
export function openWithAny<T>(keys: readonly NoteKey[], open: (key: NoteKey) => T): T {
  let first: unknown;
  for (const key of keys) {
    try {
      return open(key);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      first ??= error;
    }
  }
  throw first;
}

// Public ---------------------------------------------------------------------------------------------------------------

async function getHead(deps: Deps, id: CampaignId, county: CountyCode): Promise<LogHead> {
  const campaign = await deps.storage.findCampaign(id);
  const isThere = campaign?.counties.some((c) => c.code === county);
  const head = isThere ? await deps.storage.findLog(id, county) : undefined;
  if (!head) throw new AppError('not-found', 'evidence.no-log');
  return head;
}

/** The verifier key: name, id and public key of the log. */
export async function getLogKey(deps: Deps, id: CampaignId, county: CountyCode): Promise<string> {
  return formatVerifierKey(signerOf(deps, id, county, await getHead(deps, id, county)).key);
}

/**
 * The newest checkpoint with its witnesses' signatures.
 * @throws not-found `evidence.no-log`
 */
export async function getCheckpoint(deps: Deps, id: CampaignId, county: CountyCode): Promise<string> {
  await getHead(deps, id, county);
  const checkpoint = await publishCheckpoint(deps, id, county);
  if (!checkpoint) throw new AppError('not-found', 'evidence.no-log');
  return withCosignatures(checkpoint, await deps.storage.listCosignatures(id, county));
}

export function withCosignatures(
  { size, note }: StoredCheckpoint,
  given: readonly StoredCosignature[],
): string {
  const { text, signatures } = parseNote(note);
  const lines = given.filter((c) => c.size === size).map((c) => parseSignatureLine(c.line));
  return formatNote({ text, signatures: [...signatures, ...lines] });
}

/** @throws not-found `evidence.no-log` if the log has fewer hashes */
export async function getTile(
  deps: Deps,
  id: CampaignId,
  county: CountyCode,
  tile: TileAddress & { readonly width: number },
): Promise<Uint8Array> {
  const head = await getHead(deps, id, county);
  const bytes = await deps.storage.findTile(id, county, tile);
  if (!bytes || tileSize(tile, head.size) < tile.width) throw new AppError('not-found', 'evidence.no-log');
  return bytes.subarray(0, tile.width * 32);
}

/** Proofs are built synchronously from tiles that are loaded on demand. */
async function withTiles<T>(
  deps: Deps,
  id: CampaignId,
  county: CountyCode,
  make: (node: NodeReader) => T,
): Promise<T> {
  const tiles = new Map<string, Uint8Array>();
  for (;;) {
    let missing: TileAddress | undefined;
    const node = createNodeReader((tile) => {
      const known = tiles.get(tilePath(tile, 256));
      if (!known) missing = tile;
      return known;
    });
    try {
      return make(node);
    } catch (error) {
      if (missing === undefined) throw error;
      const bytes = await deps.storage.findTile(id, county, missing);
      if (!bytes) throw new AppError('corrupt', 'storage.corrupt', { params: { column: 'evidence_tiles' } });
      tiles.set(tilePath(missing, 256), bytes);
    }
  }
}

/** @throws not-found `evidence.no-log`, `evidence.proof` */
export async function getInclusionProof(
  deps: Deps,
  id: CampaignId,
  county: CountyCode,
  index: number,
  size: number,
): Promise<readonly Uint8Array[]> {
  const head = await getHead(deps, id, county);
  if (size > head.size || index >= size)
    throw new AppError('not-found', 'evidence.proof', { params: { size: head.size } });
  return withTiles(deps, id, county, (node) => inclusionProof(node, index, size));
}

/** @throws not-found `evidence.no-log`, `evidence.proof` */
export async function getConsistencyProof(
  deps: Deps,
  id: CampaignId,
  county: CountyCode,
  older: number,
  newer: number,
): Promise<readonly Uint8Array[]> {
  const head = await getHead(deps, id, county);
  if (newer > head.size || older > newer)
    throw new AppError('not-found', 'evidence.proof', { params: { size: head.size } });
  return withTiles(deps, id, county, (node) => consistencyProof(node, older, newer));
}

/**
 * Stores a witness's signature over one of our checkpoints, submitted as the signed note.
 * @throws AppError invalid `evidence.note`, `evidence.signature`, `evidence.witness`
 */
export async function acceptCosignature(
  deps: Deps,
  id: CampaignId,
  county: CountyCode,
  raw: string,
): Promise<StoredCosignature> {
  const { note, size } = openWithAny(await listLogKeys(deps, id, county), (key) => openCheckpoint(raw, key));
  const own = await deps.storage.findCheckpoint(id, county, size);
  if (!own || parseNote(own.note).text !== note.text) throw new AppError('invalid', 'evidence.witness');
  for (const signature of note.signatures) {
    for (const { key: witness } of deps.witnesses ?? []) {
      if (witness === null) continue;
      const seconds = readCosignature(note.text, signature, witness);
      if (seconds === undefined) continue;
      const line = formatNote({ text: note.text, signatures: [signature] }).slice(note.text.length + 1, -1);
      const given = { size, witness: witness.name, at: seconds * 1000, line };
      await deps.storage.saveCosignature(id, county, given);
      return given;
    }
  }
  throw new AppError('invalid', 'evidence.witness');
}
