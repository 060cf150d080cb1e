/**
 * Sentence about a sending that cannot finish in time: how many messages, how many a day, how many days, and which cap would be
 * enough.
 */
import type { Shortfall } from '../domain/messaging/shortfall.ts';
import type { SendingKind } from '../domain/model/sending.ts';
import type { Translate } from './texts.ts';

/**
 * @param what the sending's name, with its county if there are several
 * @param format of numbers for the reader
 */
export function shortfallWords(
  t: Translate,
  kind: SendingKind,
  what: string,
  { messages, perDay, days, inTime, never, enoughPerDay }: Shortfall,
  format: (n: number) => string,
): string {
  const how = never === 0 ? 'late' : kind === 'reminder' ? 'reminder' : 'never';
  return t(`sending.short.${how}`, {
    ...{ what, days, messages: format(messages), perDay: format(perDay) },
    ...{ inTime: format(inTime), late: format(messages - inTime) },
    ...{ sent: format(messages - never), never: format(never) },
    remedy:
      enoughPerDay === null
        ? t('sending.short.slow')
        : t('sending.short.raise', { enough: format(enoughPerDay) }),
  });
}
