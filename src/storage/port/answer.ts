import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { Issued } from '../../domain/model/code.ts';
import type {
  CountableAnswer,
  PressureReport,
  RecordResult,
  ResponseEntry,
  StoredText,
} from '../../domain/model/answer.ts';

export interface AnswerReader {
  findIssued(campaign: CampaignId, pseudonym: Uint8Array): Promise<Issued | undefined>;
  /** All reports of pressure of a county, by the random-looking id. Not for anybody bound to the county. */
  listPressure(campaign: CampaignId, county: CountyCode): Promise<readonly PressureReport[]>;
  /**
   * Answers that count, after close (superseded contents are erased), without those of test contacts: ascending pseudonym, after `after`. Whether they are valid,
   * and of a channel that counts, the caller decides.
   */
  listCountable(
    campaign: CampaignId,
    county: CountyCode,
    after: Uint8Array | null,
    limit: number,
  ): Promise<readonly CountableAnswer[]>;
  /** Comments in the order of their random ids, which is nobody's order. */
  listTexts(campaign: CampaignId, county: CountyCode): Promise<readonly StoredText[]>;
}

export interface AnswerWriter {
  /**
   * All entries in one transaction, in order; if that fails, one by one, so that only the bad one is refused. For each: insert as the next revision, and
   * if that supersedes the answer before, replace the comments; keep the report of pressure, whatever channel it came by. Nothing is counted. `failed`:
   * among others, bytes that are no answers to the questionnaire.
   */
  recordResponses(batch: readonly ResponseEntry[]): Promise<readonly RecordResult[]>;
}
