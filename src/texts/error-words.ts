/**
 * The sentence of an error for its reader: parameters with internal names are replaced by words, and times are shown in the
 * service's time zone.
 */
import type { MessageParams } from '../domain/errors.ts';
import { groupSchema } from '../domain/model/vocabulary.ts';
import type { Translate } from './texts.ts';
import { serviceMinute } from '../domain/time-zone.ts';

export function errorWords(t: Translate, message: string, params: MessageParams = {}): string {
  const words = Object.entries(params).map(([name, value]) => {
    if (typeof value !== 'string') return [name, value];
    const key =
      keys[`${message} ${name}`] ?? (name === 'group' && isGroup(value) ? 'staff.group' : undefined);
    if (key !== undefined) return [name, t(`${key}.${value}`)];
    return [name, isTime.test(value) ? serviceMinute(Date.parse(value)) : value];
  });
  return t(message, Object.fromEntries(words) as MessageParams);
}

/** Prefix of the words for a parameter from a closed list. */
const keys: Readonly<Record<string, string>> = {
  'forbidden action': 'staff.action',
  'campaign.state from': 'staff.state',
  'campaign.state to': 'staff.state',
  'codes.not-open state': 'staff.state',
  'proposal.state state': 'staff.state',
  'import.state state': 'staff.import.state',
};
const isGroup = (value: string) => groupSchema.safeParse(value).success;

const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
