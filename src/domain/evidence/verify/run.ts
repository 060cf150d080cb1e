/** State while a bundle is read, shared by all checks of the verifier. */
import type { DisclosureRule } from '../../scoring/suppression/rule.ts';
import type { RevisionRule } from '../../answer/revision.ts';
import type { IneligibleCount } from '../../campaign/proposal.ts';
import type { CompiledQuestionnaire } from '../../questionnaire/compiled.ts';
import type { RuleProfile } from '../../scoring/rules/profile.ts';
import { createSheetCounter } from '../../scoring/signals/find-flags.ts';
import type { QuestionnaireTexts } from '../../scoring/summary/summary.ts';
import type { TallyCell } from '../../scoring/tally/tally.ts';
import type { BundleHead, BundleLine } from '../bundle.ts';
import type { CanaryResult } from '../canaries.ts';
import type { StateLeaf, StateLeafBody, StateLeafType } from '../leaf.ts';
import { createTreeBuilder } from '../merkle.ts';
import type { Note, NoteKey } from '../note.ts';
import { readExpectations } from './expectations.ts';
import { createCellCounter } from './recount-cells.ts';
import type { DrawInput } from './replay-draw.ts';
import { createRespondents, type Place } from './respondents.ts';
import type { Finding, FindingCode, LogEvent, VerifyOptions } from './verification.ts';

const maximumNamed = 100;

// Roots that the log must have had, by size.
interface Wanted {
  readonly root: string;
  /** A checkpoint from outside; one of the bundle's own; a head that a summary names, which is not signed. */
  readonly by: 'outside' | 'bundle' | 'summary';
}

export class Run {
  readonly options: VerifyOptions;
  readonly expected: ReturnType<typeof readExpectations>;
  readonly findings: Finding[] = [];
  more = 0;
  head: BundleHead | null = null;
  key: NoteKey | null = null;
  section = 0;
  readonly sections = new Set<BundleLine['kind']>();
  ended: number | null = null;
  // Documents, roll, codes.
  readonly documents = new Map<string, unknown>();
  schools: DrawInput['schools'] = [];
  readonly frameTree = createTreeBuilder();
  lastEntry = '';
  readonly respondents = createRespondents();
  firstCells: readonly TallyCell[] = [];
  firstHash: string | null = null;
  lastCells: readonly TallyCell[] = [];
  lastHash: string | null = null;
  erasedAt: number | null = null;
  readonly declared: (IneligibleCount & { readonly leaf: number })[] = [];
  readonly wanted = new Map<number, Wanted[]>();
  agreed = 0;
  /** Notes whose signatures are checked at the end, when all keys of the log are known. */
  readonly signed: {
    readonly code: 'checkpoint-signature' | 'receipt';
    /** null: a receipt. */
    readonly size: number | null;
    readonly note: Note;
    readonly raw: string;
  }[] = [];
  /** Sizes of signed checkpoints, as hand-overs state them, and the leaf that does. */
  readonly stated = new Map<number, number>();
  /** Versions of each document of the county's inspection. */
  readonly inspection = new Map<string, number>();
  readonly rekeys: { readonly index: number; readonly before: string; readonly after: string }[] = [];
  /** Leaf hashes that receipts promised: found yet? */
  readonly promised = new Map<string, boolean>();
  /** Answers of test contacts that count, by pseudonym. */
  readonly canaryAnswers = new Map<string, string>();
  canaries: readonly CanaryResult[] | null = null;
  lastAgreed = 0;
  /** Largest size under a checkpoint given from outside that agrees. */
  largestHeld = 0;
  /** Number of leaves under a head that a summary names, if the log has fewer. */
  later: number | null = null;
  /** Sizes of the bundle's own checkpoints, ascending. */
  readonly sizes: number[] = [];
  // The log.
  readonly tree = createTreeBuilder();
  readonly states = new Map<StateLeafType, StateLeaf[]>();
  readonly events: LogEvent[] = [];
  lots = 0;
  leftInLot = 0;
  previousHash: Uint8Array | null = null;
  responses = 0;
  readonly visitors = new Set<number>();
  readonly linked = new Map<number, Place>();
  readonly questionnaires = new Map<number, CompiledQuestionnaire>();
  readonly texts = new Map<number, QuestionnaireTexts>();
  profile: RuleProfile | null = null;
  readonly counter = createCellCounter();
  readonly sheets = createSheetCounter();
  /** Contacts by group and school, as in the roll's entries. */
  readonly affiliated = new Map<string, number>();
  readonly validity = new Map<number, (answers: Uint8Array) => boolean>();

  constructor(options: VerifyOptions) {
    this.options = options;
    this.expected = readExpectations(options);
  }

  want(size: number, root: string, by: Wanted['by']): void {
    this.wanted.set(size, [...(this.wanted.get(size) ?? []), { root, by }]);
  }

  find(code: FindingCode, leaf: number | null, expected: string, found: string): void {
    if (this.findings.length < maximumNamed) this.findings.push({ code, leaf, expected, found });
    else this.more += 1;
  }
}

/** Body of the first leaf of a type. */
export const first = <T extends StateLeafType>(run: Run, type: T): StateLeafBody<T> | undefined =>
  run.states.get(type)?.[0]?.body as StateLeafBody<T> | undefined;

/** Bodies of all leaves of a type, in order. */
export const all = <T extends StateLeafType>(run: Run, type: T): readonly StateLeafBody<T>[] =>
  (run.states.get(type) ?? []).map((s) => s.body as StateLeafBody<T>);

/** Index of the first leaf of a type; null: there is none. */
export const indexOf = (run: Run, type: StateLeafType) =>
  run.events.find((e) => e.type === type)?.leaf ?? null;

/** The rule in the `open` leaf; 1 if it states none. */
export const revisionRule = (run: Run): RevisionRule => first(run, 'open')?.revisionRule ?? 1;
/** The rule in the `open` leaf; 1 if it states none. */
export const disclosureRule = (run: Run): DisclosureRule => first(run, 'open')?.disclosureRule ?? 1;
