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

/** One county after the other, in the transaction's snapshot. */
export async function recount(
  ctx: Context,
  id: CampaignId,
  counties: readonly CountyCode[],
): Promise<readonly RecountResult[]> {
  const hot = await hotCampaign(ctx, id);
  if (!hot) throw new AppError('not-found', 'campaign.not-found');
  const { expiryStep, expiredAt } = await getCampaign(ctx.db, id);
  const isErased = expiryStep !== null || expiredAt !== null;
  const reader = createAnswerReader(ctx.raw, hot.no, await readIssuedPlaces(ctx.raw, hot.no, counties));
  const results: RecountResult[] = [];
  for (const county of counties) {
    const own = isErased ? recountNumbersOf(county, hot) : recountAnswersOf(county, hot);
    await reader.eachRespondent(county, (...respondent) => own.take(...respondent));
    const counted = isErased || (await isCounted(ctx, id, county));
    // Answers that cannot be counted are reported by this pass.
    const cells = await (counted
      ? readCells(ctx, 'tallies', id, county)
      : deriveCells(ctx, hot, county, true));
    results.push(own.finish(cells, counted));
  }
  return results;
}
