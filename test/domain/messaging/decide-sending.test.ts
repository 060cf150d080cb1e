/** What may be scheduled, and when a sending waits. `operations/sending.test.ts` sends. */
import { describe, expect, test } from 'vitest';
import type { AppError } from '../../../src/domain/errors.ts';
import {
  decideSchedule,
  decideSendingCommand,
  decideStart,
  expiryOf,
  isDue,
  mustWait,
  type PlannedWave,
  type ScheduleState,
  type SendingPlan,
} from '../../../src/domain/messaging/decide-sending.ts';
import {
  decideReminderAnswer,
  decideReminderRequest,
} from '../../../src/domain/messaging/decide-reminder-request.ts';
import type { SendWindow } from '../../../src/domain/messaging/send-window.ts';
import type { CountyCode } from '../../../src/domain/model/ids.ts';
import type { SendingKind, SendingState } from '../../../src/domain/model/sending.ts';
import type { Stamp } from '../../../src/domain/model/stamp.ts';

const hour = 3_600_000;
const day = 24 * hour;
const china = (text: string) => Date.parse(`${text}+08:00`);
const window: SendWindow = { from: '09:00', to: '20:30', holidays: new Set() };
const now = china('2026-05-12T10:00');
const closesAt = china('2026-05-26T18:00');
const county = '990101' as CountyCode;
const stamp: Stamp = {
  at: now,
  actor: { userId: 'u', name: 'op', role: 'operator', counties: [], via: 'web' },
};
const nothing: ScheduleState = {
  campaignState: 'open',
  frameState: 'drawn',
  county,
  closesAt,
  known: [],
  exports: [],
};
const known = (kind: SendingKind, at: number, state: SendingState = 'finished', no = 1) => ({
  ...{ no, kind, state, dueAt: at },
  startedAt: state === 'planned' ? null : at,
});

/** Each wave as its kind, and its hours from now; null: by the closing time. */
type Waves = readonly (readonly [SendingKind, number | null])[];
function schedule(waves: Waves, state: Partial<ScheduleState> = {}, plan: Partial<SendingPlan> = {}) {
  return decideSchedule(
    { ...nothing, ...state },
    {
      ...{ channel: 'sms', form: 'fixed', signature: 's', perDay: null, price: null },
      waves: waves.map(([kind, after]): PlannedWave => ({
        kind,
        dueAt: after === null ? null : now + after * hour,
        template: 't',
      })),
      ...plan,
    },
    window,
    stamp,
  );
}
function faults(...args: Parameters<typeof schedule>): readonly string[] {
  try {
    schedule(...args);
    return [];
  } catch (error) {
    return (error as AppError).issues.map((i) => `${i.path} ${i.message}`);
  }
}

describe('a schedule', () => {
  test('continues the numbers, and is in the log with its kinds and times', () => {
    const state = { known: [known('invitation', now - 5 * day, 'finished', 7)] };
    const { changes, leaves } = schedule([['reminder', 0]], state, { perDay: 1, price: 0 });
    expect(changes.map((s) => [s.no, s.kind, s.dueAt, s.by])).toEqual([[8, 'reminder', now, 'op']]);
    expect(leaves[0]).toMatchObject({
      county,
      type: 'schedule',
      body: { sendings: [{ no: 8, dueAt: now }] },
    });
  });

  test('needs a drawn sample, an open survey and at least one message', () => {
    expect(() => schedule([['invitation', 0]], { frameState: 'frozen' })).toThrow('codes.not-drawn');
    expect(() => schedule([['invitation', 0]], { campaignState: 'closing' })).toThrow('codes.not-open');
    expect(faults([])).toEqual(['waves sending.empty']);
  });

  test('has a cap and a price within their limits', () => {
    const of = (plan: Partial<SendingPlan>) => faults([['invitation', 0]], {}, plan);
    expect([1, 1_000_000].flatMap((perDay) => of({ perDay }))).toEqual([]);
    expect([0, 10_000].flatMap((price) => of({ price }))).toEqual([]);
    for (const perDay of [0, 1_000_001, 1.5])
      expect(of({ perDay })).toEqual(['perDay sending.per-day-wrong']);
    for (const price of [-1, 10_001, 0.5]) expect(of({ price })).toEqual(['price sending.price-wrong']);
  });

  test('is sent in the window and before the end', () => {
    expect(faults([['invitation', 10]])).toEqual([]);
    expect(faults([['invitation', 10.5]])).toEqual(['waves[0].dueAt sending.due-window']);
    expect(faults([['late', (closesAt - now) / hour]])).toEqual(['waves[0].dueAt sending.due-late']);
    expect(faults([['invitation', -0.25]])).toEqual([]);
    expect(faults([['invitation', -0.26]])).toEqual(['waves[0].dueAt sending.due-past']);
    expect(faults([['invitation', null]])).toEqual(['waves[0].dueAt sending.due-missing']);
  });

  test('has the last notice 48 hours before the end, at once if that has passed, and none in the last 24', () => {
    const invited = { exports: [{ kind: 'invitation' as const, at: now - 10 * day }] };
    const due = (left: number) =>
      schedule([['last-notice', null]], { ...invited, closesAt: now + left }).changes.map((s) => s.dueAt);
    expect(due(14 * day)).toEqual([now + 12 * day]);
    expect(due(30 * hour)).toEqual([now]);
    expect(due(24 * hour + 1)).toEqual([now]);
    expect(faults([['last-notice', null]], { ...invited, closesAt: now + 24 * hour })).toEqual([
      'waves[0].dueAt sending.notice-late',
    ]);
  });

  test('invites once; the last notice is repeated only if the end was postponed after it', () => {
    const invited = [known('invitation', now - 9 * day)];
    expect(faults([['invitation', 0]], { known: invited })).toEqual(['waves[0].dueAt sending.twice']);
    // A cancelled one invited nobody; an exported file may have been lost.
    for (const state of ['cancelled', 'stopping'] as const)
      expect(faults([['invitation', 0]], { known: [known('invitation', now - day, state)] })).toEqual([]);
    expect(faults([['invitation', 0]], { exports: [{ kind: 'invitation', at: now - day }] })).toEqual([]);

    const noticed = (at: number) => ({ known: [...invited, known('last-notice', at, 'finished', 2)] });
    expect(faults([['last-notice', null]], noticed(now - 3 * day))).toEqual([]);
    const soon = { ...noticed(now - 7 * hour), closesAt: now + 40 * hour };
    expect(faults([['last-notice', null]], soon)).toEqual([
      'waves[0].dueAt sending.twice',
      'waves[0].dueAt sending.gap',
    ]);
  });

  test('reminds three times at most, only those who were invited, and 48 hours after anything', () => {
    const [invitation, gap] = [['invitation', 0] as const, 'waves[0].dueAt sending.gap'];
    const reminded = (no: number) => known('reminder', now - (20 - 3 * no) * day, 'finished', no);
    const before = [known('invitation', now - 25 * day), ...[1, 2, 3].map((no) => reminded(no + 1))];
    expect(faults([['reminder', 0]], { known: before.slice(0, 3) })).toEqual([]);
    expect(faults([['reminder', 0]], { known: before })).toEqual(['waves[0].dueAt sending.reminders']);
    expect(faults([['reminder', 0]])).toEqual(['waves[0].dueAt sending.uninvited']);
    expect(faults([invitation, ['reminder', 48]])).toEqual([]);
    expect(faults([invitation, ['reminder', 47]])).toEqual(['waves[1].dueAt sending.gap']);
    // Also after what is sent by others or to others: the people may be the same.
    for (const kind of ['invitation', 'replacement', 'late'] as const)
      expect(
        faults([['reminder', 0]], {
          known: [known('invitation', now - 9 * day)],
          exports: [{ kind, at: now - 48 * hour + 1 }],
        }),
      ).toEqual([gap]);
    // Slips are handed out, not sent.
    const slips = [{ kind: 'slips' as const, at: now - hour }];
    expect(
      faults([['reminder', 0]], { known: [known('invitation', now - 9 * day)], exports: slips }),
    ).toEqual([]);
    // A planned reminder before the invitation: the new one of the two is at fault.
    const planned = [known('reminder', now + day, 'planned')];
    const exports = [{ kind: 'invitation' as const, at: now - 9 * day }];
    expect(faults([['invitation', 72]], { known: planned, exports })).toEqual([
      'waves[0].dueAt sending.before-invitation',
    ]);
  });
});

describe('a sending', () => {
  const of = (kind: SendingKind, state: SendingState = 'planned', no = 1) => ({
    ...{ no, kind, state, dueAt: now, startedAt: null, endedAt: null },
  });

  test('is due at its time, within the window; the last notice follows the end', () => {
    expect(isDue(of('invitation'), closesAt, window, now)).toBe(true);
    expect(isDue(of('invitation'), closesAt, window, now - 1)).toBe(false);
    expect(isDue(of('invitation'), closesAt, window, china('2026-05-12T20:30'))).toBe(false);
    expect(isDue(of('invitation', 'paused'), closesAt, window, now)).toBe(false);
    expect(isDue(of('last-notice'), closesAt, window, now)).toBe(false);
    expect(isDue(of('last-notice'), closesAt, window, closesAt - 48 * hour)).toBe(true);
  });

  test('ends with the survey; reminders give way to the last notice a day earlier', () => {
    expect(expiryOf('invitation', closesAt)).toBe(closesAt);
    expect(expiryOf('last-notice', closesAt)).toBe(closesAt);
    expect(expiryOf('reminder', closesAt)).toBe(closesAt - 24 * hour);
  });

  test('that reminds waits for others under way, and for 48 hours after the last of them ended', () => {
    const reminder = of('reminder', 'planned', 2);
    const waits = (state: SendingState, startedAt: number | null, endedAt: number | null) =>
      mustWait(reminder, [{ ...of('invitation', state), startedAt, endedAt }, reminder], [], now);
    // With a daily cap it may run for a week.
    for (const state of ['filling', 'running', 'paused'] as const)
      expect([state, waits(state, now - 7 * day, null)]).toEqual([state, true]);
    expect(waits('finished', now - 7 * day, now - 48 * hour)).toBe(false);
    expect(waits('finished', now - 7 * day, now - 48 * hour + 1)).toBe(true);
    expect(waits('cancelled', null, null)).toBe(false);
    const exported = (kind: 'invitation' | 'slips', at: number) =>
      mustWait(reminder, [], [{ kind, at }], now);
    expect(exported('invitation', now - 48 * hour)).toBe(false);
    expect(exported('invitation', now - 48 * hour + 1)).toBe(true);
    expect(exported('slips', now)).toBe(false);
    // Itself is no reason, and only reminders wait.
    expect(mustWait(reminder, [{ ...reminder, state: 'running' }], [], now)).toBe(false);
    const running = [{ ...of('invitation', 'running', 3), startedAt: now }];
    expect(mustWait(of('last-notice'), running, [], now)).toBe(false);
  });

  test('starts, pauses, goes on and is cancelled only in the states that allow it, while the survey is open', () => {
    const command = (state: SendingState, name: 'pause' | 'resume' | 'cancel', audience: [] | null = []) => {
      try {
        const sending = { no: 1, kind: 'reminder' as const, state, audience };
        return decideSendingCommand({ campaignState: 'open', county, sending }, name).changes;
      } catch (error) {
        return (error as AppError).message;
      }
    };
    const states = ['planned', 'filling', 'running', 'paused', 'stopping', 'finished', 'cancelled'] as const;
    const wrong = 'sending.wrong-state';
    expect(states.map((s) => command(s, 'pause'))).toEqual([
      wrong,
      'paused',
      'paused',
      wrong,
      wrong,
      wrong,
      wrong,
    ]);
    expect(states.map((s) => command(s, 'resume'))).toEqual([
      wrong,
      wrong,
      wrong,
      'running',
      wrong,
      wrong,
      wrong,
    ]);
    expect(states.map((s) => command(s, 'cancel'))).toEqual([
      'stopping',
      'stopping',
      'stopping',
      'stopping',
      wrong,
      wrong,
      wrong,
    ]);
    // It was paused while it was being filled.
    expect(command('paused', 'resume', null)).toBe('filling');
    const sending = { ...of('reminder'), channel: 'sms', audience: null };
    const closed = { campaignState: 'closing', county, sending } as const;
    expect(() => decideSendingCommand(closed, 'cancel')).toThrow('codes.not-open');
    expect(() => decideStart(closed)).toThrow('codes.not-open');
    expect(decideStart({ ...closed, campaignState: 'open' }).changes).toBe('filling');
    const running = { ...sending, state: 'running' } as const;
    expect(() => decideStart({ ...closed, campaignState: 'open', sending: running })).toThrow(wrong);
  });
});

describe('a request for a reminder', () => {
  const open = { no: 3, by: 'a', at: now - hour, note: '', answer: null } as const;
  const answered = { ...open, answer: 'sent' } as const;
  const state = (...list: readonly object[]) =>
    ({ campaignState: 'open', county, known: list }) as Parameters<typeof decideReminderRequest>[0];

  test('is one at a time, with a note that can be read', () => {
    expect(decideReminderRequest(state(), ' ', stamp)).toMatchObject({
      changes: { no: 1, by: 'op', at: now, note: '' },
      trail: [{ action: 'reminder.request', county, details: {} }],
    });
    expect(decideReminderRequest(state(answered), ' x ', stamp)).toMatchObject({
      changes: { no: 4, note: 'x' },
      trail: [{ details: { note: 'x' } }],
    });
    expect(() => decideReminderRequest(state(open, answered), '', stamp)).toThrow('reminder.asked-already');
    expect(() => decideReminderRequest({ ...state(), campaignState: 'closing' }, '', stamp)).toThrow(
      'codes.not-open',
    );
    expect(decideReminderRequest(state(), 'x'.repeat(500), stamp).changes.note).toHaveLength(500);
    for (const note of ['x'.repeat(501), '一\u202e二'])
      expect(() => decideReminderRequest(state(), note, stamp)).toThrow('reminder.note');
  });

  test('is answered once; a refusal has a reason', () => {
    const answer = (how: 'sent' | 'declined', note: string, ...list: readonly object[]) =>
      decideReminderAnswer(state(...list), how, note, stamp);
    expect(answer('sent', '', open, answered)).toMatchObject({
      changes: { no: 3, answer: 'sent', answerNote: '', answeredBy: 'op', answeredAt: now },
      trail: [{ action: 'reminder.answer', county, details: {} }],
    });
    expect(answer('declined', '下周一再催', open).trail).toMatchObject([
      { action: 'reminder.decline', details: { note: '下周一再催' } },
    ]);
    expect(() => answer('declined', '不', open)).toThrow('roll.reason');
    expect(() => answer('sent', '', answered)).toThrow('reminder.not-asked');
    expect(() => answer('sent', '')).toThrow('reminder.not-asked');
  });
});
