/**
 * The key that signs every log of the installation. The database knows its public key, so that a lost one is not silently
 * replaced.
 */
import { AppError } from '../../domain/errors.ts';
import { formatVerifierKey, isSignedBy, parseNote } from '../../domain/evidence/note.ts';
import { anyLogOf } from '../../domain/evidence/tlog-witness.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import { fromHex, toHex } from '../../domain/hash.ts';
import { createNoteSigner } from '../../keys/note-signer.ts';
import { stamp, type Deps } from '../deps.ts';
import { publishCheckpoints } from './evidence.ts';

const name = 'log';
/** Created and synced before the database refers to it. */
const nextName = 'log-next';

const publicKeyOf = (seed: Uint8Array): string => toHex(createNoteSigner(seed, 'key').key.publicKey);
const retiredName = (publicKey: string): string => `log-retired-${publicKey.slice(0, 16)}`;

/**
 * Binds the database to the key, or refuses another one. A key is created only if nothing was ever signed.
 * @throws AppError unavailable `log.key-missing`, corrupt `log.key-wrong`
 */
export async function ensureLogKey(deps: Pick<Deps, 'storage' | 'keys'>): Promise<void> {
  const { storage, keys } = deps;
  const bound = await storage.findLogKey();
  const next = keys.findService(nextName);
  // A `rekey` that was killed between database and folder.
  if (next !== undefined && bound === publicKeyOf(next)) await place(deps, bound);
  const seed = keys.findService(name);
  if (bound !== null) {
    if (seed === undefined) throw new AppError('unavailable', 'log.key-missing');
    if (publicKeyOf(seed) !== bound) throw new AppError('corrupt', 'log.key-wrong');
    return;
  }
  // First start, or the first one after an upgrade.
  const signed = await findSignedNote(deps);
  if (signed !== undefined) {
    if (seed === undefined) throw new AppError('unavailable', 'log.key-missing');
    const { key } = createNoteSigner(seed, signed.origin);
    if (!isSignedBy(parseNote(signed.note), key)) throw new AppError('corrupt', 'log.key-wrong');
  }
  await storage.recordLogKey(publicKeyOf(seed ?? keys.service(name)));
}

async function findSignedNote(
  deps: Pick<Deps, 'storage'>,
): Promise<{ readonly origin: string; readonly note: string } | undefined> {
  for (const { id, counties } of await deps.storage.listCampaigns())
    for (const { code } of counties) {
      const [newest] = await deps.storage.listCheckpoints(id, code, 1);
      if (newest) return { origin: newest.note.split('\n')[0]!, note: newest.note };
    }
  // It is unknown which key signed their logs, and no other one may replace it unnoticed.
  const [broken] = await deps.storage.listBrokenCampaigns();
  if (broken) throw new AppError('corrupt', 'storage.corrupt', { params: { column: broken.fault } });
  return undefined;
}

async function place(deps: Pick<Deps, 'keys' | 'storage'>, after: string): Promise<void> {
  const old = deps.keys.findService(name);
  deps.keys.replaceService(name, nextName, retiredName(old === undefined ? after : publicKeyOf(old)));
}

/**
 * A new key signs from now on. Each log records it with a leaf, and its next checkpoint goes to every witness.
 * @returns the new public key, hexadecimal
 * @throws AppError forbidden; conflict `log.key-unbound` before the first start
 */
export async function rekeyLog(deps: Deps, actor: Actor): Promise<string> {
  assertMay(actor, 'log.rekey');
  const before = await deps.storage.findLogKey();
  if (before === null) throw new AppError('conflict', 'log.key-unbound');
  const after = publicKeyOf(deps.keys.service(nextName));
  await deps.storage.replaceLogKey(stamp(deps, actor), { before, after });
  await place(deps, after);
  for (const { id } of await deps.storage.listCampaigns()) await publishCheckpoints(deps, id);
  return after;
}

/** Whether the key on disk is the one to which the database is bound. */
export async function isLogKeyThere(deps: Pick<Deps, 'storage' | 'keys'>): Promise<boolean> {
  const bound = await deps.storage.findLogKey();
  try {
    const seed = deps.keys.findService(name);
    return seed !== undefined && (bound === null || publicKeyOf(seed) === bound);
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}

/**
 * Keys with which a witness knows every log of this installation, including future ones: one line for each host under which logs
 * have begun.
 * @throws AppError conflict `log.key-unbound` before the first start
 */
export async function listWitnessKeys(deps: Deps): Promise<readonly string[]> {
  const bound = await deps.storage.findLogKey();
  if (bound === null) throw new AppError('conflict', 'log.key-unbound');
  const hosts = new Set([new URL(deps.publicUrl).host]);
  for (const { id, counties } of await deps.storage.listCampaigns())
    for (const { code } of counties) {
      const origin = (await deps.storage.findLog(id, code))?.origin;
      if (origin) hosts.add(origin.split('/')[0]!);
    }
  const publicKey = fromHex(bound);
  return [...hosts].map((host) => formatVerifierKey({ name: anyLogOf(host), type: 'log', publicKey }));
}

/** In how many logs a new key would be recorded. */
export async function countLogs(deps: Deps): Promise<number> {
  let logs = 0;
  for (const { id, counties } of await deps.storage.listCampaigns())
    for (const { code } of counties) if (await deps.storage.findLog(id, code)) logs += 1;
  return logs;
}
