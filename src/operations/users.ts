/** Accounts of the staff: who they are, which counties they are bound to, and whether a password is theirs. */
import { hash, verify, type Options } from '@node-rs/argon2';
import { z } from 'zod';
import { AppError, type Issue } from '../domain/errors.ts';
import { assertMay, isBoundRole, systemActor, type Actor } from '../domain/fieldwork/permissions.ts';
import { countyCodeSchema, userIdSchema, type CountyCode, type UserId } from '../domain/ids.ts';
import { roleSchema, type Role } from '../domain/vocabulary.ts';
import type { User, UserPatch } from '../storage/port.ts';
import { stamp, type Deps } from './deps.ts';
import type { LoginThrottle } from './login-throttle.ts';
import { lineFault, lineSchema } from '../domain/line.ts';

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane. */
const argon2: Options = { algorithm: 2 /* argon2id */, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export const minimumPasswordLength = 10;
const maximumPasswordLength = 256;

/** The first that anybody tries; whatever is shorter than the minimum is refused anyway. */
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

/** What others may know of an account: no password hash. */
export type UserView = Omit<User, 'passwordHash' | 'sessionEpoch'>;

export interface NewUser {
  readonly login: string;
  readonly name: string;
  readonly role: Role;
  readonly counties: readonly string[];
  readonly password: string;
}
export interface UserChange {
  readonly name?: string | undefined;
  readonly role?: Role | undefined;
  readonly counties?: readonly string[] | undefined;
  readonly disabled?: boolean | undefined;
}

/** One spelling for one person: NFKC, lower case, no spaces around. */
export function normaliseLogin(login: string): string {
  return login.normalize('NFKC').trim().toLowerCase();
}

const loginSchema = z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N}._@-]{1,63}$/u);
const nameSchema = lineSchema(1, 64);

/** @returns what is wrong with the password, or nothing */
export function checkPassword(login: string, password: string): readonly Issue[] {
  const plain = password.normalize('NFKC').toLowerCase();
  const length = [...password].length;
  if (length < minimumPasswordLength)
    return [{ path: 'password', message: 'user.password-short', params: { minimum: minimumPasswordLength } }];
  if (length > maximumPasswordLength)
    return [{ path: 'password', message: 'user.password-long', params: { maximum: maximumPasswordLength } }];
  if (plain === login || (login.length >= 4 && plain.replace(/[\d\W_]+$/u, '') === login))
    return [{ path: 'password', message: 'user.password-login' }];
  if (commonPasswords.has(plain) || new Set(plain).size < 4)
    return [{ path: 'password', message: 'user.password-common' }];
  return [];
}

export async function hashPassword(password: string): Promise<string> {
  return hash(password.normalize('NFKC'), argon2);
}

function countyIssues(role: Role, counties: readonly string[]): readonly Issue[] {
  if (isBoundRole(role) && counties.length === 0)
    return [{ path: 'counties', message: 'user.counties-needed' }];
  if (!isBoundRole(role) && counties.length > 0)
    return [{ path: 'counties', message: 'user.counties-not-allowed' }];
  return counties
    .filter((code) => !countyCodeSchema.safeParse(code).success)
    .map((code) => ({ path: 'counties', message: 'user.county-code', params: { code } }));
}

function refuse(issues: readonly Issue[]): void {
  if (issues.length > 0) throw new AppError('invalid', 'user.invalid', { issues });
}

function view(user: User): UserView {
  const { passwordHash: _hash, sessionEpoch: _epoch, ...rest } = user;
  return rest;
}

async function addUser(deps: Deps, actor: Actor, input: NewUser): Promise<UserView> {
  const login = normaliseLogin(input.login);
  const counties = [...new Set(input.counties)];
  const issues: Issue[] = [];
  if (!loginSchema.safeParse(login).success) issues.push({ path: 'login', message: 'user.login-shape' });
  const name = nameSchema.safeParse(input.name);
  if (!name.success) issues.push({ path: 'name', message: lineFault(name.error, 'user.name-shape') });
  refuse([...issues, ...countyIssues(input.role, counties), ...checkPassword(login, input.password)]);
  const user: User = {
    id: userIdSchema.parse(deps.newId()),
    login,
    name: name.data as string,
    role: input.role,
    counties: counties as CountyCode[],
    passwordHash: await hashPassword(input.password),
    disabled: false,
    sessionEpoch: 0,
    createdAt: deps.now(),
  };
  await deps.storage.createUser(stamp(deps, actor), user);
  return view(user);
}

/** @throws AppError invalid `user.invalid` naming each fault; conflict `user.login-taken` */
export async function createUser(deps: Deps, actor: Actor, input: NewUser): Promise<UserView> {
  assertMay(actor, 'users.manage');
  return addUser(deps, actor, input);
}

/** For the command line of whoever owns the machine. @throws AppError conflict `user.administrator-exists` once there is one who can log in */
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
    { ...input, role: roleSchema.enum.administrator, counties: [] },
  );
}

/**
 * Name, role, counties, disabled; ends the user's sessions. Nobody shuts the last door behind the house.
 * @throws AppError not-found `user.unknown`, invalid `user.invalid`, conflict `user.last-administrator`
 */
export async function updateUser(
  deps: Deps,
  actor: Actor,
  id: UserId,
  change: UserChange,
): Promise<UserView> {
  assertMay(actor, 'users.manage');
  const user = await getUser(deps, id);
  const role = change.role ?? user.role;
  const disabled = change.disabled ?? user.disabled;
  const counties = change.counties === undefined ? user.counties : [...new Set(change.counties)];
  const issues: Issue[] = [];
  const name = nameSchema.safeParse(change.name ?? user.name);
  if (!name.success) issues.push({ path: 'name', message: lineFault(name.error, 'user.name-shape') });
  refuse([...issues, ...countyIssues(role, counties)]);
  if (user.role === 'administrator' && !user.disabled && (role !== 'administrator' || disabled)) {
    const others = (await deps.storage.listUsers()).filter(
      (u) => u.id !== id && u.role === 'administrator' && !u.disabled,
    );
    if (others.length === 0) throw new AppError('conflict', 'user.last-administrator');
  }
  const patch: UserPatch = {
    name: name.data as string,
    role,
    disabled,
    counties: counties as readonly CountyCode[],
  };
  await deps.storage.updateUser(stamp(deps, actor), id, patch);
  return view(await getUser(deps, id));
}

/** A new password set by the administrator; ends the user's sessions. */
export async function resetPassword(deps: Deps, actor: Actor, id: UserId, password: string): Promise<void> {
  assertMay(actor, 'users.manage');
  const user = await getUser(deps, id);
  refuse(checkPassword(user.login, password));
  await deps.storage.updateUser(stamp(deps, actor), id, { passwordHash: await hashPassword(password) });
}

/** One's own password, with the present one as proof. @throws AppError invalid `user.invalid` */
export async function changeOwnPassword(
  deps: Deps,
  actor: Actor,
  present: string,
  password: string,
): Promise<void> {
  const user = await getUser(deps, userIdSchema.parse(actor.userId));
  if (!(await verifyPassword(user.passwordHash, present)))
    refuse([{ path: 'present', message: 'user.password-present' }]);
  refuse(checkPassword(user.login, password));
  await deps.storage.updateUser(stamp(deps, actor), user.id, { passwordHash: await hashPassword(password) });
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

/** What an unknown login is held against, so that it costs as much time as a known one. */
let decoy: Promise<string> | undefined;

/** Each takes 19 MiB and a thread: a flood of log-ins must not take those of the survey itself. */
const maximumVerifying = 2;
const maximumWaiting = 32;
let verifying = 0;
const waiting: (() => void)[] = [];

async function verifyPassword(stored: string, password: string): Promise<boolean> {
  if (verifying >= maximumVerifying) {
    if (waiting.length >= maximumWaiting) throw new AppError('unavailable', 'login.busy');
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else verifying++;
  try {
    return await verify(stored, password.normalize('NFKC').slice(0, 4 * maximumPasswordLength));
  } finally {
    const next = waiting.shift();
    if (next) next();
    else verifying--;
  }
}

/** Same work, same answer for a wrong password, an unknown login and a disabled account. @throws AppError unauthenticated `login.failed` */
export async function authenticate(deps: Deps, login: string, password: string): Promise<User> {
  const user = await deps.storage.findUserByLogin(normaliseLogin(login));
  decoy ??= hashPassword('no account has this password');
  const right = await verifyPassword(user?.passwordHash ?? (await decoy), password);
  if (!user || !right || user.disabled) throw new AppError('unauthenticated', 'login.failed');
  return user;
}

/** `authenticate`, throttled. @throws AppError unauthenticated `login.failed`, too-many `login.throttled` */
export async function logIn(
  deps: Deps,
  throttle: LoginThrottle,
  attempt: { readonly login: string; readonly password: string; readonly address: string },
): Promise<User> {
  const login = normaliseLogin(attempt.login).slice(0, 64);
  throttle.assertOpen(login, attempt.address);
  try {
    const user = await authenticate(deps, login, attempt.password);
    throttle.recordSuccess(login, attempt.address);
    return user;
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== 'unauthenticated') throw error;
    if (throttle.recordFailure(login, attempt.address)) {
      const known = await deps.storage.findUserByLogin(login);
      await deps.storage.appendTrail(stamp(deps, systemActor), {
        action: 'login.throttled',
        campaign: null,
        county: null,
        // An unknown login may be a password typed into the wrong box: it is not kept.
        details: { login: known?.login ?? null },
      });
      deps.log.warn({ user: known?.id ?? null }, 'login.throttled');
    }
    throw error;
  }
}
