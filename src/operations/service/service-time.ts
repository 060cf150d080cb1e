/** The clock of the installation: checked once a minute, confirmed by a person after a jump. */
import { AppError } from '../../domain/errors.ts';
import { serviceDay } from '../../domain/time-zone.ts';
import { assertMay, systemActor, type Actor } from '../../domain/campaign/permissions.ts';
import { refuseStep, type ServiceTime, type TimedStep } from '../../domain/service-time.ts';
import { stamp, type Deps } from '../deps.ts';

/**
 * @returns the function to call once a minute: it stores the time, and warns while a jump waits for a person. Pass `isFirst` if
 * another process has checked since: this one's own clock does not know how long that was
 */
export function createClockWatch(deps: Deps, monotonic: () => number = () => performance.now()) {
  let last: number | null = null;
  return async (isFirst = false): Promise<ServiceTime> => {
    if (isFirst) last = null;
    const now = monotonic();
    // Whole milliseconds, as the table requires.
    const elapsed = last === null ? null : Math.round(now - last);
    const time = await deps.storage.observeTime(stamp(deps, systemActor), elapsed);
    // Only stored time counts as elapsed.
    last = elapsed === null || last === null ? now : last + elapsed;
    if (time.jump !== null)
      deps.log.error(
        { from: new Date(time.jump.from).toISOString(), to: new Date(time.jump.to).toISOString() },
        'clock.unconfirmed',
      );
    return time;
  };
}

/** For schedules, which then do nothing; the storage decides again when the step is taken. */
export async function mayRunNow(deps: Deps, step: TimedStep): Promise<boolean> {
  return refuseStep(await deps.storage.readTime(), step, deps.now()) === null;
}

export async function viewTime(deps: Deps): Promise<{ readonly now: number; readonly time: ServiceTime }> {
  return { now: deps.now(), time: await deps.storage.readTime() };
}

/**
 * @param date of today as the person knows it, YYYY-MM-DD: a wrong clock must not be confirmed by a careless click
 * @throws AppError invalid `clock.other-date`, forbidden
 */
export async function confirmTime(deps: Deps, actor: Actor, date: string): Promise<void> {
  assertMay(actor, 'clock.confirm');
  const by = stamp(deps, actor);
  const today = serviceDay(by.at);
  if (date !== today) throw new AppError('invalid', 'clock.other-date', { params: { date, today } });
  await deps.storage.confirmTime(by);
}
