/** The service's clock is China's, which has one time zone, UTC + 8, and no summer time. Times are milliseconds since 1970. */
export const zoneOffset = 8 * 3_600_000;

const written = (at: number) => new Date(at + zoneOffset).toISOString();

/** The calendar day, `2026-05-12`. */
export function serviceDay(at: number): string {
  return written(at).slice(0, 10);
}

/** Day and time, `2026-05-12 09:30`. */
export function serviceMinute(at: number): string {
  return written(at).slice(0, 16).replace('T', ' ');
}

/** The time of the day, `09:30:00`. */
export function serviceSecond(at: number): string {
  return written(at).slice(11, 19);
}

/** Hour 0–23. */
export function serviceHour(at: number): number {
  return new Date(at + zoneOffset).getUTCHours();
}

/** The next time, after `at`, that the clock shows `hour`:00. */
export function nextServiceHour(at: number, hour: number): number {
  const midnight = Date.parse(`${serviceDay(at)}T00:00:00+08:00`);
  const today = midnight + hour * 3_600_000;
  return today > at ? today : today + 24 * 3_600_000;
}
