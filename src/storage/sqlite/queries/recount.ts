/** The audit's count (../../shared/recount.ts) over the rows of one snapshot. */
import { AppError } from '../../../domain/errors.ts';
import type { RecountResult } from '../../../domain/model/count.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import { recountAnswersOf, recountNumbersOf } from '../../shared/recount.ts';
import type { Context } from '../context.ts';
import { hotCampaign } from './answers.ts';
import { createAnswerReader, readIssuedPlaces } from './answer-blocks.ts';
import { getCampaign } from './campaigns.ts';
import { deriveCells, isCounted, readCells } from './count.ts';

/** One county after the other, in one snapshot. */
export function recount(
  ctx: Context,
  id: CampaignId,
  counties: readonly CountyCode[],
): readonly RecountResult[] {
  ctx.raw.exec('BEGIN');
  try {
    return recountWithin(ctx, id, counties);
  } finally {
    ctx.raw.exec('COMMIT');
  }
}

/** The same within the caller's transaction. */
export function recountWithin(
  ctx: Context,
  id: CampaignId,
  counties: readonly CountyCode[],
): readonly RecountResult[] {
  const hot = hotCampaign(ctx, id);
  if (!hot) throw new AppError('not-found', 'campaign.not-found');
  const { expiryStep, expiredAt } = getCampaign(ctx.db, id);
  const isErased = expiryStep !== null || expiredAt !== null;
  const reader = createAnswerReader(ctx.raw, hot.no, readIssuedPlaces(ctx.raw, hot.no, counties));
  return counties.map((county) => {
    const own = isErased ? recountNumbersOf(county, hot) : recountAnswersOf(county, hot);
    reader.eachRespondent(county, (...respondent) => own.take(...respondent));
    const counted = isErased || isCounted(ctx, id, county);
    // Answers that cannot be counted are reported by this pass.
    const cells = counted ? readCells(ctx, 'tallies', id, county) : deriveCells(ctx, hot, county, true);
    return own.finish(cells, counted);
  });
}
