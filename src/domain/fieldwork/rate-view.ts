/** What may be shown of response rates while a campaign is open (design 13): steps of five points, by daily snapshot. */

export const openRateStep = 5;

/** Rate in percent, rounded down to the step: 0 ≤ value ≤ 100. */
export function coarseRate(answered: number, issued: number): number {
  if (issued <= 0) return 0;
  return Math.min(100, Math.floor((100 * answered) / issued / openRateStep) * openRateStep);
}

/** Calendar day in the service's time zone (UTC + 8, no daylight saving time), of a time in milliseconds. */
export function serviceDay(at: number): string {
  return new Date(at + 8 * 3_600_000).toISOString().slice(0, 10);
}
