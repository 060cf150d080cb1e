import type { SchoolId } from './ids.ts';

/** The secret is shown once, when it is made, and not stored. */
export interface UploadLink {
  /** SHA-256. */
  readonly tokenHash: Uint8Array;
  readonly school: SchoolId;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly revokedAt: number | null;
  /** Files sent so far. */
  readonly uploads: number;
}
