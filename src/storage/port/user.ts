import type { Stamp } from '../../domain/model/stamp.ts';
import type { ApiToken, SecondFactor, User, UserPatch } from '../../domain/model/user.ts';
import type { UserId } from '../../domain/model/ids.ts';

export interface UserReader {
  findUserByLogin(login: string): Promise<User | undefined>;
  findUser(id: UserId): Promise<User | undefined>;
  listUsers(): Promise<readonly User[]>;
  findSecondFactor(id: UserId): Promise<SecondFactor | undefined>;
  countRecoveryCodes(id: UserId): Promise<number>;
  /** The account's subject at the identity provider; null: it has not logged in through one. */
  findSubject(id: UserId): Promise<string | null>;
  /** Newest first. */
  listTokens(user: UserId): Promise<readonly ApiToken[]>;
  /** With the hash of its secret. */
  findToken(id: string): Promise<(ApiToken & { readonly hash: Uint8Array }) | undefined>;
}

export interface UserWriter {
  /** @throws conflict `user.login-taken` */
  createUser(stamp: Stamp, user: User): Promise<void>;
  /**
   * Patches role, counties, password and so on, and ends the user's sessions.
   * @returns the user after the change
   * @throws not-found, and as `decideAccountChange`
   */
  updateUser(stamp: Stamp, id: UserId, patch: UserPatch): Promise<User>;
  /**
   * Enrols the second factor with its recovery codes (null removes it), and ends the user's sessions.
   * @returns the user after the change
   */
  setSecondFactor(
    stamp: Stamp,
    id: UserId,
    factor: {
      readonly sealed: Uint8Array;
      readonly step: number;
      readonly recovery: readonly Uint8Array[];
    } | null,
  ): Promise<User>;
  /**
   * Stores the account's subject at the provider at the first log-in.
   * @throws unauthenticated `login.oidc-other` if it was another one before
   */
  bindSubject(stamp: Stamp, id: UserId, subject: string): Promise<void>;
  unbindSubject(stamp: Stamp, id: UserId): Promise<void>;
  /** @returns whether neither the period's code nor a later one had been used */
  useTimeCode(id: UserId, step: number): Promise<boolean>;
  /** @returns how many remain; null: there is no such code, or it was used */
  useRecoveryCode(stamp: Stamp, id: UserId, hash: Uint8Array): Promise<number | null>;
  createToken(stamp: Stamp, token: ApiToken, hash: Uint8Array): Promise<void>;
  /** @returns whether it was the user's, and not revoked before */
  revokeToken(stamp: Stamp, user: UserId, id: string): Promise<boolean>;
  /** Once a day at most. */
  markTokenUsed(id: string, day: number): Promise<void>;
}
