/** Composes a witness for other installations: key, record and server, without a survey. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { AppError } from './domain/errors.ts';
import { formatVerifierKey, isKeyName } from './domain/evidence/note.ts';
import { toHex } from './domain/hash.ts';
import { buildWitnessApp } from './http/witness/app.ts';
import { createFileKeyStore } from './keys/key-store.ts';
import { createCosigner } from './keys/note-signer.ts';
import { listen } from './listen.ts';
import type { WitnessDeps } from './operations/evidence/witnessing.ts';
import { beginWitnessStore, openWitnessStore } from './witnesses/store.ts';

const witnessKeys = (folder: string) => createFileKeyStore(join(folder, 'keys'));

/**
 * Creates a key and an empty record of what was signed.
 * @returns the key as other installations name it
 * @throws AppError invalid `witness.name`; conflict `witness.begun`, `witness.record-lost` if there is a key without its record
 */
export function beginWitness(folder: string, name: string): string {
  if (!isKeyName(name) || name.length > 100) throw new AppError('invalid', 'witness.name');
  const keys = witnessKeys(folder);
  const isThere = existsSync(join(folder, 'witness.db'));
  // Without the record it would sign another history of the same logs.
  if (!isThere && keys.findService('witness'))
    throw new AppError('conflict', 'witness.record-lost', { params: { folder } });
  if (isThere) throw new AppError('conflict', 'witness.begun', { params: { folder } });
  const { key } = createCosigner(keys.service('witness'), name);
  beginWitnessStore(folder, { name, publicKey: toHex(key.publicKey) });
  return formatVerifierKey(key);
}

/** @throws AppError not-found `witness.not-begun`; unavailable `witness.key-missing`, corrupt `witness.key-wrong` */
export function openWitness(folder: string): WitnessDeps {
  const store = openWitnessStore(folder);
  try {
    const seed = witnessKeys(folder).findService('witness');
    if (!seed) throw new AppError('unavailable', 'witness.key-missing', { params: { folder } });
    const cosigner = createCosigner(seed, store.identity.name);
    if (toHex(cosigner.key.publicKey) !== store.identity.publicKey)
      throw new AppError('corrupt', 'witness.key-wrong', { params: { folder } });
    return { store, cosigner, now: Date.now };
  } catch (error) {
    store.close();
    throw error;
  }
}

export interface WitnessService {
  readonly address: string;
  stop(): Promise<void>;
}

export async function serveWitness(
  folder: string,
  options: { readonly host: string; readonly port: number; readonly prefix: string; readonly log: Logger },
): Promise<WitnessService> {
  const deps = openWitness(folder);
  const app = await buildWitnessApp(deps, { logger: options.log, prefix: options.prefix });
  try {
    const address = await listen(app, options);
    return {
      address,
      async stop() {
        await app.close();
        deps.store.close();
      },
    };
  } catch (error) {
    deps.store.close();
    throw error;
  }
}
