/** Staff accounts: who they are, which counties they are bound to, and their passwords. */
import { z } from 'zod';
import { assertLoginFree, countyIssues } from '../../domain/user/accounts.ts';
import { AppError, type Issue } from '../../domain/errors.ts';
import { assertMay, systemActor, type Actor } from '../../domain/campaign/permissions.ts';
import { userIdSchema, type CountyCode, type UserId } from '../../domain/model/ids.ts';
import { canonicalJson } from '../../domain/hash.ts';
import { lineFault, lineSchema } from '../../domain/line.ts';
import { roleSchema, type Role } from '../../domain/model/vocabulary.ts';
import type { User, UserPatch } from '../../domain/model/user.ts';
import { stamp, type Deps } from '../deps.ts';
import { makeOnce } from '../make-once.ts';
import type { AttemptSource, LoginThrottle } from './login-throttle.ts';
import { decoyHash, firstRank, hashPassword, verifyPassword } from './password-hashing.ts';

export const minimumPasswordLength = 10;
const maximumPasswordLength = 256;

/** The most common passwords; shorter ones than the minimum are refused anyway. */
const commonPasswords = new Set([
  '1234567890',
  '0123456789',
  '0987654321',
  '9876543210',
  '12345678910',
  '123456789a',
  'a123456789',
  '1111111111',
  '0000000000',
  '8888888888',
  '6666666666',
  '1234512345',
  '1122334455',
  'password12',
  'password123',
  'password1234',
  'passw0rd123',
  'qwertyuiop',
  'qwerty12345',
  '1qaz2wsx3edc',
  '1q2w3e4r5t',
  'iloveyou1314',
  'woaini1314',
  'woaini5201314',
  'woaini521521',
  'admin12345',
  'admin123456',
  'administrator',
  'manyi12345',
  'manyi123456',
  'changeme123',
  'jiaoyuju123',
]);

/** Or how to ask for it: done when nothing else is wrong. */
export type Password = string | (() => Promise<string>);
const passwordOf = (password: Password) => (typeof password === 'string' ? password : password());

/** What others may know about an account: no password hash. */
export type UserView = Omit<User, 'passwordHash' | 'sessionEpoch'>;

export interface NewUser {
  readonly login: string;
  readonly name: string;
  readonly role: Role;
  readonly counties: readonly string[];
  readonly password: Password;
  /** The person chose it; otherwise it must be replaced at the first log-in. */
  readonly ownPassword?: boolean;
}
export interface UserChange {
  readonly name?: string | undefined;
  readonly role?: Role | undefined;
  readonly counties?: readonly string[] | undefined;
  readonly disabled?: boolean | undefined;
}

/** One spelling per person: NFKC, lower case, trimmed. */
export function normaliseLogin(login: string): string {
  return login.normalize('NFKC').trim().toLowerCase();
}

const loginSchema = z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N}._@-]{1,63}$/u);
const nameSchema = lineSchema(1, 64);

/** @returns the fault of the password, or nothing */
export function checkPassword(login: string, password: string): readonly Issue[] {
  const plain = password.normalize('NFKC').toLowerCase();
  const length = [...password].length;
  if (length < minimumPasswordLength)
    return [{ path: 'password', message: 'user.password-short', params: { minimum: minimumPasswordLength } }];
  if (length > maximumPasswordLength)
    return [{ path: 'password', message: 'user.password-long', params: { maximum: maximumPasswordLength } }];
  if (plain === login || (login.length >= 4 && plain.replace(/(?<![\d\W_])[\d\W_]+$/u, '') === login))
    return [{ path: 'password', message: 'user.password-login' }];
  if (commonPasswords.has(plain) || new Set(plain).size < 4)
    return [{ path: 'password', message: 'user.password-common' }];
  return [];
}

function refuse(issues: readonly Issue[]): void {
  if (issues.length > 0) throw new AppError('invalid', 'user.invalid', { issues });
}

function view(user: User): UserView {
  const { passwordHash: _hash, sessionEpoch: _epoch, ...rest } = user;
  return rest;
}

async function addUser(
  deps: Deps,
  actor: Actor,
  input: Omit<NewUser, 'role'> & { readonly role: Role | undefined },
  id?: UserId,
): Promise<UserView> {
  const login = normaliseLogin(input.login);
  const counties = [...new Set(input.counties)];
  const issues: Issue[] = [];
  if (!loginSchema.safeParse(login).success) issues.push({ path: 'login', message: 'user.login-shape' });
  const name = nameSchema.safeParse(input.name);
  if (!name.success) issues.push({ path: 'name', message: lineFault(name.error, 'user.name-shape') });
  const { role } = input;
  if (role === undefined) issues.push({ path: 'role', message: 'user.role' });
  else issues.push(...countyIssues(role, counties));
  if (typeof input.password !== 'string') {
    refuse(issues);
    assertLoginFree((await deps.storage.findUserByLogin(login)) !== undefined, login);
  }
  const password = await passwordOf(input.password);
  issues.push(...checkPassword(login, password));
  if (role === undefined || issues.length > 0) throw new AppError('invalid', 'user.invalid', { issues });
  const asked = { login, name: name.data as string, role, counties: counties as CountyCode[] };
  return makeOnce(deps, id, {
    find: async (made) => {
      const user = await deps.storage.findUser(made);
      if (user === undefined) return undefined;
      const known = { login: user.login, name: user.name, role: user.role, counties: user.counties };
      // Another password is another form. Once the person has chosen their own, nobody can test it here.
      const isSame =
        canonicalJson(known) === canonicalJson(asked) &&
        user.mustChangePassword &&
        (await verifyPassword(user.passwordHash, password, firstRank));
      return isSame ? view(user) : 'other';
    },
    make: async (made) => {
      const user: User = {
        ...asked,
        id: made,
        passwordHash: await hashPassword(password),
        disabled: false,
        sessionEpoch: 0,
        createdAt: deps.now(),
        mustChangePassword: input.ownPassword !== true,
        secondFactorAt: null,
      };
      await deps.storage.createUser(stamp(deps, actor), user);
      return view(user);
    },
  });
}

/**
 * @param id see `makeOnce`
 * @throws AppError invalid `user.invalid` naming each fault; conflict `user.login-taken`
 */
export async function createUser(
  deps: Deps,
  actor: Actor,
  input: Omit<NewUser, 'role'> & { /** Undefined: none was chosen. */ readonly role: Role | undefined },
  id?: UserId,
): Promise<UserView> {
  assertMay(actor, 'users.manage');
  return addUser(deps, actor, input, id);
}

/**
 * For the command line of the machine's owner.
 * @throws AppError conflict `user.administrator-exists` once there is one who can log in
 */
export async function createFirstAdministrator(
  deps: Deps,
  input: Pick<NewUser, 'login' | 'name' | 'password'>,
): Promise<UserView> {
  const users = await deps.storage.listUsers();
  if (users.some((u) => u.role === 'administrator' && !u.disabled))
    throw new AppError('conflict', 'user.administrator-exists');
  return addUser(
    deps,
    { ...systemActor, via: 'cli' },
    { ...input, role: roleSchema.enum.administrator, counties: [], ownPassword: true },
  );
}

/**
 * Name, role, counties, disabled; ends the user's sessions.
 * @throws AppError not-found `user.not-found`, invalid `user.invalid`, conflict `user.last-administrator`
 */
export async function updateUser(
  deps: Deps,
  actor: Actor,
  id: UserId,
  change: UserChange,
): Promise<UserView> {
  assertMay(actor, 'users.manage');
  const name = nameSchema.optional().safeParse(change.name);
  if (!name.success) refuse([{ path: 'name', message: lineFault(name.error, 'user.name-shape') }]);
  // Only what changes: concurrent changes must not undo each other.
  const patch: UserPatch = {
    ...(name.data !== undefined && { name: name.data }),
    ...(change.role !== undefined && { role: change.role }),
    ...(change.disabled !== undefined && { disabled: change.disabled }),
    ...(change.counties !== undefined && { counties: [...new Set(change.counties)] as CountyCode[] }),
  };
  return view(await deps.storage.updateUser(stamp(deps, actor), id, patch));
}

/**
 * A new password set by the administrator; ends the user's sessions.
 * @param isOwn the person chose it; else it must be replaced at the next log-in
 */
export async function resetPassword(
  deps: Deps,
  actor: Actor,
  id: UserId,
  password: string,
  isOwn = actor.userId === id,
): Promise<void> {
  assertMay(actor, 'users.manage');
  const user = await getUser(deps, id);
  refuse(checkPassword(user.login, password));
  const patch = { passwordHash: await hashPassword(password), mustChangePassword: !isOwn };
  await deps.storage.updateUser(stamp(deps, actor), id, patch);
}

/**
 * For the machine's owner: the only administrator has lost the password. Ends the sessions of the account.
 * @throws AppError not-found `user.no-administrator`, invalid `user.invalid`
 */
export async function resetAdministratorPassword(
  deps: Deps,
  loginAsTyped: string,
  asked: Password,
): Promise<UserView> {
  const user = await deps.storage.findUserByLogin(normaliseLogin(loginAsTyped));
  if (user?.role !== 'administrator' || user.disabled)
    throw new AppError('not-found', 'user.no-administrator', { params: { login: loginAsTyped } });
  const password = await passwordOf(asked);
  refuse(checkPassword(user.login, password));
  const actor: Actor = { ...systemActor, via: 'cli' };
  const patch = { passwordHash: await hashPassword(password), mustChangePassword: false };
  return view(await deps.storage.updateUser(stamp(deps, actor), user.id, patch));
}

/**
 * The user's own password, with the current one as proof; ends all sessions of the account.
 * @returns the account after the change, for a new session
 * @throws AppError invalid `user.invalid`, too-many `user.password-throttled`, unavailable `login.busy`
 */
export async function changeOwnPassword(
  deps: Deps,
  throttle: LoginThrottle,
  actor: Actor,
  present: string,
  password: string,
): Promise<User> {
  const user = await getUser(deps, userIdSchema.parse(actor.userId));
  const reservation = throttle.reserveOwn(user.id);
  const right = await verifyPassword(user.passwordHash, present, reservation.rank).catch((error: unknown) => {
    reservation.cancel();
    throw error;
  });
  if (!right) {
    if (reservation.fail()) await recordThrottling(deps, user);
    refuse([{ path: 'present', message: 'user.password-present' }]);
  }
  reservation.succeed();
  refuse(checkPassword(user.login, password));
  // The person who set it would still know it.
  if (user.mustChangePassword && (await verifyPassword(user.passwordHash, password, firstRank)))
    refuse([{ path: 'password', message: 'user.password-same' }]);
  const patch = { passwordHash: await hashPassword(password), mustChangePassword: false };
  return deps.storage.updateUser(stamp(deps, actor), user.id, patch);
}

export async function listUsers(deps: Deps, actor: Actor): Promise<readonly UserView[]> {
  assertMay(actor, 'users.manage');
  return (await deps.storage.listUsers()).map(view);
}

async function getUser(deps: Deps, id: UserId): Promise<User> {
  const user = await deps.storage.findUser(id);
  if (!user) throw new AppError('not-found', 'user.unknown');
  return user;
}

export function actorOf(user: User, via: Actor['via']): Actor {
  return { userId: user.id, name: user.name, role: user.role, counties: user.counties, via };
}

/**
 * The same work and the same error for a wrong password, an unknown login and a disabled account.
 * @throws AppError unauthenticated `login.failed`
 */
export async function authenticate(
  deps: Deps,
  login: string,
  password: string,
  rank = firstRank,
): Promise<User> {
  const user = await deps.storage.findUserByLogin(normaliseLogin(login));
  const right = await verifyPassword(user?.passwordHash ?? decoyHash, password, rank);
  if (!user || !right || user.disabled) throw new AppError('unauthenticated', 'login.failed');
  return user;
}

/** `authenticate`, throttled. @throws AppError unauthenticated `login.failed`, too-many `login.throttled`, unavailable `login.busy` */
export async function logIn(
  deps: Deps,
  throttle: LoginThrottle,
  attempt: { readonly login: string; readonly password: string } & AttemptSource,
): Promise<User> {
  const login = normaliseLogin(attempt.login).slice(0, 64);
  const reservation = throttle.reserveLogIn(login, attempt);
  try {
    const user = await authenticate(deps, login, attempt.password, reservation.rank);
    reservation.succeed();
    return user;
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== 'unauthenticated') reservation.cancel();
    else if (reservation.fail()) await recordThrottling(deps, await deps.storage.findUserByLogin(login));
    throw error;
  }
}

/** An unknown login may be a password typed into the wrong field: it is not stored. */
async function recordThrottling(deps: Deps, user: User | undefined): Promise<void> {
  deps.log.warn({ user: user?.id ?? null }, 'login.throttled');
  if (user === undefined) return;
  await deps.storage.appendTrail(stamp(deps, systemActor), {
    action: 'login.throttled',
    campaign: null,
    county: null,
    details: { login: user.login },
  });
}
