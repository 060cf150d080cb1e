import type { Group } from './vocabulary.ts';
import type { PostFailure } from '../evidence/witness.ts';

/** A flag on a stratum, a group, or the county (both null). */
export interface Flag {
  readonly group: Group | null;
  readonly reportingStratum: number | null;
  readonly reason: string;
}

/** Head of the evidence log of a campaign and county. */
export interface LogHead {
  /** First line of its checkpoints; null before the first one. */
  readonly origin: string | null;
  readonly size: number;
  readonly root: Uint8Array;
  /** When waiting responses were last examined for a lot. */
  readonly sealedAt: number | null;
}

export interface StoredCheckpoint {
  readonly size: number;
  readonly at: number;
  /** Signed note. */
  readonly note: string;
}

export interface StoredCosignature {
  readonly size: number;
  /** Name of the witness's key. */
  readonly witness: string;
  readonly at: number;
  /** Signature line of the note. */
  readonly line: string;
}

/** The state of a witness for one log. */
export interface WitnessProgress {
  readonly witness: string;
  /** The largest size that was delivered. */
  readonly held: { readonly size: number; readonly at: number } | null;
  readonly waiting: number;
  /** For the oldest waiting post, if it was tried. */
  readonly failure:
    (PostFailure & { readonly at: number; readonly attempts: number; readonly nextAt: number }) | null;
}

/** A leaf as its rows give it now; `hash` is what was appended. */
export interface StoredLeaf {
  readonly no: number;
  /** null: its row is gone. */
  readonly data: Uint8Array | null;
  readonly hash: Uint8Array;
  /** nonce ‖ answers of a response, unless erased. */
  readonly contents: Uint8Array | null;
}

/** Progress of sealing the responses that were waiting at one moment. */
export interface SealingPoint {
  /** Position of the last listed response. */
  readonly pseudonym: Uint8Array;
  readonly revision: number;
  /** Listed, and not sealed yet. */
  readonly listed: readonly (readonly [pseudonym: Uint8Array, revision: number])[];
  /** More follow after the listed ones. */
  readonly more: boolean;
  /** Reporting strata whose responses are sealed. */
  readonly strata: readonly number[];
  /** Responses that were waiting at that moment and are not sealed yet. */
  readonly waiting: number;
}

export interface LogKeyChange {
  /** Ed25519 public keys, hexadecimal. */
  readonly before: string;
  readonly after: string;
}
