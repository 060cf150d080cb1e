import { describe, expect, test } from 'vitest';
import {
  decideResult,
  isSettled,
  mayMove,
  messageStates,
  maxAttempts,
  moveByReceipt,
  retryDelay,
  waitForNumber,
} from '../../../src/domain/messaging/outbox.ts';
import {
  daytime,
  estimateEnd,
  isOpen,
  isTimeSpan,
  lastNoticeAt,
  narrowed,
  nextDay,
  nextOpening,
  wholeDay,
  type SendWindow,
} from '../../../src/domain/messaging/send-window.ts';
import { releaseReplacements } from '../../../src/domain/messaging/decide-sending.ts';

const hour = 3_600_000;
const china = (text: string) => Date.parse(`${text}+08:00`);

describe('states of a message', () => {
  test('every message comes to a state in which nobody has to do anything, from wherever it is', () => {
    for (const from of messageStates) {
      const reached = new Set([from]);
      for (const state of reached) for (const to of messageStates) if (mayMove(state, to)) reached.add(to);
      expect([...reached].some(isSettled), from).toBe(true);
    }
    expect(mayMove('delivered', 'queued')).toBe(false);
    expect(mayMove('cancelled', 'sending')).toBe(false);
    expect(mayMove('sent', 'queued')).toBe(false);
  });

  test('a receipt moves a message once; told twice, late or before the rest it changes nothing', () => {
    expect(moveByReceipt('sent', 'delivered')).toBe('delivered');
    expect(moveByReceipt('delivered', 'delivered')).toBeNull();
    expect(moveByReceipt('delivered', 'failed')).toBeNull();
    expect(moveByReceipt('failed', 'delivered')).toBe('delivered');
    expect(moveByReceipt('delivered', 'opted-out')).toBe('opted-out');
    expect(moveByReceipt('cancelled', 'delivered')).toBeNull();
  });

  test('delays double up to half an hour and are spread between half and the whole', () => {
    expect([1, 2, 3].map((n) => retryDelay(n, 1))).toEqual([30_000, 60_000, 120_000]);
    expect(retryDelay(1, 0)).toBe(15_000);
    expect(retryDelay(50, 1)).toBe(30 * 60_000);
  });

  const retry = { kind: 'retry', mayHaveBeenSent: false } as const;
  test('what the gateway answers, in order: taken, refused for good, again later', () => {
    const message = { attempts: 1, expiresAt: 10 * hour };
    expect(decideResult({ kind: 'accepted', providerId: 'x', segments: 2 }, message, 0, 1)).toEqual({
      state: 'sent',
      segments: 2,
    });
    expect(decideResult({ kind: 'refused', reason: 'wrong-number' }, message, 0, 1).state).toBe(
      'wrong-number',
    );
    expect(decideResult({ kind: 'refused', reason: 'blocked-text' }, message, 0, 1)).toEqual({
      state: 'failed',
      reason: 'blocked-text',
    });
    expect(decideResult({ ...retry, reason: 'unavailable' }, message, 0, 1)).toMatchObject({
      state: 'queued',
      dueAt: 30_000,
      uncounted: false,
    });
    // A gateway that is too busy has not tried it.
    expect(decideResult({ ...retry, reason: 'throttled', afterMs: 500 }, message, 0, 1)).toMatchObject({
      dueAt: 500,
      uncounted: true,
    });
    expect(
      decideResult({ ...retry, reason: 'unavailable' }, { ...message, attempts: maxAttempts }, 0, 1).state,
    ).toBe('failed');
    expect(
      decideResult({ ...retry, reason: 'unavailable' }, { attempts: 1, expiresAt: 20_000 }, 0, 1).state,
    ).toBe('expired');
  });

  test('a number is not written to more often than the cap allows, nor reminded within 48 hours of anything', () => {
    const now = { at: 100 * hour, day: '2026-05-12', nextDayAt: 120 * hour };
    const limits = { isReminder: false, perNumberADay: 2 };
    expect(waitForNumber(undefined, limits, now)).toBeNull();
    expect(waitForNumber({ day: '2026-05-12', messages: 1, lastAt: 99 * hour }, limits, now)).toBeNull();
    expect(waitForNumber({ day: '2026-05-12', messages: 2, lastAt: 99 * hour }, limits, now)).toBe(
      120 * hour,
    );
    expect(waitForNumber({ day: '2026-05-11', messages: 2, lastAt: 99 * hour }, limits, now)).toBeNull();
    const reminder = { isReminder: true, perNumberADay: 2 };
    expect(waitForNumber({ day: '2026-05-10', messages: 1, lastAt: 53 * hour }, reminder, now)).toBe(
      101 * hour,
    );
    expect(waitForNumber({ day: '2026-05-10', messages: 1, lastAt: 52 * hour }, reminder, now)).toBeNull();
  });
});

describe('when messages go out', () => {
  const window: SendWindow = { from: '09:00', to: '20:30', holidays: new Set(['2026-05-01', '2026-05-02']) };

  test('from nine to half past eight in China, not on holidays', () => {
    expect(isOpen(window, china('2026-04-30T08:59:59'))).toBe(false);
    expect(isOpen(window, china('2026-04-30T09:00:00'))).toBe(true);
    expect(isOpen(window, china('2026-04-30T20:29:59'))).toBe(true);
    expect(isOpen(window, china('2026-04-30T20:30:00'))).toBe(false);
    expect(isOpen(window, china('2026-05-01T12:00:00'))).toBe(false);
    expect(nextOpening(window, china('2026-04-30T21:00:00'))).toBe(china('2026-05-03T09:00:00'));
    expect(nextOpening(window, china('2026-04-30T07:00:00'))).toBe(china('2026-04-30T09:00:00'));
    expect(nextDay(window, china('2026-04-29T23:59:00'))).toBe(china('2026-04-30T09:00:00'));
    expect(narrowed(window, { from: '08:00', to: '18:00' })).toMatchObject({ from: '09:00', to: '18:00' });
    expect(narrowed(window, { from: '10:00', to: '22:00' })).toMatchObject({ from: '10:00', to: '20:30' });
    expect(isTimeSpan('09:00', '20:30')).toBe(true);
    expect(isTimeSpan('20:30', '09:00')).toBe(false);
    expect(isTimeSpan('9:00', '20:30')).toBe(false);
  });

  test('a time is suggested by day, even where messages may go out at any hour', () => {
    expect(nextOpening(daytime(wholeDay), china('2026-04-30T01:00:00'))).toBe(china('2026-04-30T09:00:00'));
    expect(nextOpening(daytime(wholeDay), china('2026-04-30T15:00:00'))).toBe(china('2026-04-30T15:00:00'));
    expect(daytime(window)).toEqual(window);
    // An office that sends only late is not contradicted.
    const late = { ...window, from: '21:00', to: '23:00' };
    expect(daytime(late)).toEqual(late);
  });

  test('the last notice falls between 48 and 24 hours before the end, whenever that is', () => {
    for (let hours = 0; hours < 24 * 8; hours++) {
      const closesAt = china('2026-04-28T00:00:00') + hours * hour;
      const at = lastNoticeAt(window, closesAt);
      expect(closesAt - at).toBeLessThanOrEqual(48 * hour);
      expect(closesAt - at).toBeGreaterThan(24 * hour);
      expect(isOpen({ ...window, holidays: new Set() }, at)).toBe(true);
    }
    expect(lastNoticeAt(window, china('2026-05-20T18:00:00'))).toBe(china('2026-05-18T18:00:00'));
    expect(lastNoticeAt(window, china('2026-05-20T22:00:00'))).toBe(china('2026-05-19T09:00:00'));
  });

  test('how long many messages take, by pace, window and daily cap', () => {
    const from = china('2026-05-12T20:00:00');
    expect(estimateEnd(window, from, 600, { perSecond: 1, perDay: null })).toBe(from + 600_000);
    // Half an hour is left today: 1,800 messages.
    expect(estimateEnd(window, from, 2_000, { perSecond: 1, perDay: null })).toBe(
      china('2026-05-13T09:00:00') + 200_000,
    );
    expect(estimateEnd(window, from, 25, { perSecond: 1, perDay: 10 })).toBe(
      china('2026-05-14T09:00:00') + 5_000,
    );
  });
});

describe('replacements', () => {
  const spare = (samplingStratum: number, order: number, lost = false) => ({
    samplingStratum,
    order: Uint8Array.of(order),
    lost,
  });
  test('as many of each stratum as cannot be reached, in drawn order, and one more for each that cannot be reached either', () => {
    const spares = [spare(1, 3), spare(1, 1, true), spare(1, 2), spare(2, 1), spare(3, 1)];
    const missing = new Map([
      [1, 1],
      [2, 5],
    ]);
    const released = releaseReplacements(spares, missing, (s) => s.lost);
    expect(released.map((s) => [s.samplingStratum, s.order[0]])).toEqual([
      [1, 1],
      [1, 2],
      [2, 1],
    ]);
    expect(releaseReplacements(spares, new Map(), (s) => s.lost)).toEqual([]);
  });
});
