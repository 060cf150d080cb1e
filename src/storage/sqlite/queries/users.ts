import { and, asc, count, desc, eq, isNull, lt, lte, max, ne, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import {
  decideAccountChange,
  decideNewAccount,
  decideSecondFactor,
  decideSubject,
} from '../../../domain/user/accounts.ts';
import type { Decision } from '../../../domain/model/decision.ts';
import { countyCodeSchema, type UserId } from '../../../domain/model/ids.ts';
import { roleSchema } from '../../../domain/model/vocabulary.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type {
  ApiToken,
  SecondFactor,
  SessionRecord,
  ShownSession,
  User,
  UserPatch,
} from '../../../domain/model/user.ts';
import type { Tx } from '../connection.ts';
import { preparedQuery } from '../prepared.ts';
import { parseJson } from '../../shared/json.ts';
import { apiTokens, endedSessions, recoveryCodes, sessions, users } from '../schema.ts';
import { readTime } from './service-state.ts';
import { recordTrail } from './trail.ts';

const countiesSchema = z.array(countyCodeSchema);

function toUser({
  secondFactor: _sealed,
  secondFactorStep: _step,
  oidcSubject: _subject,
  ...row
}: typeof users.$inferSelect): User {
  return {
    ...row,
    mustChangePassword: row.mustChangePassword === 1,
    id: row.id as UserId,
    role: roleSchema.parse(row.role),
    counties: parseJson(countiesSchema, row.counties, 'users.counties'),
    disabled: row.disabled === 1,
  };
}

export function createUser(tx: Tx, stamp: Stamp, user: User): void {
  const taken = tx.select({ id: users.id }).from(users).where(eq(users.login, user.login)).get();
  const { changes, trail } = decideNewAccount(taken !== undefined, user);
  tx.insert(users)
    .values({
      ...changes,
      counties: JSON.stringify(changes.counties),
      disabled: changes.disabled ? 1 : 0,
      mustChangePassword: changes.mustChangePassword ? 1 : 0,
    })
    .run();
  recordTrail(tx, stamp, null, trail);
}

export function updateUser(tx: Tx, stamp: Stamp, id: UserId, patch: UserPatch): User {
  const others = tx
    .select({ n: count() })
    .from(users)
    .where(and(eq(users.role, 'administrator'), eq(users.disabled, 0), ne(users.id, id)))
    .get();
  const { changes: after, trail } = decideAccountChange(findUser(tx, id), patch, others?.n ?? 0);
  tx.update(users)
    .set({
      name: after.name,
      role: after.role,
      counties: JSON.stringify(after.counties),
      passwordHash: after.passwordHash,
      disabled: after.disabled ? 1 : 0,
      sessionEpoch: after.sessionEpoch,
      mustChangePassword: after.mustChangePassword ? 1 : 0,
    })
    .where(eq(users.id, id))
    .run();
  recordTrail(tx, stamp, null, trail);
  return after;
}

// Second factor --------------------------------------------------------------------------------------------------------

export function setSecondFactor(
  tx: Tx,
  stamp: Stamp,
  id: UserId,
  factor: {
    readonly sealed: Uint8Array;
    readonly step: number;
    readonly recovery: readonly Uint8Array[];
  } | null,
): User {
  const { changes, trail } = decideSecondFactor(findUser(tx, id), factor === null ? null : stamp.at);
  tx.update(users)
    .set({
      secondFactor: factor && Buffer.from(factor.sealed),
      secondFactorAt: changes.secondFactorAt,
      secondFactorStep: factor && factor.step,
      sessionEpoch: changes.sessionEpoch,
    })
    .where(eq(users.id, id))
    .run();
  tx.delete(recoveryCodes).where(eq(recoveryCodes.user, id)).run();
  for (const hash of factor?.recovery ?? [])
    tx.insert(recoveryCodes)
      .values({ user: id, hash: Buffer.from(hash) })
      .run();
  recordTrail(tx, stamp, null, trail);
  return changes;
}

export function findSecondFactor(tx: Tx, id: UserId): SecondFactor | undefined {
  const row = tx
    .select({ sealed: users.secondFactor, lastStep: users.secondFactorStep })
    .from(users)
    .where(eq(users.id, id))
    .get();
  return row?.sealed ? { sealed: new Uint8Array(row.sealed), lastStep: row.lastStep } : undefined;
}

export function useTimeCode(tx: Tx, id: UserId, step: number): boolean {
  const unused = or(isNull(users.secondFactorStep), lt(users.secondFactorStep, step));
  return (
    tx
      .update(users)
      .set({ secondFactorStep: step })
      .where(and(eq(users.id, id), unused))
      .run().changes > 0
  );
}

export function useRecoveryCode(tx: Tx, stamp: Stamp, id: UserId, hash: Uint8Array): number | null {
  const one = and(eq(recoveryCodes.user, id), eq(recoveryCodes.hash, Buffer.from(hash)));
  if (tx.delete(recoveryCodes).where(one).run().changes === 0) return null;
  const left = countRecoveryCodes(tx, id);
  recordTrail(tx, stamp, null, [{ action: 'second-factor.recovery', details: { left } }]);
  return left;
}

export function countRecoveryCodes(tx: Tx, id: UserId): number {
  return tx.select({ n: count() }).from(recoveryCodes).where(eq(recoveryCodes.user, id)).get()?.n ?? 0;
}

// Identity provider ----------------------------------------------------------------------------------------------------

export function findSubject(tx: Tx, id: UserId): string | null {
  return tx.select({ subject: users.oidcSubject }).from(users).where(eq(users.id, id)).get()?.subject ?? null;
}

export function bindSubject(tx: Tx, stamp: Stamp, id: UserId, subject: string): void {
  putSubject(tx, stamp, id, decideSubject(findUser(tx, id), findSubject(tx, id), subject));
}

export function unbindSubject(tx: Tx, stamp: Stamp, id: UserId): void {
  putSubject(tx, stamp, id, decideSubject(findUser(tx, id), findSubject(tx, id), null));
}

function putSubject(tx: Tx, stamp: Stamp, id: UserId, { changes, trail }: Decision<string | null>): void {
  tx.update(users).set({ oidcSubject: changes }).where(eq(users.id, id)).run();
  recordTrail(tx, stamp, null, trail);
}

// Tokens of programs ---------------------------------------------------------------------------------------------------

const scopesSchema = z.array(z.string());

function toToken({ hash: _hash, ...row }: typeof apiTokens.$inferSelect): ApiToken {
  return {
    ...row,
    user: row.user as UserId,
    scopes: parseJson(scopesSchema, row.scopes, 'api_tokens.scopes'),
  };
}

export function createToken(tx: Tx, stamp: Stamp, token: ApiToken, hash: Uint8Array): void {
  const { id, name, scopes, expiresAt } = token;
  tx.insert(apiTokens)
    .values({ ...token, scopes: JSON.stringify(scopes), hash: Buffer.from(hash) })
    .run();
  recordTrail(tx, stamp, null, [{ action: 'token.create', details: { token: id, name, scopes, expiresAt } }]);
}

export function listTokens(tx: Tx, user: UserId): readonly ApiToken[] {
  return tx
    .select()
    .from(apiTokens)
    .where(eq(apiTokens.user, user))
    .orderBy(desc(apiTokens.createdAt), asc(apiTokens.id))
    .all()
    .map(toToken);
}

export function findToken(tx: Tx, id: string): (ApiToken & { readonly hash: Uint8Array }) | undefined {
  const row = tx.select().from(apiTokens).where(eq(apiTokens.id, id)).get();
  return row && { ...toToken(row), hash: new Uint8Array(row.hash) };
}

export function revokeToken(tx: Tx, stamp: Stamp, user: UserId, id: string): boolean {
  const own = and(eq(apiTokens.id, id), eq(apiTokens.user, user), isNull(apiTokens.revokedAt));
  if (tx.update(apiTokens).set({ revokedAt: stamp.at }).where(own).run().changes === 0) return false;
  recordTrail(tx, stamp, null, [{ action: 'token.revoke', details: { token: id } }]);
  return true;
}

export function markTokenUsed(tx: Tx, id: string, day: number): void {
  tx.update(apiTokens).set({ lastUsedAt: day }).where(eq(apiTokens.id, id)).run();
}

// Log-ins --------------------------------------------------------------------------------------------------------------

export function beginSession(tx: Tx, session: SessionRecord): void {
  tx.insert(sessions).values(session).run();
}

export function listSessions(tx: Tx, user: UserId, now: number, limit: number): readonly ShownSession[] {
  const epoch = findUser(tx, user)?.sessionEpoch;
  return tx
    .select()
    .from(sessions)
    .where(eq(sessions.user, user))
    .orderBy(desc(sessions.beganAt), asc(sessions.id))
    .limit(limit)
    .all()
    .map((row) => ({
      ...row,
      user,
      open: row.epoch === epoch && row.expiresAt > now && !isSessionEnded(tx, row.id),
    }));
}

export function listLastLogIns(tx: Tx): readonly { readonly user: UserId; readonly at: number }[] {
  return tx
    .select({ user: sessions.user, at: max(sessions.beganAt) })
    .from(sessions)
    .groupBy(sessions.user)
    .all()
    .map((row) => ({ user: row.user as UserId, at: row.at ?? 0 }));
}

/** Log-ins are kept this long. */
const keptLogIns = 180 * 86_400_000;

export function findUserByLogin(tx: Tx, login: string): User | undefined {
  const row = tx.select().from(users).where(eq(users.login, login)).get();
  return row && toUser(row);
}

const userById = (tx: Tx) =>
  tx
    .select()
    .from(users)
    .where(eq(users.id, sql.placeholder('id')))
    .prepare();

export function findUser(tx: Tx, id: UserId): User | undefined {
  const row = preparedQuery(tx, userById).get({ id });
  return row && toUser(row);
}

export function listUsers(tx: Tx): readonly User[] {
  return tx.select().from(users).orderBy(users.login).all().map(toUser);
}

export function endSession(tx: Tx, id: string, expiresAt: number): void {
  tx.insert(endedSessions).values({ id, expiresAt }).onConflictDoNothing().run();
}

const endedById = (tx: Tx) =>
  tx
    .select()
    .from(endedSessions)
    .where(eq(endedSessions.id, sql.placeholder('id')))
    .prepare();

export function isSessionEnded(tx: Tx, id: string): boolean {
  return preparedQuery(tx, endedById).get({ id }) !== undefined;
}

export function forgetEndedSessions(tx: Tx, now: number): void {
  // After a jump forward and back, a deleted session would be valid again.
  if (readTime(tx).jump !== null) return;
  tx.delete(endedSessions).where(lte(endedSessions.expiresAt, now)).run();
  tx.delete(sessions)
    .where(lte(sessions.beganAt, now - keptLogIns))
    .run();
}
