/**
 * Log-in through the organisation's own identity provider (OpenID Connect). The provider says who somebody is. Which account that
 * is, and what it may do, is decided here. Accounts are created by an administrator as before: a claim of the provider names the
 * login. The provider's unchangeable `sub` is stored at the first log-in, so that a login that the provider later gives to
 * someone else opens nothing.
 */
import { AppError } from '../../domain/errors.ts';
import { assertMay, systemActor, type Actor } from '../../domain/campaign/permissions.ts';
import type { UserId } from '../../domain/model/ids.ts';
import type { User } from '../../domain/model/user.ts';
import { stamp, type Deps } from '../deps.ts';
import { normaliseLogin } from './users.ts';

/** Claims of the provider, verified by the library: issuer, audience, signature, nonce, times. */
export interface Identity {
  readonly subject: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

/**
 * @param claim whose value is the account's login
 * @throws AppError unauthenticated `login.oidc-unknown`, `login.oidc-other`
 */
export async function logInByProvider(deps: Deps, claim: string, identity: Identity): Promise<User> {
  const named = identity.claims[claim];
  const login = typeof named === 'string' ? normaliseLogin(named).slice(0, 64) : '';
  const user = login === '' ? undefined : await deps.storage.findUserByLogin(login);
  if (!user || user.disabled) throw new AppError('unauthenticated', 'login.oidc-unknown');
  const actor: Actor = { ...systemActor, via: 'web' };
  await deps.storage.bindSubject(stamp(deps, actor), user.id, identity.subject.slice(0, 255));
  return user;
}

/** The next log-in through the provider binds again: the person has another identity there. */
export async function unbindProvider(deps: Deps, actor: Actor, user: UserId): Promise<void> {
  assertMay(actor, 'users.manage');
  await deps.storage.unbindSubject(stamp(deps, actor), user);
}

export async function isBoundToProvider(deps: Deps, actor: Actor, user: UserId): Promise<boolean> {
  assertMay(actor, 'users.manage');
  return (await deps.storage.findSubject(user)) !== null;
}
