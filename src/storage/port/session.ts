export interface SessionReader {
  isSessionEnded(id: string): Promise<boolean>;
}

export interface SessionWriter {
  /** Somebody logged out: this session is over, although its cookie is good until `expiresAt`. Twice is as good as once. Not in the trail. */
  endSession(id: string, expiresAt: number): Promise<void>;
  /** Ended sessions whose cookies have expired at `now`. Forgets nothing while a jump of the clock waits to be confirmed. */
  forgetEndedSessions(now: number): Promise<void>;
}
