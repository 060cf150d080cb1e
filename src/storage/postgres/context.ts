/** State shared by the queries of one operation: its connection, and the caches of the process. */
import type { CampaignState } from '../../domain/campaign/life-cycle.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { RevisionRule } from '../../domain/answer/revision.ts';
import type { CompiledQuestionnaire } from '../../domain/questionnaire/compiled.ts';
import type { RuleProfile } from '../../domain/scoring/rules/profile.ts';
import type { Group } from '../../domain/model/vocabulary.ts';
import type { Void } from '../../domain/model/campaign.ts';
import type { Connection } from './connection.ts';
import type { Watch } from '../shared/watch.ts';

/** A campaign as each answer needs it. */
export interface HotCampaign {
  readonly no: number;
  /** Changes whenever anything here changes; compared under the campaign's lock. */
  readonly version: string;
  readonly state: CampaignState;
  readonly profile: RuleProfile;
  readonly revisionRule: RevisionRule;
  readonly questionnaires: ReadonlyMap<number, CompiledQuestionnaire>;
  readonly voids: readonly Void[];
  /** Questionnaire number → test whether an encoded sheet is valid under the profile. */
  readonly validity: ReadonlyMap<number, (answers: Uint8Array) => boolean>;
  /** The group of a reporting stratum; only for a campaign with voids. */
  groupOf(county: CountyCode, reportingStratum: number): Group;
}

/** Caches of the process. Correctness does not depend on them. */
export interface Caches {
  /** Campaigns' numbers in the wide tables; they never change. */
  readonly numbers: Map<CampaignId, number>;
  readonly hot: Map<CampaignId, HotCampaign>;
  /** Counters of open surveys, by county; each process has its own, lost on restart. */
  readonly watches: Map<string, Watch>;
}

export interface Context extends Connection, Caches {
  /**
   * What the current transaction adds to the counters: campaign's number, county, reporting stratum, and 1 for a re-answer + 2
   * for a fast one.
   */
  readonly watched: number[];
}

export function createCaches(): Caches {
  return { numbers: new Map(), hot: new Map(), watches: new Map() };
}

export function createContext(connection: Connection, caches: Caches): Context {
  return { ...connection, ...caches, watched: [] };
}
