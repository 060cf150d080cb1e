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
  /** Grows when sessions must end (password changed, disabled). */
  readonly sessionEpoch: number;
  readonly createdAt: number;
}

export type UserPatch = Partial<Pick<User, 'name' | 'role' | 'counties' | 'passwordHash' | 'disabled'>>;
