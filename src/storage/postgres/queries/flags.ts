/** Alarms of slots while a survey is open, and the flags stored at its close. */
import type { CountyCode } from '../../../domain/model/ids.ts';
import type { Flag } from '../../../domain/scoring/signals/flags.ts';
import type { Context } from '../context.ts';

export async function saveFlags(
  ctx: Context,
  table: 'slot_alarms' | 'flags',
  campaign: number,
  county: CountyCode,
  flags: readonly Flag[],
): Promise<void> {
  if (flags.length === 0) return;
  const put = ctx.raw.prepare(
    `INSERT INTO ${table} AS f (campaign, county, reporting_stratum, kind, lot, observed, n, expected) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (campaign, county, reporting_stratum, kind, lot) DO UPDATE SET observed = excluded.observed, n = excluded.n, expected = excluded.expected
     WHERE excluded.observed > f.observed`,
  );
  for (const { reportingStratum, kind, lot, observed, n, expected } of flags)
    await put.run(campaign, county, reportingStratum, kind, lot ?? 0, observed, n, expected);
}

export async function readFlags(
  ctx: Context,
  table: 'slot_alarms' | 'flags',
  campaign: number,
  county: CountyCode,
): Promise<readonly Flag[]> {
  const rows = (await ctx.raw
    .prepare(
      `SELECT reporting_stratum AS "reportingStratum", kind, lot, observed, n, expected FROM ${table} WHERE campaign = ? AND county = ?`,
    )
    .all(campaign, county)) as (Omit<Flag, 'lot'> & { readonly lot: number })[];
  return rows.map((row) => ({ ...row, lot: row.lot === 0 ? null : row.lot }));
}
