import type { HandInCommand } from '../../domain/frame/decide-hand-in.ts';
import type { HandIn } from '../../domain/model/hand-in.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { ReminderAnswer, ReminderRequest } from '../../domain/model/reminder-request.ts';
import type { Stamp } from '../../domain/model/stamp.ts';

export interface HandInReader {
  /** Newest first: the first gives the state of the roll. */
  listHandIns(campaign: CampaignId, county: CountyCode): Promise<readonly HandIn[]>;
  /** Newest first. */
  listReminderRequests(campaign: CampaignId, county: CountyCode): Promise<readonly ReminderRequest[]>;
}

export interface HandInWriter {
  /**
   * @param missing what the roll still lacks, as counted by the caller
   * @throws conflict `frame.frozen`, `frame.empty`, `roll.handed-in-already`, `roll.not-handed-in`, `roll.files-waiting`; invalid
   * `roll.missing-reason`, `roll.reason`
   */
  handInRoll(
    stamp: Stamp,
    campaign: CampaignId,
    county: CountyCode,
    command: HandInCommand,
    missing: number,
  ): Promise<void>;
  /** @throws conflict `codes.not-open`, `reminder.asked-already`; invalid `reminder.note` */
  requestReminder(stamp: Stamp, campaign: CampaignId, county: CountyCode, note: string): Promise<void>;
  /** @throws conflict `reminder.not-asked`; invalid `reminder.note`, `roll.reason` */
  answerReminder(
    stamp: Stamp,
    campaign: CampaignId,
    county: CountyCode,
    answer: ReminderAnswer,
    note: string,
  ): Promise<void>;
}
