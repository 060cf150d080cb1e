import type { UserId } from '../../domain/model/ids.ts';
import type { SessionRecord, ShownSession } from '../../domain/model/user.ts';

export interface SessionReader {
  isSessionEnded(id: string): Promise<boolean>;
  /** Log-ins of a user, newest first, and whether the session is still valid at `now`. */
  listSessions(user: UserId, now: number, limit: number): Promise<readonly ShownSession[]>;
  /** The newest log-in of each user. */
  listLastLogIns(): Promise<readonly { readonly user: UserId; readonly at: number }[]>;
}

export interface SessionWriter {
  /** A log-in. Not in the trail. */
  beginSession(session: SessionRecord): Promise<void>;
  /** A log-out: this session has ended, although its cookie is valid until `expiresAt`. Idempotent. Not in the trail. */
  endSession(id: string, expiresAt: number): Promise<void>;
  /**
   * Deletes ended sessions whose cookies have expired at `now`, and old log-ins. Deletes nothing while a jump of the clock waits
   * for confirmation.
   */
  forgetEndedSessions(now: number): Promise<void>;
}
