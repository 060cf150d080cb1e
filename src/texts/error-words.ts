/** The sentence of an error for whoever reads it: what its parameters name as the program does is said in words, and times as the service's clock shows them. */
import type { MessageParams } from '../domain/errors.ts';
import type { Translate } from './texts.ts';

export function errorWords(t: Translate, message: string, params: MessageParams = {}): string {
  const words = Object.entries(params).map(([name, value]) => {
    if (typeof value !== 'string') return [name, value];
    if (message === 'forbidden' && name === 'action') return [name, t(`staff.action.${value}`)];
    if (message === 'campaign.state') return [name, t(`staff.state.${value}`)];
    return [name, isTime.test(value) ? localTime(value) : value];
  });
  return t(message, Object.fromEntries(words) as MessageParams);
}

const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** In the service's time zone, UTC + 8. */
function localTime(time: string): string {
  return new Date(Date.parse(time) + 8 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');
}
