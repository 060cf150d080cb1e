/** Tokens with which programs use the API on behalf of an account. The secret is shown once; only its hash is stored. */
import { timingSafeEqual } from 'node:crypto';
import { AppError, type Issue } from '../../domain/errors.ts';
import { assertMay, scopesOfRole, type Actor } from '../../domain/campaign/permissions.ts';
import { sha256 } from '../../domain/hash.ts';
import { lineFault, lineSchema } from '../../domain/line.ts';
import { userIdSchema, type UserId } from '../../domain/model/ids.ts';
import type { ApiToken } from '../../domain/model/user.ts';
import { formatToken, longestTokenDays, parseToken, tokenScopes } from '../../domain/user/token-scope.ts';
import { stamp, type Deps } from '../deps.ts';
import { makeOnce } from '../make-once.ts';
import { actorOf } from './users.ts';

const day = 86_400_000;
const nameSchema = lineSchema(1, 64);

export interface NewToken {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly days: number;
}

/**
 * @param id see `makeOnce`
 * @returns the token in full, only this once
 * @throws AppError invalid `token.invalid`; conflict `token.made-already` by the same form, whose token cannot be shown again;
 * forbidden for a token
 */
export async function createToken(deps: Deps, actor: Actor, input: NewToken, id?: string): Promise<string> {
  assertPerson(actor);
  const own = actor.role === 'system' ? tokenScopes : scopesOfRole(actor.role);
  const issues: Issue[] = [];
  const name = nameSchema.safeParse(input.name);
  if (!name.success) issues.push({ path: 'name', message: lineFault(name.error, 'token.name') });
  const scopes = own.filter((scope) => input.scopes.includes(scope));
  if (scopes.length === 0) issues.push({ path: 'scopes', message: 'token.scopes' });
  if (!Number.isSafeInteger(input.days) || input.days < 1 || input.days > longestTokenDays)
    issues.push({ path: 'days', message: 'token.days', params: { longest: longestTokenDays } });
  if (issues.length > 0) throw new AppError('invalid', 'token.invalid', { issues });
  const user = userIdSchema.parse(actor.userId);
  return makeOnce<string, string>(deps, id, {
    find: async (made) => {
      const token = await deps.storage.findToken(made);
      if (token === undefined) return undefined;
      if (token.user !== user || token.name !== name.data) return 'other';
      throw new AppError('conflict', 'token.made-already', { params: { name: token.name } });
    },
    make: async (made) => {
      const secret = deps.randomBytes(32);
      const token: ApiToken = {
        ...{ id: made, user, scopes, name: name.data as string },
        createdAt: deps.now(),
        expiresAt: deps.now() + input.days * day,
        lastUsedAt: null,
        revokedAt: null,
      };
      await deps.storage.createToken(stamp(deps, actor), token, sha256(secret));
      return formatToken(made, secret);
    },
  });
}

/** A token cannot make, list or revoke tokens. */
function assertPerson(actor: Actor): void {
  if (actor.scopes) throw new AppError('forbidden', 'token.not-here');
}

export async function listTokens(deps: Deps, actor: Actor): Promise<readonly ApiToken[]> {
  assertPerson(actor);
  return deps.storage.listTokens(userIdSchema.parse(actor.userId));
}

/** @throws AppError not-found `token.unknown` */
export async function revokeToken(deps: Deps, actor: Actor, id: string): Promise<void> {
  assertPerson(actor);
  if (!(await deps.storage.revokeToken(stamp(deps, actor), userIdSchema.parse(actor.userId), id)))
    throw new AppError('not-found', 'token.unknown');
}

/** Tokens of any account that still work. */
export async function listUsableTokens(deps: Deps, actor: Actor, user: UserId): Promise<readonly ApiToken[]> {
  assertMay(actor, 'users.manage');
  const now = deps.now();
  return (await deps.storage.listTokens(user)).filter((t) => t.revokedAt === null && t.expiresAt > now);
}

/** Revokes a token of any account. @throws AppError not-found `token.unknown` */
export async function revokeTokenOf(deps: Deps, actor: Actor, user: UserId, id: string): Promise<void> {
  assertPerson(actor);
  assertMay(actor, 'users.manage');
  if (!(await deps.storage.revokeToken(stamp(deps, actor), user, id)))
    throw new AppError('not-found', 'token.unknown');
}

/**
 * The sender's account.
 * @throws AppError unauthenticated `token.refused`, whatever the fault
 */
export async function actorOfToken(deps: Deps, text: string): Promise<Actor> {
  const refused = () => new AppError('unauthenticated', 'token.refused');
  const parsed = parseToken(text);
  const token = parsed && (await deps.storage.findToken(parsed.id));
  if (!parsed || !token) throw refused();
  const now = deps.now();
  const isRight = timingSafeEqual(token.hash, sha256(parsed.secret));
  if (!isRight || token.revokedAt !== null || token.expiresAt <= now) throw refused();
  const user = await deps.storage.findUser(token.user);
  if (!user || user.disabled) throw refused();
  const today = Math.floor(now / day) * day;
  if (token.lastUsedAt !== today) await deps.storage.markTokenUsed(token.id, today);
  const scopes = tokenScopes.filter((scope) => token.scopes.includes(scope));
  return { ...actorOf(user, 'token'), scopes };
}
