/** State shared by the queries of one connection: the connection and its caches. */
import type { CampaignState } from '../../domain/campaign/life-cycle.ts';
import type { CampaignId, ContentHash, CountyCode } from '../../domain/model/ids.ts';
import type { RevisionRule } from '../../domain/answer/revision.ts';
import type { CompiledQuestionnaire } from '../../domain/questionnaire/compiled.ts';
import type { RuleProfile } from '../../domain/scoring/rules/profile.ts';
import type { Group } from '../../domain/model/vocabulary.ts';
import type { Void } from '../../domain/model/campaign.ts';
import type { Connection } from './connection.ts';
import type { AnswerStatements } from './queries/answer-statements.ts';
import type { Watch } from '../shared/watch.ts';

/** A campaign as the writer needs it for each answer, and as counting needs it. */
export interface HotCampaign {
  readonly no: number;
  readonly state: CampaignState;
  readonly profile: RuleProfile;
  readonly revisionRule: RevisionRule;
  readonly questionnaires: ReadonlyMap<number, CompiledQuestionnaire>;
  readonly voids: readonly Void[];
  /** Questionnaire number → test whether an encoded sheet is valid under the profile. */
  readonly validity: Map<number, (answers: Uint8Array) => boolean>;
  /** The group of a reporting stratum; loaded per county on first use. */
  groupOf(county: CountyCode, reportingStratum: number): Group;
}

export interface Context extends Connection {
  /** Campaigns' numbers in the wide tables; they never change. */
  readonly numbers: Map<CampaignId, number>;
  readonly hot: Map<CampaignId, HotCampaign>;
  /** Documents of campaigns, validated and compiled once. */
  readonly profiles: Map<ContentHash, RuleProfile>;
  readonly questionnaires: Map<ContentHash, CompiledQuestionnaire>;
  /** Effective revisions of codes whose newest revision was entered by staff, by campaign, county and pseudonym. */
  readonly effective: Map<string, number>;
  answers: AnswerStatements | null;
  /** Counters of open surveys, by county; only in the writer, and lost on restart. */
  readonly watches: Map<string, Watch>;
  /**
   * What the current transaction adds to them: campaign's number, county, reporting stratum, and 1 for a re-answer + 2 for a fast
   * one.
   */
  readonly watched: number[];
  /** Clears caches that another connection may have made stale. */
  refresh(): void;
  /** Call it between small pieces of long background work. */
  rest(): void;
}

export function createContext(connection: Connection, rest: () => void = () => undefined): Context {
  const hot = new Map<CampaignId, HotCampaign>();
  const version = connection.raw.prepare('PRAGMA data_version').pluck();
  let seen = version.get();
  return {
    ...connection,
    numbers: new Map(),
    hot,
    profiles: new Map(),
    questionnaires: new Map(),
    effective: new Map(),
    answers: null,
    watches: new Map(),
    watched: [],
    rest,
    refresh() {
      const now = version.get();
      if (now !== seen) {
        seen = now;
        hot.clear();
      }
    },
  };
}
