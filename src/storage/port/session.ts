import type { UserId } from '../../domain/model/ids.ts';
import type { SessionRecord, ShownSession } from '../../domain/model/user.ts';

export interface SessionReader {
  isSessionEnded(id: string): Promise<boolean>;
  /** Log-ins of a user, newest first, and whether the session goes on at `now`. */
  listSessions(user: UserId, now: number, limit: number): Promise<readonly ShownSession[]>;
  /** The newest log-in of each user. */
  listLastLogIns(): Promise<readonly { readonly user: UserId; readonly at: number }[]>;
}

export interface SessionWriter {
  /** Somebody logged in. Not in the trail. */
  beginSession(session: SessionRecord): Promise<void>;
  /** Somebody logged out: this session is over, although its cookie is good until `expiresAt`. Twice is as good as once. Not in the trail. */
  endSession(id: string, expiresAt: number): Promise<void>;
  /** Ended sessions whose cookies have expired at `now`, and log-ins of long ago. Forgets nothing while a jump of the clock waits to be confirmed. */
  forgetEndedSessions(now: number): Promise<void>;
}
