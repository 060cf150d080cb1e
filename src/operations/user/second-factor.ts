/** The second factor: time-based codes of a phone (RFC 6238), and recovery codes for a lost phone. */
import { Secret, TOTP } from 'otpauth';
import { AppError } from '../../domain/errors.ts';
import { assertMay, systemActor, type Actor } from '../../domain/campaign/permissions.ts';
import { hmacSha256 } from '../../domain/hash.ts';
import { userIdSchema, type UserId } from '../../domain/model/ids.ts';
import type { User } from '../../domain/model/user.ts';
import {
  formatRecoveryCode,
  readRecoveryCode,
  readTimeCode,
  recoveryCodeCount,
} from '../../domain/user/second-factor.ts';
import { seal, unseal } from '../../keys/seal.ts';
import { stamp, type Deps } from '../deps.ts';
import type { LoginThrottle } from './login-throttle.ts';
import { normaliseLogin } from './users.ts';

const period = 30;
/** Permitted clock difference of a phone, in periods. */
const tolerance = 1;
const secretBytes = 20;

/** A key for this use only, derived from the installation's session key: neither is in a backup. */
function keyOf(deps: Pick<Deps, 'keys'>): Uint8Array {
  return hmacSha256(deps.keys.service('session'), 'manyi second factor');
}
const contextOf = (id: UserId) => `second factor ${id}`;
const hashOf = (deps: Pick<Deps, 'keys'>, id: UserId, code: string) =>
  hmacSha256(keyOf(deps), `recovery ${id} ${code}`);

function codesOf(secret: string, issuer: string, label: string): TOTP {
  return new TOTP({
    issuer,
    label,
    algorithm: 'SHA1',
    digits: 6,
    period,
    secret: Secret.fromBase32(secret),
  });
}

/** @returns the period of the code; undefined: it is not right */
function stepOf(totp: TOTP, code: string, now: number): number | undefined {
  const delta = totp.validate({ token: code, timestamp: now, window: tolerance });
  return delta === null ? undefined : Math.floor(now / 1000 / period) + delta;
}

export interface Enrolment {
  /** Base 32, to be kept by the caller until it is confirmed: in the sealed cookie. */
  readonly secret: string;
  /** What the QR code holds. */
  readonly uri: string;
}

export function beginEnrolment(
  deps: Pick<Deps, 'publicUrl' | 'randomBytes'>,
  login: string,
  kept?: string,
): Enrolment {
  const secret = kept ?? new Secret({ buffer: deps.randomBytes(secretBytes).slice().buffer }).base32;
  return { secret, uri: codesOf(secret, `Manyi ${new URL(deps.publicUrl).host}`, login).toString() };
}

/**
 * The phone shows the right code, so it has the secret. Ends all sessions of the account.
 * @returns the account for a new session, and the recovery codes, which are shown only now
 * @throws AppError invalid `second-factor.wrong`, too-many `second-factor.throttled`
 */
export async function confirmEnrolment(
  deps: Deps,
  throttle: LoginThrottle,
  actor: Actor,
  secret: string,
  typed: string,
): Promise<{ readonly user: User; readonly recoveryCodes: readonly string[] }> {
  const id = userIdSchema.parse(actor.userId);
  const attempt = throttle.reserveCode(id);
  const code = readTimeCode(typed);
  const step = code === undefined ? undefined : stepOf(codesOf(secret, 'm', 'm'), code, deps.now());
  if (step === undefined) {
    attempt.fail();
    throw new AppError('invalid', 'second-factor.wrong', {
      issues: [{ path: 'code', message: 'second-factor.wrong' }],
    });
  }
  attempt.succeed();
  const recoveryCodes = Array.from({ length: recoveryCodeCount }, () =>
    formatRecoveryCode(deps.randomBytes(10)),
  );
  const user = await deps.storage.setSecondFactor(stamp(deps, actor), id, {
    sealed: seal(keyOf(deps), contextOf(id), secret),
    step,
    recovery: recoveryCodes.map((c) => hashOf(deps, id, readRecoveryCode(c)!)),
  });
  return { user, recoveryCodes };
}

/**
 * After the password: a code of the phone, or a recovery code, which is valid once. Does nothing for an account that has not
 * enrolled.
 * @throws AppError unauthenticated `second-factor.needed`, `second-factor.wrong`; too-many `second-factor.throttled`
 */
export async function checkSecondFactor(
  deps: Deps,
  throttle: LoginThrottle,
  user: User,
  typed: string,
): Promise<void> {
  const factor = await deps.storage.findSecondFactor(user.id);
  if (!factor) return;
  if (typed.trim() === '') throw new AppError('unauthenticated', 'second-factor.needed');
  const attempt = throttle.reserveCode(user.id);
  if (await isRight(deps, user, factor.sealed, typed)) {
    attempt.succeed();
    return;
  }
  if (attempt.fail()) {
    deps.log.warn({ user: user.id }, 'second-factor.throttled');
    await deps.storage.appendTrail(stamp(deps, systemActor), {
      action: 'second-factor.throttled',
      campaign: null,
      county: null,
      details: { login: user.login },
    });
  }
  throw new AppError('unauthenticated', 'second-factor.wrong');
}

async function isRight(deps: Deps, user: User, sealed: Uint8Array, typed: string): Promise<boolean> {
  const code = readTimeCode(typed);
  if (code !== undefined) {
    const secret = Buffer.from(unseal(keyOf(deps), contextOf(user.id), sealed)).toString('utf8');
    const step = stepOf(codesOf(secret, 'm', 'm'), code, deps.now());
    return step !== undefined && deps.storage.useTimeCode(user.id, step);
  }
  const recovery = readRecoveryCode(typed);
  if (recovery === undefined) return false;
  const by = {
    at: deps.now(),
    actor: { ...systemActor, userId: user.id, name: user.name, via: 'web' as const },
  };
  return (await deps.storage.useRecoveryCode(by, user.id, hashOf(deps, user.id, recovery))) !== null;
}

/**
 * Phone and recovery codes are lost: an administrator who has verified the person's identity removes the second factor, and a new
 * one is enrolled at the next log-in.
 */
export async function removeSecondFactor(deps: Deps, actor: Actor, id: UserId): Promise<void> {
  assertMay(actor, 'users.manage');
  await deps.storage.setSecondFactor(stamp(deps, actor), id, null);
}

/**
 * For the owner of the machine: the only administrator's phone is lost.
 * @throws AppError not-found `user.no-administrator`
 */
export async function removeAdministratorsFactor(deps: Deps, loginAsTyped: string): Promise<string> {
  const user = await deps.storage.findUserByLogin(normaliseLogin(loginAsTyped));
  if (user?.role !== 'administrator' || user.disabled)
    throw new AppError('not-found', 'user.no-administrator', { params: { login: loginAsTyped } });
  const actor: Actor = { ...systemActor, via: 'cli' };
  await deps.storage.setSecondFactor(stamp(deps, actor), user.id, null);
  return user.login;
}
