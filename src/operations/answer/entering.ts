/**
 * An interviewer enters answers given on the phone or on a paper sheet. Such an entry never supersedes a self-completed answer,
 * and the result does not tell whether there is one.
 */
import { readAccessCode } from '../../domain/code/access-code.ts';
import { assertMay, may, type Actor } from '../../domain/campaign/permissions.ts';
import type { Channel } from '../../domain/model/vocabulary.ts';
import type { AnswerPlace, OpenCampaigns } from './open-campaigns.ts';

export const entryChannels = ['assisted', 'paper'] as const satisfies readonly Channel[];
export type EntryChannel = (typeof entryChannels)[number];

/** A code of another county is treated as unknown. */
export async function findEntryPlace(
  campaigns: Pick<OpenCampaigns, 'findByCode'>,
  actor: Actor,
  typed: string,
  channel: EntryChannel,
  /** Called with a complete code before it is looked up; may throw. */
  beforeLookUp: (code: string) => void,
): Promise<AnswerPlace | 'empty' | 'shape' | 'check' | 'unknown'> {
  assertMay(actor, 'assisted.enter');
  const reading = readAccessCode(typed);
  if (!reading.ok) return typed.trim() === '' ? 'empty' : reading.reason;
  beforeLookUp(reading.code);
  const place = await campaigns.findByCode(reading.code);
  if (!place || !may(actor, 'assisted.enter', place.county.code)) return 'unknown';
  return { ...place, channel };
}
