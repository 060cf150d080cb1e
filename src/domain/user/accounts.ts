/** Allowed changes of staff accounts, decided on the current state inside the changing transaction. */
import { AppError, type Issue } from '../errors.ts';
import { isBoundRole } from '../campaign/permissions.ts';
import { countyCodeSchema } from '../model/ids.ts';
import type { Decision } from '../model/decision.ts';
import type { User, UserPatch } from '../model/user.ts';
import type { Role } from '../model/vocabulary.ts';

interface AccountState {
  readonly role: Role;
  readonly counties: readonly string[];
  readonly disabled: boolean;
}

/** An account with a bound role has counties, any other has none. */
export function countyIssues(role: Role, counties: readonly string[]): readonly Issue[] {
  if (isBoundRole(role) && counties.length === 0)
    return [{ path: 'counties', message: 'user.counties-needed' }];
  if (!isBoundRole(role) && counties.length > 0)
    return [{ path: 'counties', message: 'user.counties-not-allowed' }];
  return counties
    .filter((code) => !countyCodeSchema.safeParse(code).success)
    .map((code) => ({ path: 'counties', message: 'user.county-code', params: { code } }));
}

const isActiveAdministrator = ({ role, disabled }: AccountState) => role === 'administrator' && !disabled;

/** @param taken whether another account has this login. @throws AppError conflict `user.login-taken` */
export function assertLoginFree(taken: boolean, login: string): void {
  if (taken) throw new AppError('conflict', 'user.login-taken', { params: { login } });
}

/** @param taken whether another account has this login. @throws AppError conflict `user.login-taken` */
export function decideNewAccount(taken: boolean, user: User): Decision<User> {
  const { login, role, counties } = user;
  assertLoginFree(taken, login);
  return {
    changes: user,
    leaves: [],
    trail: [{ action: 'user.create', details: { login, role, counties } }],
  };
}

/**
 * The account after the change, whose sessions end. The last active administrator cannot be demoted or disabled.
 * @param otherAdministrators active ones beside this account
 * @throws AppError not-found `user.not-found`, invalid `user.invalid`, conflict `user.last-administrator`
 */
export function decideAccountChange(
  before: User | undefined,
  patch: UserPatch,
  otherAdministrators: number,
): Decision<User> {
  if (!before) throw new AppError('not-found', 'user.not-found');
  const after = { ...before, ...patch, sessionEpoch: before.sessionEpoch + 1 };
  const issues = countyIssues(after.role, after.counties);
  if (issues.length > 0) throw new AppError('invalid', 'user.invalid', { issues });
  if (isActiveAdministrator(before) && !isActiveAdministrator(after) && otherAdministrators === 0)
    throw new AppError('conflict', 'user.last-administrator');
  const { passwordHash, mustChangePassword: _must, ...shown } = patch;
  const details = {
    login: before.login,
    ...shown,
    ...(passwordHash === undefined ? {} : { password: 'changed' }),
  };
  return { changes: after, leaves: [], trail: [{ action: 'user.update', details }] };
}

/**
 * Enrolled, or removed; ends the account's sessions.
 * @throws AppError not-found `user.not-found`
 */
export function decideSecondFactor(before: User | undefined, at: number | null): Decision<User> {
  if (!before) throw new AppError('not-found', 'user.not-found');
  const after = { ...before, secondFactorAt: at, sessionEpoch: before.sessionEpoch + 1 };
  const action = at === null ? 'second-factor.remove' : 'second-factor.enrol';
  return { changes: after, leaves: [], trail: [{ action, details: { login: before.login } }] };
}

/**
 * The account's subject at the identity provider, from its first log-in there; null removes it.
 * @throws AppError not-found `user.not-found`; unauthenticated `login.oidc-other`
 */
export function decideSubject(
  user: Pick<User, 'login'> | undefined,
  before: string | null,
  subject: string | null,
): Decision<string | null> {
  if (!user) throw new AppError('not-found', 'user.not-found');
  if (subject !== null && before !== null && subject !== before)
    throw new AppError('unauthenticated', 'login.oidc-other');
  const { login } = user;
  const trail =
    subject === before
      ? []
      : [{ action: subject === null ? 'user.unbind' : 'user.bind', details: { login } }];
  return { changes: subject, leaves: [], trail };
}
