/**
 * When messages are sent: between two times of the day in China, which has one time zone, and not on holidays. Times are
 * milliseconds since 1970.
 */
import { zoneOffset } from '../time-zone.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

export interface SendWindow {
  /** HH:MM, inclusive. */
  readonly from: string;
  /** HH:MM, exclusive. */
  readonly to: string;
  /** YYYY-MM-DD, days on which nothing is sent. */
  readonly holidays: ReadonlySet<string>;
}

export const defaultWindow: SendWindow = { from: '09:00', to: '20:30', holidays: new Set() };

export const wholeDay: SendWindow = { from: '00:00', to: '24:00', holidays: new Set() };

/** Valid, and not empty. */
export function isTimeSpan(from: string, to: string): boolean {
  const pattern = /^(?:[01]\d|2[0-3]):[0-5]\d$/;
  return pattern.test(from) && pattern.test(to) && from < to;
}

/** The last day asked for: a sender asks for each message. */
let known = { no: NaN, name: '' };

/** The day in China, such as 2026-05-12. */
export function sendDay(at: number): string {
  const no = Math.floor((at + zoneOffset) / day);
  if (no !== known.no) known = { no, name: new Date(no * day).toISOString().slice(0, 10) };
  return known.name;
}

/** Midnight in China before `at`. */
const startOfDay = (at: number) => Math.floor((at + zoneOffset) / day) * day - zoneOffset;
const millisecondsOf = (time: string) => (Number(time.slice(0, 2)) * 60 + Number(time.slice(3))) * minute;

/** From `from` up to, but not at, `to`, in China’s time, and no holiday. */
export function isOpen(window: SendWindow, at: number): boolean {
  const time = at - startOfDay(at);
  return (
    !window.holidays.has(sendDay(at)) &&
    time >= millisecondsOf(window.from) &&
    time < millisecondsOf(window.to)
  );
}

/** `at` itself if it is inside, else the next time at which sending begins. If the calendar has a year of holidays: `at`. */
export function nextOpening(window: SendWindow, at: number): number {
  if (isOpen(window, at)) return at;
  for (let i = 0, from = startOfDay(at); i < 366; i++, from += day) {
    const opening = from + millisecondsOf(window.from);
    if (opening >= at && !window.holidays.has(sendDay(opening))) return opening;
  }
  return at;
}

/** The opening of the next day on which messages are sent. */
export function nextDay(window: SendWindow, at: number): number {
  return nextOpening(window, startOfDay(at) + day);
}

/** A channel may be narrower than the service, never wider. */
export function narrowed(
  window: SendWindow,
  other: { readonly from: string; readonly to: string } | undefined,
): SendWindow {
  if (other === undefined) return window;
  const from = other.from > window.from ? other.from : window.from;
  const to = other.to < window.to ? other.to : window.to;
  return { ...window, from, to };
}

/** When a time is suggested: by day, even where the service may send at any hour. */
export function daytime(window: SendWindow): SendWindow {
  const day = narrowed(window, defaultWindow);
  return day.from < day.to ? day : window;
}

export const lastNoticeSpan = { from: 48 * hour, to: 24 * hour } as const;

/**
 * The time of the last notice: the first opening from 48 to 24 hours before the end. Every whole day has one, unless both days
 * are holidays; then it is sent on a holiday.
 */
export function lastNoticeAt(window: SendWindow, closesAt: number): number {
  const earliest = closesAt - lastNoticeSpan.from;
  const opening = nextOpening(window, earliest);
  if (opening < closesAt - lastNoticeSpan.to) return opening;
  return nextOpening({ ...window, holidays: new Set() }, earliest);
}

export interface SendingPace {
  readonly perSecond: number;
  /** The daily cap. */
  readonly perDay: number | null;
}

interface DayOfSending {
  readonly from: number;
  readonly messages: number;
}

/** Messages sent on each day. At most a thousand days, for a year of holidays or a rate of zero. */
function* daysOfSending(
  window: SendWindow,
  from: number,
  messages: number,
  pace: SendingPace,
): Generator<DayOfSending, void, undefined> {
  let at = nextOpening(window, from);
  let left = messages;
  for (let i = 0; i < 1_000 && left > 0; i++, at = nextDay(window, at)) {
    const closing = startOfDay(at) + millisecondsOf(window.to);
    const room = Math.floor(((closing - at) / 1000) * pace.perSecond);
    const today = Math.min(left, room, pace.perDay ?? Infinity);
    left -= today;
    yield { from: at, messages: today };
  }
}

/** When the last of this number of messages is sent, by the channel's rate, the window and the daily cap. */
export function estimateEnd(window: SendWindow, from: number, messages: number, pace: SendingPace): number {
  let end = nextOpening(window, from);
  for (const day of daysOfSending(window, from, messages, pace))
    end = day.from + Math.ceil((day.messages / pace.perSecond) * 1000);
  return end;
}

/** The number of days of sending, and how many messages are sent before `until`. */
export function countLeaving(
  window: SendWindow,
  from: number,
  until: number,
  messages: number,
  pace: SendingPace,
): { readonly days: number; readonly inTime: number } {
  let days = 0;
  let inTime = 0;
  for (const day of daysOfSending(window, from, messages, pace)) {
    days++;
    const room = Math.max(0, Math.floor(((until - day.from) / 1000) * pace.perSecond));
    inTime += Math.min(day.messages, room);
  }
  return { days, inTime };
}

/** The maximum on one whole day. */
export function capacityPerDay(window: SendWindow, { perSecond, perDay }: SendingPace): number {
  const open = (millisecondsOf(window.to) - millisecondsOf(window.from)) / 1000;
  return Math.min(Math.floor(open * perSecond), perDay ?? Infinity);
}
