/** Delivery reports are accepted until the survey closes; at close they are counted and erased. */
import type { CampaignState } from '../campaign/life-cycle.ts';
import { AppError } from '../errors.ts';
import type { Decision } from '../model/decision.ts';
import type { CountyCode } from '../model/ids.ts';
import type { Fate } from './fate.ts';

/** @throws AppError conflict `fates.closed` */
export function assertTakesFates(state: CampaignState): void {
  if (state !== 'draft' && state !== 'open') throw new AppError('conflict', 'fates.closed');
}

/**
 * The report is stored as a whole.
 * @throws AppError conflict `fates.closed`
 */
export function decideFateReport(
  state: CampaignState,
  report: {
    readonly county: CountyCode;
    readonly file: { readonly name: string; readonly hash: string };
    readonly counts: Readonly<Partial<Record<Fate, number>>>;
  },
): Decision<null> {
  assertTakesFates(state);
  const { county, file, counts } = report;
  const details = { file: file.name, hash: file.hash, counts };
  return { changes: null, leaves: [], trail: [{ action: 'fates.import', county, details }] };
}
