/** What the queries of one connection share: the connection and what it remembers between calls. */
import type { CampaignId } from '../../domain/ids.ts';
import type { CompiledQuestionnaire } from '../../domain/questionnaire/compiled.ts';
import type { Tally } from '../../domain/scoring/tally.ts';
import type { RuleProfile } from '../../domain/scoring/profile.ts';
import type { Void } from '../port.ts';
import type { Connection } from './connection.ts';
import type { AnswerStatements } from './queries/answers.ts';

/** A campaign as the writer needs it for each answer. */
export interface HotCampaign {
  readonly no: number;
  readonly state: string;
  readonly profile: RuleProfile;
  readonly questionnaires: ReadonlyMap<number, CompiledQuestionnaire>;
  readonly voids: readonly Void[];
}

export interface CachedTally {
  readonly tally: Tally;
  dirty: boolean;
}

export interface Context extends Connection {
  readonly hot: Map<CampaignId, HotCampaign>;
  /** Tally cells by their key; whole truth of the cell as long as this connection is the only writer. */
  readonly cells: Map<string, CachedTally>;
  answers: AnswerStatements | null;
}

export function createContext(connection: Connection): Context {
  return { ...connection, hot: new Map(), cells: new Map(), answers: null };
}
