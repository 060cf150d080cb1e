/**
 * Reasons to doubt or trust a figure: one entry for each thing that a reader must not have to search for. All of it follows from
 * the summary as shown.
 */
import type { Group } from '../../model/vocabulary.ts';
import type { FlagKind } from '../signals/flags.ts';
import type { Summary } from './summary-types.ts';

/** `good`: looked at, nothing found. */
export type DoubtTone = 'good' | 'doubt' | 'bad';

/** Texts are `doubt.<kind>` (its name) and `doubt.<kind>.<case>` (the sentence) of messages/<language>/scoring.json. */
export type Doubt = { readonly tone: DoubtTone } & (
  | { readonly kind: 'pressure' | 'late-reanswers' | 'answers'; readonly case: 'none' }
  | {
      readonly kind: 'pressure' | 'late-reanswers' | 'answers';
      readonly case: 'found';
      readonly strata: number;
    }
  /** Groups whose valid return lies below the floor; `total`: all groups together do. */
  | { readonly kind: 'return'; readonly case: 'met' | 'no-floor' }
  | {
      readonly kind: 'return';
      readonly case: 'below';
      readonly total: boolean;
      readonly groups: readonly Group[];
    }
  /** Strata whose roll is thin or padded, and strata without any valid answer. */
  | { readonly kind: 'coverage'; readonly case: 'none' }
  | {
      readonly kind: 'coverage';
      readonly case: 'rolls' | 'strata' | 'both';
      readonly rolls: number;
      readonly unanswered: number;
    }
  /** Had those who did not answer all chosen the worst or the best, would the figure be on the other side? */
  | { readonly kind: 'non-response'; readonly case: 'crosses' | 'stays' }
  | { readonly kind: 'voided'; readonly case: 'found'; readonly voids: number }
  | { readonly kind: 'self-administered' | 'self-selected'; readonly case: 'found' }
  | { readonly kind: 'audit'; readonly case: 'failed' }
);

const answerKinds: ReadonlySet<FlagKind> = new Set<FlagKind>([
  'identical',
  'uniform',
  'burst',
  'after-reminder',
  'fast',
  'reanswers',
]);

/** Worst first; among equals in the order of importance. */
export function listDoubts(
  s: Pick<
    Summary,
    | 'signals'
    | 'returnRates'
    | 'notes'
    | 'nonResponse'
    | 'threshold'
    | 'official'
    | 'voided'
    | 'campaign'
    | 'verdict'
  >,
): readonly Doubt[] {
  const strata = (isMeant: (kind: FlagKind) => boolean) =>
    new Set(s.signals.filter(({ kind }) => isMeant(kind)).map(({ reportingStratum }) => reportingStratum))
      .size;
  const found = (kind: 'pressure' | 'late-reanswers' | 'answers', count: number): Doubt =>
    count === 0
      ? { tone: 'good', kind, case: 'none' }
      : { tone: 'doubt', kind, case: 'found', strata: count };
  const doubts: Doubt[] = [];
  if (s.verdict.kind === 'insufficient' && s.verdict.reasons.some(({ code }) => code === 'audit-failed'))
    doubts.push({ tone: 'bad', kind: 'audit', case: 'failed' });
  if (s.campaign.selfAdministered) doubts.push({ tone: 'doubt', kind: 'self-administered', case: 'found' });
  if (s.notes.some(({ kind }) => kind === 'self-selected'))
    doubts.push({ tone: 'doubt', kind: 'self-selected', case: 'found' });
  doubts.push(
    found(
      'pressure',
      strata((kind) => kind === 'pressure'),
    ),
  );
  doubts.push(
    found(
      'late-reanswers',
      strata((kind) => kind === 'late-reanswers'),
    ),
  );
  doubts.push(
    found(
      'answers',
      strata((kind) => answerKinds.has(kind)),
    ),
  );
  if (s.returnRates.length > 0) doubts.push(returnDoubt(s));
  doubts.push(
    coverageDoubt(
      s,
      strata((kind) => kind === 'thin-roll' || kind === 'padded-roll'),
    ),
  );
  if (s.nonResponse !== null && s.official.kind === 'estimate') {
    const { low, high } = s.nonResponse;
    const crosses = low < s.threshold.value && high >= s.threshold.value;
    doubts.push({
      tone: crosses ? 'doubt' : 'good',
      kind: 'non-response',
      case: crosses ? 'crosses' : 'stays',
    });
  }
  if (s.voided.length > 0)
    doubts.push({ tone: 'doubt', kind: 'voided', case: 'found', voids: s.voided.length });
  const order = ['bad', 'doubt', 'good'];
  return doubts.sort((a, b) => order.indexOf(a.tone) - order.indexOf(b.tone));
}

/** Rules may require the minimum only for all groups together; a group below it is then mentioned, but not a reason. */
const returnReasons: ReadonlySet<string> = new Set(['return-rate-below-floor', 'return-rate-too-low']);

function returnDoubt(s: Pick<Summary, 'returnRates' | 'verdict'>): Doubt {
  if (s.returnRates.every(({ floor }) => floor === null))
    return { tone: 'good', kind: 'return', case: 'no-floor' };
  const below = s.returnRates.filter(
    ({ figure, floor }) => floor !== null && figure.kind === 'estimate' && figure.value < floor,
  );
  if (below.length === 0) return { tone: 'good', kind: 'return', case: 'met' };
  const decides =
    s.verdict.kind === 'insufficient' && s.verdict.reasons.some(({ code }) => returnReasons.has(code));
  return {
    tone: decides ? 'bad' : 'doubt',
    kind: 'return',
    case: 'below',
    total: below.some(({ group }) => group === null),
    groups: below.flatMap(({ group }) => (group === null ? [] : [group])),
  };
}

function coverageDoubt(s: Pick<Summary, 'notes'>, rolls: number): Doubt {
  const unanswered = s.notes.filter(({ kind }) => kind === 'stratum-without-answers').length;
  return rolls === 0 && unanswered === 0
    ? { tone: 'good', kind: 'coverage', case: 'none' }
    : {
        ...{ tone: 'doubt', kind: 'coverage', rolls, unanswered },
        case: unanswered === 0 ? 'rolls' : rolls === 0 ? 'strata' : 'both',
      };
}
