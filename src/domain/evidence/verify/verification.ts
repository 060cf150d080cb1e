/** Input and result of the verification of a bundle. */
import type { DisclosureRule } from '../../scoring/suppression/rule.ts';
import type { RevisionRule } from '../../answer/revision.ts';
import type { Summary } from '../../scoring/summary/summary.ts';
import type { BundleHead } from '../bundle.ts';
import type { CanaryResult } from '../canaries.ts';
import type { StateLeafType } from '../leaf.ts';

/** Opens the bundle from the start and returns its lines in chunks. */
export type BundleSource = () => AsyncIterable<readonly string[]>;

export const findingCodes = [
  'malformed',
  'truncated',
  'incomplete',
  'head',
  'key',
  'checkpoint-signature',
  'checkpoint-root',
  'checkpoint-beyond',
  'checkpoint-missing',
  'checkpoint-dropped',
  'cosignature',
  'quorum',
  'leaf-differs',
  'leaf-missing',
  'leaf-malformed',
  'order',
  'document',
  'frame-root',
  'seed',
  'draw',
  'issue',
  'late',
  'two-people',
  'ineligible',
  'sending',
  'lot',
  'not-issued',
  'wrong-stratum',
  'revision',
  'contents-differ',
  'answers',
  'superseded-contents',
  'contents-missing',
  'dispositions',
  'first-answers',
  'canary-issue',
  'canary-file',
  'canary',
  'receipt',
  'receipt-missing',
  'flags',
  'erased-contents',
  'tallies',
  'summary',
  'against',
] as const;

export type FindingCode = (typeof findingCodes)[number];

export interface Finding {
  readonly code: FindingCode;
  /** Index of the leaf; null if it concerns no single one. */
  readonly leaf: number | null;
  readonly expected: string;
  readonly found: string;
}

/** What an inspector should look at, although nothing is wrong. */
export interface LogEvent {
  readonly leaf: number;
  readonly type: StateLeafType;
  readonly at: number;
  readonly by: string | null;
  readonly what: string;
}

export interface Verification {
  readonly ok: boolean;
  /** `incomplete`: nothing contradicts, but the log ends before the hand-over of the bundle. */
  readonly status: 'verified' | 'incomplete' | 'refused';
  readonly findings: readonly Finding[];
  /** Findings beyond those named. */
  readonly more: number;
  readonly head: BundleHead | null;
  readonly size: number;
  /** Hexadecimal. */
  readonly root: string;
  /** Checkpoints given from outside that agree with the log. */
  readonly held: number;
  /** The largest of their sizes; 0: none. */
  readonly largestHeld: number;
  /** null: no witness was named. */
  readonly witnessed: Witnessed | null;
  /** Whether the log's key was given from outside. */
  readonly keyGiven: boolean;
  /** Time of the hand-over, by the last leaf that states it. */
  readonly handedOverAt: number | null;
  /**
   * null: no summary was given to compare with. `laterThan`: it names a head with this number of leaves, more than the bundle
   * has; null: it does not.
   */
  readonly against: { readonly laterThan: number | null } | null;
  /** Given receipts whose leaf is in the log. */
  readonly receipts: number;
  /** Each test contact of the given file; null: none was given, or it is not the one committed to. */
  readonly canaries: readonly CanaryResult[] | null;
  readonly responses: number;
  readonly respondents: number;
  readonly events: readonly LogEvent[];
  /**
   * When answers were erased at the end of the storage period. The summary is then computed from the committed tallies, without a
   * recount.
   */
  readonly erasedAt: number | null;
  /** Earlier versions stated less, and had other rules: the rules by which the log was read. */
  readonly rules: {
    readonly revision: RevisionRule;
    readonly disclosure: DisclosureRule;
    readonly statesFates: boolean;
    /** Whether the log states the time of the hand-over and the checkpoints signed before. */
    readonly statesHandOver: boolean;
  };
  /** After suppression, as the service shows it; null if it does not follow from the bundle. */
  readonly summary: Summary | null;
}

export interface Witnessed {
  /** The newest checkpoint that each named witness signed; a witness that signed none is absent. */
  readonly cosigned: readonly { readonly witness: string; readonly size: number; readonly at: number }[];
  /** null: no policy was given, or it requires nobody. `size`: the largest size that enough witnesses signed; null: too few. */
  readonly quorum: { readonly name: string; readonly size: number | null } | null;
}

export interface VerifyOptions {
  /** Checkpoints kept outside the service, as published. */
  readonly checkpoints?: readonly string[];
  /** Opens the commitment to an inspector's test contacts. */
  readonly canaries?: string | undefined;
  /** Receipts that respondents kept. */
  readonly receipts?: readonly string[];
  /** The log's verifier key, if known from elsewhere (a poster). */
  readonly key?: string | undefined;
  /** Verifier keys of witnesses, as they publish them. */
  readonly witnesses?: readonly string[];
  /** C2SP tlog-policy: which logs, which witnesses, and how many of them. */
  readonly policy?: string | undefined;
  /** A summary to compare with. */
  readonly against?: SummaryFile | undefined;
}

/** Content of a file with a summary (against.ts). */
export interface SummaryFile {
  /** Heads of logs that it names. */
  readonly logs: readonly StatedHead[];
  /** Where it differs from the summary that follows from the bundle. */
  compare(summary: Summary): readonly SummaryDifference[];
}
export interface StatedHead {
  readonly origin: string;
  readonly size: number;
  /** Base 64, as in a checkpoint. */
  readonly root: string;
}
export interface SummaryDifference {
  /** The figure, as the file names it. */
  readonly path: string;
  /** By the bundle. */
  readonly expected: string;
  readonly found: string;
}
