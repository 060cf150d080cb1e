/** What verifying a bundle takes and gives. */
import type { DisclosureRule } from '../../scoring/suppression/rule.ts';
import type { RevisionRule } from '../../answer/revision.ts';
import type { Summary } from '../../scoring/summary/summary.ts';
import type { BundleHead } from '../bundle.ts';
import type { CanaryResult } from '../canaries.ts';
import type { StateLeafType } from '../leaf.ts';

/** Opens the bundle anew and gives its lines, some at a time. */
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
  /** Index of the leaf; null where it concerns no single one. */
  readonly leaf: number | null;
  readonly expected: string;
  readonly found: string;
}

/** What an inspector should look at, though nothing is wrong with it. */
export interface LogEvent {
  readonly leaf: number;
  readonly type: StateLeafType;
  readonly at: number;
  readonly by: string | null;
  readonly what: string;
}

export interface Verification {
  readonly ok: boolean;
  /** `incomplete`: nothing contradicts anything, but the log ends before the hand-over that a bundle is of. */
  readonly status: 'verified' | 'incomplete' | 'refused';
  readonly findings: readonly Finding[];
  /** Findings beyond those named. */
  readonly more: number;
  readonly head: BundleHead | null;
  readonly size: number;
  /** Hexadecimal. */
  readonly root: string;
  /** Checkpoints given from outside that the log agrees with. */
  readonly held: number;
  /** The largest of their sizes; 0: there is none. */
  readonly largestHeld: number;
  /** null: no witness was named. */
  readonly witnessed: Witnessed | null;
  /** Was the log's key given from outside? */
  readonly keyGiven: boolean;
  /** When the contents were handed over, by the last leaf that says so. */
  readonly handedOverAt: number | null;
  /** null: no summary was given to compare with. `laterThan`: it names a head of so many leaves, more than the bundle has; null: it does not. */
  readonly against: { readonly laterThan: number | null } | null;
  /** Receipts given whose leaf is in the log. */
  readonly receipts: number;
  /** Each test contact of the file given; null: none was given, or it is not the one committed to. */
  readonly canaries: readonly CanaryResult[] | null;
  readonly responses: number;
  readonly respondents: number;
  readonly events: readonly LogEvent[];
  /** When answers were erased at the end of the storage period: the summary is then that of the tallies that the log commits to, not counted again. */
  readonly erasedAt: number | null;
  /** Earlier versions stated less, and had other rules: which ones the log was read by. */
  readonly rules: {
    readonly revision: RevisionRule;
    readonly disclosure: DisclosureRule;
    readonly statesFates: boolean;
    /** The time of the hand-over and the checkpoints signed before are in the log. */
    readonly statesHandOver: boolean;
  };
  /** After suppression, as the service shows it; null if it does not follow from the bundle. */
  readonly summary: Summary | null;
}

export interface Witnessed {
  /** The newest checkpoint of the log that each named witness signed; a witness that signed none is not in it. */
  readonly cosigned: readonly { readonly witness: string; readonly size: number; readonly at: number }[];
  /** null: no policy was given, or it asks for nobody. `size`: enough witnesses signed so many leaves; null: they are too few. */
  readonly quorum: { readonly name: string; readonly size: number | null } | null;
}

export interface VerifyOptions {
  /** Checkpoints kept outside the service, as they were published. */
  readonly checkpoints?: readonly string[];
  /** Opens the commitment to an inspector's test contacts. */
  readonly canaries?: string | undefined;
  /** Receipts that respondents kept. */
  readonly receipts?: readonly string[];
  /** The log's verifier key, if it is known from elsewhere (a poster). */
  readonly key?: string | undefined;
  /** Verifier keys of witnesses, as they themselves give them out. */
  readonly witnesses?: readonly string[];
  /** C2SP tlog-policy: which logs, which witnesses, and how many of them. */
  readonly policy?: string | undefined;
  /** A summary that somebody was shown. */
  readonly against?: SummaryFile | undefined;
}

/** What a file with a summary says (against.ts). */
export interface SummaryFile {
  /** Heads of logs that it names. */
  readonly logs: readonly StatedHead[];
  /** Where it says another thing than the summary that follows from the bundle. */
  compare(summary: Summary): readonly SummaryDifference[];
}
export interface StatedHead {
  readonly origin: string;
  readonly size: number;
  /** Base 64, as in a checkpoint. */
  readonly root: string;
}
export interface SummaryDifference {
  /** Which figure, as the file names it. */
  readonly path: string;
  /** By the bundle. */
  readonly expected: string;
  readonly found: string;
}
