/** The single row of the installation: the last known time, and the fingerprint of the key that signs the evidence logs. */
import {
  decideConfirmation,
  decideObservation,
  unseenTime,
  type ServiceTime,
} from '../../../domain/service-time.ts';
import { decideMove, moveMarkSchema, type MoveMark, type MoveStep } from '../../../domain/service-move.ts';
import { decideSettings, noSettings, settingsSchema, type Settings } from '../../../domain/model/settings.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { Tx } from '../connection.ts';
import { parseJson } from '../../shared/json.ts';
import { serviceState } from '../schema.ts';
import { recordTrail } from './trail.ts';

export async function readTime(tx: Tx): Promise<ServiceTime> {
  const row = (await tx.select().from(serviceState))[0];
  if (!row) return unseenTime;
  const { seenAt, heldFor, jumpFrom, jumpTo } = row;
  return {
    seenAt,
    heldFor,
    jump: jumpFrom === null || jumpTo === null ? null : { from: jumpFrom, to: jumpTo },
  };
}

async function put(tx: Tx, values: Partial<typeof serviceState.$inferInsert>): Promise<void> {
  await tx
    .insert(serviceState)
    .values({ no: 1, ...values })
    .onConflictDoUpdate({ target: serviceState.no, set: values });
}

async function putTime(tx: Tx, { seenAt, heldFor, jump }: ServiceTime): Promise<void> {
  await put(tx, { seenAt, heldFor, jumpFrom: jump?.from ?? null, jumpTo: jump?.to ?? null });
}

export async function observeTime(tx: Tx, stamp: Stamp, elapsed: number | null): Promise<ServiceTime> {
  const { changes, trail } = decideObservation(await readTime(tx), stamp.at, elapsed);
  await putTime(tx, changes);
  await recordTrail(tx, stamp, null, trail);
  return changes;
}

export async function confirmTime(tx: Tx, stamp: Stamp): Promise<void> {
  const { changes, trail } = decideConfirmation(await readTime(tx), stamp.at);
  await putTime(tx, changes);
  await recordTrail(tx, stamp, null, trail);
}

export async function findLogKey(tx: Tx): Promise<string | null> {
  return (await tx.select({ logKey: serviceState.logKey }).from(serviceState))[0]?.logKey ?? null;
}

export async function recordLogKey(tx: Tx, fingerprint: string): Promise<void> {
  await put(tx, { logKey: fingerprint });
}

export async function readSettings(tx: Tx): Promise<Settings> {
  const text = (await tx.select({ settings: serviceState.settings }).from(serviceState))[0]?.settings ?? null;
  return text === null ? noSettings : parseJson(settingsSchema, text, 'settings');
}

export async function changeSettings(tx: Tx, stamp: Stamp, patch: Partial<Settings>): Promise<Settings> {
  const { changes, trail } = decideSettings(await readSettings(tx), patch);
  await put(tx, { settings: JSON.stringify(changes) });
  await recordTrail(tx, stamp, null, trail);
  return changes;
}

/** Only to check that a commit reaches the disk. */
export async function probeWrite(tx: Tx): Promise<void> {
  const { probe = 0 } = (await tx.select({ probe: serviceState.probe }).from(serviceState))[0] ?? {};
  await put(tx, { probe: probe + 1 });
}

export async function findMove(tx: Tx): Promise<MoveMark | null> {
  const text = (await tx.select({ move: serviceState.move }).from(serviceState))[0]?.move ?? null;
  return text === null ? null : parseJson(moveMarkSchema, text, 'service_state.move');
}

export async function recordMove(tx: Tx, stamp: Stamp, step: MoveStep): Promise<void> {
  const { changes, trail } = decideMove(await findMove(tx), step, stamp);
  await put(tx, { move: changes === null ? null : JSON.stringify(changes) });
  await recordTrail(tx, stamp, null, trail);
}
