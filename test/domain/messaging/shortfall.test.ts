/** What a daily cap leaves undone, worked out by hand. */
import { describe, expect, test } from 'vitest';
import { countLeaving, capacityPerDay, type SendWindow } from '../../../src/domain/messaging/send-window.ts';
import { findShortfall } from '../../../src/domain/messaging/shortfall.ts';
import { shortfallWords } from '../../../src/texts/shortfall-words.ts';
import { translator } from '../../../src/texts/texts.ts';

const china = (text: string) => Date.parse(`${text}+08:00`);
const window: SendWindow = { from: '09:00', to: '20:30', holidays: new Set() };
const closesAt = china('2026-05-20T18:00:00');
/** The first moment of the 48 hours before the end. */
const notice = { kind: 'last-notice', dueAt: china('2026-05-18T18:00:00') } as const;
const capped = (perDay: number | null, perSecond = 20) => ({ perSecond, perDay });

describe('a last notice', () => {
  test('with a cap that is high enough is done in its day', () => {
    // The evening of the 18th, and the 19th until 18:00.
    expect(findShortfall(notice, 200, closesAt, window, capped(100))).toBeNull();
    expect(findShortfall(notice, 10_000, closesAt, window, capped(null))).toBeNull();
    expect(findShortfall(notice, 0, closesAt, window, capped(1))).toBeNull();
  });

  test('with a lower one goes on into the last day, or never ends', () => {
    const until = china('2026-05-19T18:00:00');
    expect(findShortfall(notice, 250, closesAt, window, capped(100))).toEqual({
      ...{ messages: 250, perDay: 100, days: 3, until, inTime: 200, never: 0, enoughPerDay: 125 },
    });
    expect(findShortfall(notice, 201, closesAt, window, capped(100))).toMatchObject({
      ...{ days: 3, inTime: 200, never: 0, enoughPerDay: 101 },
    });
    expect(findShortfall(notice, 350, closesAt, window, capped(100))).toEqual({
      ...{ messages: 350, perDay: 100, days: 4, until, inTime: 200, never: 50, enoughPerDay: 175 },
    });
  });

  test('over a channel that is too slow is not done with any cap', () => {
    // One in 200 seconds: 45 in the evening, 162 until 18:00, 207 on a whole day.
    const slow = capped(null, 0.005);
    expect(capacityPerDay(window, slow)).toBe(207);
    expect(findShortfall(notice, 207, closesAt, window, slow)).toBeNull();
    expect(findShortfall(notice, 208, closesAt, window, slow)).toMatchObject({
      ...{ perDay: 207, days: 2, inTime: 207, never: 0, enoughPerDay: null },
    });
  });

  test('waits on holidays', () => {
    const holiday = { ...window, holidays: new Set(['2026-05-19']) };
    expect(findShortfall(notice, 250, closesAt, holiday, capped(200))).toMatchObject({
      ...{ days: 2, inTime: 200, never: 0, enoughPerDay: 250 },
    });
  });
});

test('an invitation has until the end, a reminder until the last notice', () => {
  const dueAt = china('2026-05-18T09:00:00');
  // 18th, 19th, 20th.
  expect(findShortfall({ kind: 'invitation', dueAt }, 30, closesAt, window, capped(10))).toBeNull();
  expect(findShortfall({ kind: 'invitation', dueAt }, 35, closesAt, window, capped(10))).toMatchObject({
    ...{ days: 4, until: closesAt, inTime: 30, never: 5, enoughPerDay: 12 },
  });
  expect(findShortfall({ kind: 'reminder', dueAt }, 35, closesAt, window, capped(10))).toMatchObject({
    ...{ days: 4, inTime: 20, never: 15, enoughPerDay: 18 },
  });
});

test('what leaves before a moment within the window is what the pace lets out', () => {
  const from = china('2026-05-18T20:00:00');
  const until = china('2026-05-19T09:10:00');
  // Half an hour and ten minutes, one a second.
  expect(countLeaving(window, from, until, 5_000, capped(null, 1))).toEqual({ days: 2, inTime: 2_400 });
  expect(countLeaving(window, from, from - 1, 10, capped(null, 1))).toEqual({ days: 1, inTime: 0 });
});

test('is said with its numbers in both languages', () => {
  const short = (messages: number, perDay: number | null, perSecond = 20) =>
    findShortfall(notice, messages, closesAt, window, capped(perDay, perSecond))!;
  const [zh, en] = [translator('zh-CN'), translator('en')];
  const say = (t: typeof zh, s = short(250, 100)) =>
    shortfallWords(t, 'last-notice', t('sending.kind.last-notice'), s, String);
  expect(say(zh)).toBe(
    '末次提醒共 250 条，每天最多发 100 条，要发 3 天：到截止前 24 小时只能发出 200 条，其余 50 条要到最后一天才发出。每天上限不少于 125 条，才能按时发完。',
  );
  expect(say(en)).toBe(
    'Last notice: 250 messages at no more than 100 a day; days needed: 3. Only 200 would leave by 24 hours before the close, the other 50 on the last day. With a daily cap of 125 or more, all of them leave in time.',
  );
  expect(say(zh, short(350, 100))).toContain('截止前只能发出 300 条，其余 50 条不会发出。');
  expect(say(en, short(350, 100))).toContain('the other 50 would never be sent');
  expect(say(zh, short(208, null, 0.005))).toContain('发送渠道太慢');
  expect(say(en, short(208, null, 0.005))).toContain('the channel is too slow');
});
