import { and, count, eq, lte, ne } from 'drizzle-orm';
import { z } from 'zod';
import { decideAccountChange, decideNewAccount } from '../../../domain/user/accounts.ts';
import { countyCodeSchema, type UserId } from '../../../domain/model/ids.ts';
import { roleSchema } from '../../../domain/model/vocabulary.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { User, UserPatch } from '../../../domain/model/user.ts';
import type { Tx } from '../connection.ts';
import { parseJson } from '../json.ts';
import { endedSessions, users } from '../schema.ts';
import { readTime } from './service-state.ts';
import { recordTrail } from './trail.ts';

const countiesSchema = z.array(countyCodeSchema);

function toUser(row: typeof users.$inferSelect): User {
  return {
    ...row,
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
    .values({ ...changes, counties: JSON.stringify(changes.counties), disabled: changes.disabled ? 1 : 0 })
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
    })
    .where(eq(users.id, id))
    .run();
  recordTrail(tx, stamp, null, trail);
  return after;
}

export function findUserByLogin(tx: Tx, login: string): User | undefined {
  const row = tx.select().from(users).where(eq(users.login, login)).get();
  return row && toUser(row);
}

export function findUser(tx: Tx, id: UserId): User | undefined {
  const row = tx.select().from(users).where(eq(users.id, id)).get();
  return row && toUser(row);
}

export function listUsers(tx: Tx): readonly User[] {
  return tx.select().from(users).orderBy(users.login).all().map(toUser);
}

export function endSession(tx: Tx, id: string, expiresAt: number): void {
  tx.insert(endedSessions).values({ id, expiresAt }).onConflictDoNothing().run();
}

export function isSessionEnded(tx: Tx, id: string): boolean {
  return tx.select().from(endedSessions).where(eq(endedSessions.id, id)).get() !== undefined;
}

export function forgetEndedSessions(tx: Tx, now: number): void {
  // After a jump forward and back, a forgotten session would be open again.
  if (readTime(tx).jump !== null) return;
  tx.delete(endedSessions).where(lte(endedSessions.expiresAt, now)).run();
}
