import { describe, expect, test } from 'vitest';
import {
  confirmTime,
  observeTime,
  refuseStep,
  unseenTime,
  type ServiceTime,
} from '../../src/domain/service-time.ts';

const hour = 3_600_000;
const day = 24 * hour;
const start = Date.UTC(2026, 10, 28);
const begun = observeTime(unseenTime, start, null);

/** Minute by minute, as the schedule looks at it. */
function run(time: ServiceTime, from: number, length: number): ServiceTime {
  let result = time;
  for (let t = 60_000; t <= length; t += 60_000) result = observeTime(result, from + t, 60_000);
  return result;
}

describe('a jump', () => {
  test.each([
    ['forwards while running', start + 400 * day, 60_000],
    ['backwards while running', start - 400 * day, 60_000],
    ['forwards at start', start + 400 * day, null],
    ['backwards at start', start - 2 * day, null],
    ['or a stop of more than a day', start + day + 1, null],
  ])('%s holds everything back until a person confirms', (_name, at, elapsed) => {
    const jumped = observeTime(begun, at, elapsed);
    expect(jumped.jump).toEqual({ from: start, to: at });
    for (const step of ['close', 'seal', 'snapshot', 'expire'] as const)
      expect(refuseStep(jumped, step, at)).toBe('clock.unconfirmed');
    // Coming back is a jump, too.
    const back = observeTime(jumped, start + 60_000, 60_000);
    expect(refuseStep(back, 'close', start + 60_000)).toBe('clock.unconfirmed');
    const confirmed = confirmTime(at);
    expect(refuseStep(confirmed, 'close', at)).toBeNull();
    expect(refuseStep(confirmed, 'expire', at)).toBe('clock.not-held');
    expect(refuseStep(run(confirmed, at, day), 'expire', at + day)).toBeNull();
  });

  test('since the last look is seen by the step itself', () => {
    const steady = run(begun, start, 2 * day);
    expect(refuseStep(steady, 'close', start + 2 * day + 30_000)).toBeNull();
    expect(refuseStep(steady, 'close', start + 4 * day)).toBe('clock.unconfirmed');
    expect(refuseStep(steady, 'expire', start - day)).toBe('clock.unconfirmed');
  });
});

describe('expiry', () => {
  test('waits for a day of running time, over restarts, not counting stops', () => {
    const first = run(begun, start, 23 * hour);
    expect(refuseStep(first, 'expire', start + 23 * hour)).toBe('clock.not-held');
    const restarted = observeTime(first, start + 30 * hour, null);
    expect(refuseStep(restarted, 'expire', start + 30 * hour)).toBe('clock.not-held');
    expect(refuseStep(run(restarted, start + 30 * hour, hour), 'expire', start + 31 * hour)).toBeNull();
  });

  test('is not reached by many jumps of less than a day', () => {
    let time = run(begun, start, day);
    let at = start + day;
    for (let i = 0; i < 20; i++) time = observeTime(time, (at += 23 * hour), 60_000);
    expect(refuseStep(time, 'expire', at)).toBe('clock.not-held');
  });
});
