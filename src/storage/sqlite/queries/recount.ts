import type { CampaignId, CountyCode } from '../../../domain/ids.ts';
import type { RecountResult } from '../../port.ts';
import type { Context } from '../context.ts';

export function recount(_ctx: Context, _id: CampaignId, _county: CountyCode): RecountResult {
  throw new Error('recount: waits for domain/scoring/recount.ts');
}
