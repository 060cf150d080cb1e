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
import { preparedQuery } from '../prepared.ts';
import { parseJson } from '../../shared/json.ts';
import { serviceState } from '../schema.ts';
import { recordTrail } from './trail.ts';

const state = (tx: Tx) => tx.select().from(serviceState).prepare();

export function readTime(tx: Tx): ServiceTime {
  const row = preparedQuery(tx, state).get();
  if (!row) return unseenTime;
  const { seenAt, heldFor, jumpFrom, jumpTo } = row;
  return {
    seenAt,
    heldFor,
    jump: jumpFrom === null || jumpTo === null ? null : { from: jumpFrom, to: jumpTo },
  };
}

function put(tx: Tx, values: Partial<typeof serviceState.$inferInsert>): void {
  tx.insert(serviceState)
    .values({ no: 1, ...values })
    .onConflictDoUpdate({ target: serviceState.no, set: values })
    .run();
}

function putTime(tx: Tx, { seenAt, heldFor, jump }: ServiceTime): void {
  put(tx, { seenAt, heldFor, jumpFrom: jump?.from ?? null, jumpTo: jump?.to ?? null });
}

export function observeTime(tx: Tx, stamp: Stamp, elapsed: number | null): ServiceTime {
  const { changes, trail } = decideObservation(readTime(tx), stamp.at, elapsed);
  putTime(tx, changes);
  recordTrail(tx, stamp, null, trail);
  return changes;
}

export function confirmTime(tx: Tx, stamp: Stamp): void {
  const { changes, trail } = decideConfirmation(readTime(tx), stamp.at);
  putTime(tx, changes);
  recordTrail(tx, stamp, null, trail);
}

export function findLogKey(tx: Tx): string | null {
  return tx.select({ logKey: serviceState.logKey }).from(serviceState).get()?.logKey ?? null;
}

export function recordLogKey(tx: Tx, fingerprint: string): void {
  put(tx, { logKey: fingerprint });
}

export function readSettings(tx: Tx): Settings {
  const text = tx.select({ settings: serviceState.settings }).from(serviceState).get()?.settings ?? null;
  return text === null ? noSettings : parseJson(settingsSchema, text, 'settings');
}

export function changeSettings(tx: Tx, stamp: Stamp, patch: Partial<Settings>): Settings {
  const { changes, trail } = decideSettings(readSettings(tx), patch);
  put(tx, { settings: JSON.stringify(changes) });
  recordTrail(tx, stamp, null, trail);
  return changes;
}

/** Only to check that a commit reaches the disk. */
export function probeWrite(tx: Tx): void {
  const { probe = 0 } = tx.select({ probe: serviceState.probe }).from(serviceState).get() ?? {};
  put(tx, { probe: probe + 1 });
}

export function findMove(tx: Tx): MoveMark | null {
  const text = tx.select({ move: serviceState.move }).from(serviceState).get()?.move ?? null;
  return text === null ? null : parseJson(moveMarkSchema, text, 'service_state.move');
}

export function recordMove(tx: Tx, stamp: Stamp, step: MoveStep): void {
  const { changes, trail } = decideMove(findMove(tx), step, stamp);
  put(tx, { move: changes === null ? null : JSON.stringify(changes) });
  recordTrail(tx, stamp, null, trail);
}
