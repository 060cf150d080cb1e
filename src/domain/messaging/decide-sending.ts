/**
 * Content, time and recipients of a sending are decided once for all strata of a county: nobody selects schools or people. The
 * log states them before the first message is sent, and later the result.
 */
import type { CampaignState, FrameState } from '../campaign/life-cycle.ts';
import { AppError, type Issue } from '../errors.ts';
import { compareBytes } from '../frame/sample.ts';
import type { CodeExport } from '../model/code.ts';
import type { Decision } from '../model/decision.ts';
import type { CountyCode } from '../model/ids.ts';
import type { Audience, Sending, SendingKind, SendingResult, SendingState } from '../model/sending.ts';
import { stampOf, type Stamp } from '../model/stamp.ts';
import { maxReminders, reminderGap } from './outbox.ts';
import { isOpen, lastNoticeAt, lastNoticeSpan, nextOpening, type SendWindow } from './send-window.ts';

export interface PlannedWave {
  readonly kind: SendingKind;
  /** For a last notice the time follows from the closing time. */
  readonly dueAt: number | null;
  readonly template: string;
}

export interface SendingPlan extends Pick<Sending, 'channel' | 'form' | 'signature' | 'perDay' | 'price'> {
  readonly waves: readonly PlannedWave[];
}

export interface ScheduleState {
  readonly campaignState: CampaignState;
  readonly frameState: FrameState;
  readonly county: CountyCode;
  readonly closesAt: number;
  readonly known: readonly Pick<Sending, 'no' | 'kind' | 'dueAt' | 'state' | 'startedAt'>[];
  /** By spreadsheet: the same people, whichever way it is sent. */
  readonly exports: readonly Pick<CodeExport, 'kind' | 'at'>[];
}

type NewSending = Pick<
  Sending,
  'no' | 'kind' | 'channel' | 'form' | 'signature' | 'template' | 'perDay' | 'price' | 'dueAt' | 'by' | 'at'
>;

/** A message that was sent, or will be. */
interface Wave {
  readonly isExport: boolean;
  readonly kind: CodeExport['kind'] | SendingKind;
  readonly at: number;
  /** From the plan; null: it exists already. */
  readonly index: number | null;
}

/** More than any county has people, and within every engine's integers. */
export const maxPerDay = 1_000_000;

const isAgain = (wave: Wave) => wave.kind === 'reminder' || wave.kind === 'last-notice';

/**
 * @throws AppError conflict `codes.not-open`, `codes.not-drawn`; invalid `sending.plan` with issues `sending.empty`, `sending.due-missing`, `sending.due-past`,
 * `sending.due-late`, `sending.due-window` {next}, `sending.reminders` {max}, `sending.gap`, `sending.uninvited`, `sending.before-invitation`, `sending.twice`, `sending.notice-late`,
 * `sending.per-day-wrong`, `sending.price-wrong` under `waves[i].dueAt` and the like
 */
export function decideSchedule(
  state: ScheduleState,
  plan: SendingPlan,
  window: SendWindow,
  stamp: Stamp,
): Decision<readonly NewSending[]> {
  if (state.frameState !== 'drawn') throw new AppError('conflict', 'codes.not-drawn');
  if (state.campaignState !== 'open')
    throw new AppError('conflict', 'codes.not-open', { params: { state: state.campaignState } });
  const issues: Issue[] = [];
  const add = (path: string, message: string, params?: Issue['params']) =>
    issues.push({ path, message, ...(params && { params }) });
  if (plan.waves.length === 0) add('waves', 'sending.empty');
  if (
    plan.perDay !== null &&
    !(Number.isInteger(plan.perDay) && plan.perDay >= 1 && plan.perDay <= maxPerDay)
  )
    add('perDay', 'sending.per-day-wrong');
  if (plan.price !== null && !(Number.isInteger(plan.price) && plan.price >= 0 && plan.price <= 10_000))
    add('price', 'sending.price-wrong');
  const dues = plan.waves.map((wave, i) =>
    dueOf(state, wave, window, stamp.at, (message, params) => add(`waves[${i}].dueAt`, message, params)),
  );
  const all = wavesOf(state, plan, dues);
  if (issues.length === 0)
    checkOrder(all, state.closesAt, (i, message, params) => add(`waves[${i}].dueAt`, message, params));
  if (issues.length > 0) throw new AppError('invalid', 'sending.plan', { issues });

  const { channel, form, signature, perDay, price } = plan;
  const last = Math.max(0, ...state.known.map((s) => s.no));
  const sendings = plan.waves.map(({ kind, template }, i): NewSending => ({
    no: last + 1 + i,
    ...{ kind, channel, form, signature, template, perDay, price },
    dueAt: dues[i]!,
    by: stamp.actor.name,
    at: stamp.at,
  }));
  return {
    changes: sendings,
    leaves: [
      {
        county: state.county,
        type: 'schedule',
        body: {
          sendings: sendings.map(({ no, kind, template, dueAt }) => ({ no, kind, template, dueAt })),
          ...{ channel, form, signature, perDay },
          ...stampOf(stamp),
        },
      },
    ],
    trail: [
      {
        action: 'messages.schedule',
        county: state.county,
        details: { channel, form, sendings: sendings.map(({ no, kind, dueAt }) => ({ no, kind, dueAt })) },
      },
    ],
  };
}

/** A person who chose the current minute, and checked texts and numbers before confirming, means now. */
const longestReview = 15 * 60_000;

function dueOf(
  { closesAt }: ScheduleState,
  { kind, dueAt }: PlannedWave,
  window: SendWindow,
  now: number,
  fault: (message: string, params?: Issue['params']) => void,
): number {
  if (kind === 'last-notice') {
    const at = lastNoticeAt(window, closesAt);
    if (at < now && closesAt - lastNoticeSpan.to <= now) fault('sending.notice-late');
    return Math.max(at, nextOpening(window, now));
  }
  if (dueAt === null || !Number.isSafeInteger(dueAt)) {
    fault('sending.due-missing');
    return now;
  }
  const at = Math.max(dueAt, now);
  if (dueAt < now - longestReview) fault('sending.due-past');
  else if (at >= closesAt) fault('sending.due-late');
  else if (!isOpen(window, at)) fault('sending.due-window', { from: window.from, to: window.to });
  return dueAt;
}

function wavesOf(
  { known, exports }: ScheduleState,
  { waves }: SendingPlan,
  dues: readonly number[],
): readonly Wave[] {
  return [
    ...exports
      .filter((e) => e.kind !== 'slips')
      .map(({ kind, at }) => ({ isExport: true, kind, at, index: null })),
    ...known
      .filter((s) => s.state !== 'cancelled' && s.state !== 'stopping')
      .map((s) => ({ isExport: false, kind: s.kind, at: s.startedAt ?? s.dueAt, index: null })),
    ...waves.map(({ kind }, index) => ({ isExport: false, kind, at: dues[index]!, index })),
  ].sort((a, b) => a.at - b.at);
}

function checkOrder(
  all: readonly Wave[],
  closesAt: number,
  fault: (index: number, message: string, params?: Issue['params']) => void,
): void {
  const reminders = all.filter((w) => w.kind === 'reminder');
  for (const [i, wave] of reminders.entries())
    if (i >= maxReminders && wave.index !== null)
      fault(wave.index, 'sending.reminders', { max: maxReminders });
  for (const kind of ['invitation', 'last-notice'] as const) {
    // The end was postponed after everyone had got the last notice: they get it again.
    const isOf = (w: Wave) => kind === 'invitation' || w.at >= closesAt - lastNoticeSpan.from;
    // A code may be exported to look at it, or again after a file was lost; the service itself invites once.
    const [, ...more] = all.filter((w) => w.kind === kind && !w.isExport && isOf(w));
    for (const { index } of more) if (index !== null) fault(index, 'sending.twice');
  }
  // Exported contacts may get reminders; but an invitation by the service comes before any reminder of it.
  const invitation = all.findIndex((w) => w.kind === 'invitation' && !w.isExport);
  for (const early of all.slice(0, Math.max(0, invitation)))
    if (isAgain(early) && !early.isExport) {
      const index = early.index ?? all[invitation]!.index;
      if (index !== null) fault(index, 'sending.before-invitation');
    }
  for (const [i, wave] of all.entries()) {
    if (!isAgain(wave)) continue;
    const before = all.slice(0, i);
    if (wave.index !== null && !before.some((w) => w.kind === 'invitation'))
      fault(wave.index, 'sending.uninvited');
    const near = before.findLast((w) => wave.kind === 'reminder' || isAgain(w) || w.kind === 'invitation');
    if (near === undefined || wave.at - near.at >= reminderGap) continue;
    // The new one of the two that has a time of its own.
    const index = wave.kind === 'last-notice' ? (near.index ?? wave.index) : (wave.index ?? near.index);
    if (index !== null) fault(index, 'sending.gap', { hours: reminderGap / 3_600_000 });
  }
}

// What is done with one of them ----------------------------------------------------------------------------------------

export const sendingCommands = ['pause', 'resume', 'cancel'] as const;
export type SendingCommand = (typeof sendingCommands)[number];

const allowed: Readonly<Record<SendingCommand, Readonly<Partial<Record<SendingState, SendingState>>>>> = {
  pause: { filling: 'paused', running: 'paused' },
  resume: { paused: 'running' },
  cancel: { planned: 'stopping', filling: 'stopping', running: 'stopping', paused: 'stopping' },
};

/** Whether the command is possible in this state. */
export const mayCommand = (state: SendingState, command: SendingCommand): boolean =>
  allowed[command][state] !== undefined;

/** @throws AppError conflict `sending.wrong-state`, `codes.not-open` */
export function decideSendingCommand(
  state: {
    readonly campaignState: CampaignState;
    readonly county: CountyCode;
    readonly sending: Pick<Sending, 'no' | 'kind' | 'state' | 'audience'>;
  },
  command: SendingCommand,
): Decision<SendingState> {
  const { county, campaignState, sending } = state;
  if (campaignState !== 'open')
    throw new AppError('conflict', 'codes.not-open', { params: { state: campaignState } });
  const allowedNext = allowed[command][sending.state];
  // It was paused while its messages were being queued: queueing continues first.
  const next = command === 'resume' && sending.audience === null && allowedNext ? 'filling' : allowedNext;
  if (next === undefined)
    throw new AppError('conflict', 'sending.wrong-state', { params: { state: sending.state } });
  const details = { sending: sending.no, kind: sending.kind };
  return { changes: next, leaves: [], trail: [{ action: `messages.${command}`, county, details }] };
}

/** Its start: a last notice follows the current closing time. */
export function isDue(
  sending: Pick<Sending, 'kind' | 'dueAt' | 'state'>,
  closesAt: number,
  window: SendWindow,
  now: number,
): boolean {
  if (sending.state !== 'planned') return false;
  const due = sending.kind === 'last-notice' ? lastNoticeAt(window, closesAt) : sending.dueAt;
  return due <= now && isOpen(window, now);
}

/** No message of it is sent after this: reminders give way to the last notice. */
export function expiryOf(kind: SendingKind, closesAt: number): number {
  return kind === 'reminder' ? closesAt - lastNoticeSpan.to : closesAt;
}

/** Why a due reminder waits: something was sent to the same people less than two days ago. */
export function mustWait(
  sending: Pick<Sending, 'no' | 'kind'>,
  others: readonly Pick<Sending, 'no' | 'kind' | 'state' | 'startedAt' | 'endedAt'>[],
  exports: readonly Pick<CodeExport, 'kind' | 'at'>[],
  now: number,
): boolean {
  if (sending.kind !== 'reminder') return false;
  const isUnderWay = others.some(
    (s) => s.no !== sending.no && (s.state === 'filling' || s.state === 'running' || s.state === 'paused'),
  );
  const last = Math.max(
    0,
    ...others.map((s) => (s.startedAt === null ? 0 : (s.endedAt ?? s.startedAt))),
    ...exports.filter((e) => e.kind !== 'slips').map((e) => e.at),
  );
  return isUnderWay || now - last < reminderGap;
}

/**
 * Numbers are about to be decrypted: the trail records it.
 * @throws AppError conflict `sending.wrong-state`, `codes.not-open`
 */
export function decideStart(state: {
  readonly campaignState: CampaignState;
  readonly county: CountyCode;
  readonly sending: Pick<Sending, 'no' | 'kind' | 'state' | 'channel'>;
}): Decision<SendingState> {
  const { campaignState, county, sending } = state;
  if (campaignState !== 'open')
    throw new AppError('conflict', 'codes.not-open', { params: { state: campaignState } });
  if (sending.state !== 'planned')
    throw new AppError('conflict', 'sending.wrong-state', { params: { state: sending.state } });
  const { no, kind, channel } = sending;
  const details = { sending: no, kind, channel };
  return { changes: 'filling', leaves: [], trail: [{ action: 'messages.send', county, details }] };
}

/**
 * Nothing of it waits any more. The number of reminded people is in the log, which is opened after the close, and not in the
 * trail: it would tell how many had answered, finer than the rates do.
 */
export function decideEnd(
  state: {
    readonly county: CountyCode;
    readonly sending: Pick<Sending, 'no' | 'kind' | 'channel' | 'startedAt' | 'audience'>;
  },
  result: SendingResult,
  at: number,
): Decision<SendingResult> {
  const { county, sending } = state;
  const { no, kind, channel, startedAt } = sending;
  const audience: readonly Audience[] = sending.audience ?? [];
  return {
    changes: result,
    leaves: [
      {
        county,
        type: 'sent',
        body: {
          ...{ no, kind, channel, startedAt, at },
          ...{ end: result.end, segments: result.segments, repeats: result.repeats },
          audience: audience.map((a) => ({ ...a })),
          counts: { ...result.counts },
        },
      },
    ],
    trail: [
      {
        action: 'messages.end',
        county,
        details: {
          ...{ sending: no, kind, end: result.end },
          contacts: audience.reduce((n, a) => n + a.contacts, 0),
        },
      },
    ],
  };
}

/** The do-not-contact list: the trail states how many numbers, not which. */
export function decideBarring(
  numbers: number,
  isBarred: boolean,
  reason: 'asked' | 'opted-out',
): Decision<null> {
  const action = isBarred ? 'messages.bar' : 'messages.unbar';
  return {
    changes: null,
    leaves: [],
    trail: [{ action, details: isBarred ? { numbers, reason } : { numbers } }],
  };
}

// Replacements ---------------------------------------------------------------------------------------------------------

export interface Spare {
  readonly samplingStratum: number;
  /** SHA-256(seed ‖ entry), the order of the draw. */
  readonly order: Uint8Array;
}

/**
 * For each sampling stratum, as many replacements as contacts that cannot be reached (wrong number, opted out, declared
 * ineligible), in the order of the draw. A replacement that cannot be reached is skipped.
 * @param isLost cannot be reached
 * @param missing for each sampling stratum: drawn contacts that cannot be reached
 */
export function releaseReplacements<T extends Spare>(
  spares: readonly T[],
  missing: ReadonlyMap<number, number>,
  isLost: (spare: T) => boolean,
): readonly T[] {
  const byStratum = new Map<number, T[]>();
  for (const spare of spares) {
    const own = byStratum.get(spare.samplingStratum);
    if (own) own.push(spare);
    else byStratum.set(spare.samplingStratum, [spare]);
  }
  return [...byStratum].flatMap(([stratum, own]) => {
    own.sort((a, b) => compareBytes(a.order, b.order));
    let needed = missing.get(stratum) ?? 0;
    let released = 0;
    for (; released < own.length && needed > 0; released++) if (!isLost(own[released]!)) needed--;
    return own.slice(0, released);
  });
}
