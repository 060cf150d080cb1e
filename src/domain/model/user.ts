import type { CountyCode, UserId } from './ids.ts';
import type { Role } from './vocabulary.ts';

export interface User {
  readonly id: UserId;
  /** Unique without regard to case. */
  readonly login: string;
  readonly name: string;
  readonly role: Role;
  readonly counties: readonly CountyCode[];
  /** argon2id, PHC string. */
  readonly passwordHash: string;
  readonly disabled: boolean;
  /** Incremented when sessions must end (password changed, disabled). */
  readonly sessionEpoch: number;
  readonly createdAt: number;
  /** Somebody else chose the password. */
  readonly mustChangePassword: boolean;
  /** When time-based codes were enrolled; null: they are not. */
  readonly secondFactorAt: number | null;
}

export type UserPatch = Partial<
  Pick<User, 'name' | 'role' | 'counties' | 'passwordHash' | 'disabled' | 'mustChangePassword'>
>;

/** The part of a user's second factor that only its check needs. */
export interface SecondFactor {
  readonly sealed: Uint8Array;
  /** The last period whose code was used. */
  readonly lastStep: number | null;
}

/** A log-in, and the session that it started. */
export interface SessionRecord {
  readonly id: string;
  readonly user: UserId;
  readonly epoch: number;
  readonly beganAt: number;
  readonly expiresAt: number;
  /** Network of the address, not the address. */
  readonly network: string;
  /** Browser and system in a few words, according to the browser. */
  readonly device: string;
}
export interface ShownSession extends SessionRecord {
  readonly open: boolean;
}

export interface ApiToken {
  readonly id: string;
  readonly user: UserId;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly expiresAt: number;
  /** To the day. */
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}
