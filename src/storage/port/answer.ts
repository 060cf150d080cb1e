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
  /** All reports of pressure of a county, ordered by random-looking id. Never for accounts bound to the county. */
  listPressure(campaign: CampaignId, county: CountyCode): Promise<readonly PressureReport[]>;
  /**
   * Answers that count, after close (superseded contents are erased), without those of test contacts: ascending pseudonym, after
   * `after`. The caller decides whether they are valid and of a channel that counts.
   */
  listCountable(
    campaign: CampaignId,
    county: CountyCode,
    after: Uint8Array | null,
    limit: number,
  ): Promise<readonly CountableAnswer[]>;
  /** Comments, ordered by random id, which is unrelated to their arrival. */
  listTexts(campaign: CampaignId, county: CountyCode): Promise<readonly StoredText[]>;
}

export interface AnswerWriter {
  /**
   * All entries in one transaction, in order; if that fails, one by one, so that only the bad one is refused. For each: insert as
   * the next revision; if that supersedes the earlier answer, replace the comments; keep the report of pressure, whatever the
   * channel. Nothing is counted. `failed`: for example, bytes that are not valid answers to the questionnaire.
   */
  recordResponses(batch: readonly ResponseEntry[]): Promise<readonly RecordResult[]>;
}
