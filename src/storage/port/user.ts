import type { Stamp } from '../../domain/model/stamp.ts';
import type { User, UserPatch } from '../../domain/model/user.ts';
import type { UserId } from '../../domain/model/ids.ts';

export interface UserReader {
  findUserByLogin(login: string): Promise<User | undefined>;
  findUser(id: UserId): Promise<User | undefined>;
  listUsers(): Promise<readonly User[]>;
}

export interface UserWriter {
  /** @throws conflict `user.login-taken` */
  createUser(stamp: Stamp, user: User): Promise<void>;
  /**
   * Patches role, counties, password … and ends the user's sessions.
   * @returns the user after the change
   * @throws not-found, and as `decideAccountChange`
   */
  updateUser(stamp: Stamp, id: UserId, patch: UserPatch): Promise<User>;
}
