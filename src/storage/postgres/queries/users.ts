import { mapInOrder } from '../in-order.ts';
import { and, asc, count, desc, eq, isNull, lt, lte, max, ne, or } from 'drizzle-orm';
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
import { parseJson } from '../../shared/json.ts';
import { apiTokens, endedSessions, recoveryCodes, sessions, users } from '../schema.ts';
import { readTime } from './service-state.ts';
import { recordTrail } from './trail.ts';

const isChanged = ({ rowCount }: { readonly rowCount: number | null }) => (rowCount ?? 0) > 0;

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

export async function createUser(tx: Tx, stamp: Stamp, user: User): Promise<void> {
  const taken = (await tx.select({ id: users.id }).from(users).where(eq(users.login, user.login)))[0];
  const { changes, trail } = decideNewAccount(taken !== undefined, user);
  await tx.insert(users).values({
    ...changes,
    counties: JSON.stringify(changes.counties),
    disabled: changes.disabled ? 1 : 0,
    mustChangePassword: changes.mustChangePassword ? 1 : 0,
  });
  await recordTrail(tx, stamp, null, trail);
}

export async function updateUser(tx: Tx, stamp: Stamp, id: UserId, patch: UserPatch): Promise<User> {
  const others = (
    await tx
      .select({ n: count() })
      .from(users)
      .where(and(eq(users.role, 'administrator'), eq(users.disabled, 0), ne(users.id, id)))
  )[0];
  const { changes: after, trail } = decideAccountChange(await findUser(tx, id), patch, others?.n ?? 0);
  await tx
    .update(users)
    .set({
      name: after.name,
      role: after.role,
      counties: JSON.stringify(after.counties),
      passwordHash: after.passwordHash,
      disabled: after.disabled ? 1 : 0,
      sessionEpoch: after.sessionEpoch,
      mustChangePassword: after.mustChangePassword ? 1 : 0,
    })
    .where(eq(users.id, id));
  await recordTrail(tx, stamp, null, trail);
  return after;
}

// Second factor --------------------------------------------------------------------------------------------------------

export async function setSecondFactor(
  tx: Tx,
  stamp: Stamp,
  id: UserId,
  factor: {
    readonly sealed: Uint8Array;
    readonly step: number;
    readonly recovery: readonly Uint8Array[];
  } | null,
): Promise<User> {
  const { changes, trail } = decideSecondFactor(await findUser(tx, id), factor === null ? null : stamp.at);
  await tx
    .update(users)
    .set({
      secondFactor: factor && Buffer.from(factor.sealed),
      secondFactorAt: changes.secondFactorAt,
      secondFactorStep: factor && factor.step,
      sessionEpoch: changes.sessionEpoch,
    })
    .where(eq(users.id, id));
  await tx.delete(recoveryCodes).where(eq(recoveryCodes.user, id));
  for (const hash of factor?.recovery ?? [])
    await tx.insert(recoveryCodes).values({ user: id, hash: Buffer.from(hash) });
  await recordTrail(tx, stamp, null, trail);
  return changes;
}

export async function findSecondFactor(tx: Tx, id: UserId): Promise<SecondFactor | undefined> {
  const row = (
    await tx
      .select({ sealed: users.secondFactor, lastStep: users.secondFactorStep })
      .from(users)
      .where(eq(users.id, id))
  )[0];
  return row?.sealed ? { sealed: new Uint8Array(row.sealed), lastStep: row.lastStep } : undefined;
}

export async function useTimeCode(tx: Tx, id: UserId, step: number): Promise<boolean> {
  const unused = or(isNull(users.secondFactorStep), lt(users.secondFactorStep, step));
  return isChanged(
    await tx
      .update(users)
      .set({ secondFactorStep: step })
      .where(and(eq(users.id, id), unused)),
  );
}

export async function useRecoveryCode(
  tx: Tx,
  stamp: Stamp,
  id: UserId,
  hash: Uint8Array,
): Promise<number | null> {
  const one = and(eq(recoveryCodes.user, id), eq(recoveryCodes.hash, Buffer.from(hash)));
  if (!isChanged(await tx.delete(recoveryCodes).where(one))) return null;
  const left = await countRecoveryCodes(tx, id);
  await recordTrail(tx, stamp, null, [{ action: 'second-factor.recovery', details: { left } }]);
  return left;
}

export async function countRecoveryCodes(tx: Tx, id: UserId): Promise<number> {
  return (await tx.select({ n: count() }).from(recoveryCodes).where(eq(recoveryCodes.user, id)))[0]?.n ?? 0;
}

// Identity provider ----------------------------------------------------------------------------------------------------

export async function findSubject(tx: Tx, id: UserId): Promise<string | null> {
  return (
    (await tx.select({ subject: users.oidcSubject }).from(users).where(eq(users.id, id)))[0]?.subject ?? null
  );
}

export async function bindSubject(tx: Tx, stamp: Stamp, id: UserId, subject: string): Promise<void> {
  await putSubject(tx, stamp, id, decideSubject(await findUser(tx, id), await findSubject(tx, id), subject));
}

export async function unbindSubject(tx: Tx, stamp: Stamp, id: UserId): Promise<void> {
  await putSubject(tx, stamp, id, decideSubject(await findUser(tx, id), await findSubject(tx, id), null));
}

async function putSubject(
  tx: Tx,
  stamp: Stamp,
  id: UserId,
  { changes, trail }: Decision<string | null>,
): Promise<void> {
  await tx.update(users).set({ oidcSubject: changes }).where(eq(users.id, id));
  await recordTrail(tx, stamp, null, trail);
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

export async function createToken(tx: Tx, stamp: Stamp, token: ApiToken, hash: Uint8Array): Promise<void> {
  const { id, name, scopes, expiresAt } = token;
  await tx.insert(apiTokens).values({ ...token, scopes: JSON.stringify(scopes), hash: Buffer.from(hash) });
  await recordTrail(tx, stamp, null, [
    { action: 'token.create', details: { token: id, name, scopes, expiresAt } },
  ]);
}

export async function listTokens(tx: Tx, user: UserId): Promise<readonly ApiToken[]> {
  return (
    await tx
      .select()
      .from(apiTokens)
      .where(eq(apiTokens.user, user))
      .orderBy(desc(apiTokens.createdAt), asc(apiTokens.id))
  ).map(toToken);
}

export async function findToken(
  tx: Tx,
  id: string,
): Promise<(ApiToken & { readonly hash: Uint8Array }) | undefined> {
  const row = (await tx.select().from(apiTokens).where(eq(apiTokens.id, id)))[0];
  return row && { ...toToken(row), hash: new Uint8Array(row.hash) };
}

export async function revokeToken(tx: Tx, stamp: Stamp, user: UserId, id: string): Promise<boolean> {
  const own = and(eq(apiTokens.id, id), eq(apiTokens.user, user), isNull(apiTokens.revokedAt));
  if (!isChanged(await tx.update(apiTokens).set({ revokedAt: stamp.at }).where(own))) return false;
  await recordTrail(tx, stamp, null, [{ action: 'token.revoke', details: { token: id } }]);
  return true;
}

export async function markTokenUsed(tx: Tx, id: string, day: number): Promise<void> {
  await tx.update(apiTokens).set({ lastUsedAt: day }).where(eq(apiTokens.id, id));
}

// Log-ins --------------------------------------------------------------------------------------------------------------

export async function beginSession(tx: Tx, session: SessionRecord): Promise<void> {
  await tx.insert(sessions).values(session);
}

export async function listSessions(
  tx: Tx,
  user: UserId,
  now: number,
  limit: number,
): Promise<readonly ShownSession[]> {
  const epoch = (await findUser(tx, user))?.sessionEpoch;
  return await mapInOrder(
    await tx
      .select()
      .from(sessions)
      .where(eq(sessions.user, user))
      .orderBy(desc(sessions.beganAt), asc(sessions.id))
      .limit(limit),
    async (row) => ({
      ...row,
      user,
      open: row.epoch === epoch && row.expiresAt > now && !(await isSessionEnded(tx, row.id)),
    }),
  );
}

export async function listLastLogIns(
  tx: Tx,
): Promise<readonly { readonly user: UserId; readonly at: number }[]> {
  return (
    await tx
      .select({ user: sessions.user, at: max(sessions.beganAt) })
      .from(sessions)
      .groupBy(sessions.user)
  ).map((row) => ({ user: row.user as UserId, at: row.at ?? 0 }));
}

/** Log-ins are kept this long. */
const keptLogIns = 180 * 86_400_000;

export async function findUserByLogin(tx: Tx, login: string): Promise<User | undefined> {
  const row = (await tx.select().from(users).where(eq(users.login, login)))[0];
  return row && toUser(row);
}

export async function findUser(tx: Tx, id: UserId): Promise<User | undefined> {
  const row = (await tx.select().from(users).where(eq(users.id, id)))[0];
  return row && toUser(row);
}

export async function listUsers(tx: Tx): Promise<readonly User[]> {
  return (await tx.select().from(users).orderBy(users.login)).map(toUser);
}

export async function endSession(tx: Tx, id: string, expiresAt: number): Promise<void> {
  await tx.insert(endedSessions).values({ id, expiresAt }).onConflictDoNothing();
}

export async function isSessionEnded(tx: Tx, id: string): Promise<boolean> {
  return (await tx.select().from(endedSessions).where(eq(endedSessions.id, id)))[0] !== undefined;
}

export async function forgetEndedSessions(tx: Tx, now: number): Promise<void> {
  // After a jump forward and back, a deleted session would be valid again.
  if ((await readTime(tx)).jump !== null) return;
  await tx.delete(endedSessions).where(lte(endedSessions.expiresAt, now));
  await tx.delete(sessions).where(lte(sessions.beganAt, now - keptLogIns));
}
