/**
 * Decides what an incoming answer changes. This is on the path of every answer: the functions read plain rows, and the decision
 * for a first answer (nine in ten) is one of two constants.
 */
import { isVoided, type VoidScope } from '../campaign/cell-void.ts';
import type { CampaignState } from '../campaign/life-cycle.ts';
import type { RecordResult, ResponseEntry } from '../model/answer.ts';
import type { Issued } from '../model/code.ts';
import type { Channel, Group } from '../model/vocabulary.ts';
import type { CompiledQuestionnaire } from '../questionnaire/compiled.ts';
import { canFold } from '../scoring/tally/tally.ts';
import { isSelfCompleted, supersedes, type RevisionHead, type RevisionRule } from './revision.ts';

export type Refusal = Exclude<RecordResult, 'stored'>;

/** Checks made before anything is looked up for the answer. */
export function refusalByState(state: CampaignState): Refusal | null {
  return state === 'open' ? null : state === 'voided' ? 'voided' : 'closed';
}

/** @param groupOf the group of a reporting stratum; asked only where something of the campaign is void */
export function refusalOf(
  campaign: {
    readonly voids: readonly VoidScope[];
    readonly questionnaires: ReadonlyMap<number, CompiledQuestionnaire>;
    readonly groupOf: (county: Issued['county'], reportingStratum: number) => Group;
  },
  place: Pick<Issued, 'county' | 'reportingStratum' | 'questionnaire'> | undefined,
  entry: Pick<ResponseEntry, 'county' | 'questionnaire' | 'answers'>,
): Refusal | null {
  if (!place || (entry.county !== null && place.county !== entry.county)) return 'unknown';
  const { county, reportingStratum } = place;
  if (
    campaign.voids.length > 0 &&
    isVoided(campaign.voids, { county, group: campaign.groupOf(county, reportingStratum), reportingStratum })
  )
    return 'voided';
  const q = campaign.questionnaires.get(place.questionnaire);
  if (!q || place.questionnaire !== entry.questionnaire) return 'other-questionnaire';
  // A stored row is never deleted, and one that cannot be counted would prevent the campaign from closing.
  return canFold(q, entry.answers) ? null : 'failed';
}

/**
 * Whether the code belongs to this campaign. Closed and voided campaigns are not searched, so another campaign may know the code.
 */
export function isFinal(result: RecordResult): boolean {
  return result === 'stored' || result === 'other-questionnaire' || result === 'failed';
}

export interface AnswerChanges {
  /** Number of the row to insert. */
  readonly revision: number;
  /**
   * The revision that counts from now on, if an answer entered by staff follows earlier ones; null: the newest self-completed
   * one, or the newest.
   */
  readonly effective: number | null;
  /** Whether its report of pressure is kept, and whether it is checked for signals. */
  readonly tells: boolean;
  /** What happens to its comments; `replace`: earlier ones are deleted. */
  readonly comments: 'add' | 'replace' | 'leave';
}

const first: AnswerChanges = { revision: 1, effective: null, tells: true, comments: 'add' };
/** A test contact's answer is kept for the log, and counts nowhere. */
const firstOfCanary: AnswerChanges = { revision: 1, effective: null, tells: false, comments: 'leave' };

/** What the first answer of a code changes. A test contact's answer is not counted. */
export function decideFirstAnswer({ set }: Pick<Issued, 'set'>): AnswerChanges {
  return set === 'canary' ? firstOfCanary : first;
}

/** @param before the newest revision, and the one that counts so far */
export function decideAnswer(
  { set }: Pick<Issued, 'set'>,
  before: { readonly newest: RevisionHead; readonly effective: RevisionHead },
  channel: Channel,
  rule: RevisionRule,
): AnswerChanges {
  const revision = before.newest.revision + 1;
  const counts = supersedes(channel, before.effective, rule);
  const effective = isSelfCompleted(channel, rule) ? null : counts ? revision : before.effective.revision;
  if (set === 'canary') return { revision, effective, tells: false, comments: 'leave' };
  return { revision, effective, tells: true, comments: counts ? 'replace' : 'leave' };
}
