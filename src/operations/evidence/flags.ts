/**
 * Flag instead of delete: a stratum, a group or the whole county is flagged in the log, permanently and with a reason. Everything
 * stays counted. Removing answers is a void, which needs two people.
 */
import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { groupSchema } from '../../domain/model/vocabulary.ts';
import type { Flag } from '../../domain/model/evidence.ts';
import { stamp, type Deps } from '../deps.ts';
import { publishCheckpoints } from './evidence.ts';
import { getCampaignCounty } from '../campaign/lookup.ts';
import { lineFault, lineSchema } from '../../domain/line.ts';

const flagSchema = z.strictObject({
  group: groupSchema.nullable(),
  reportingStratum: z.int().min(1).nullable(),
  reason: lineSchema(5, 500),
});

/** @throws AppError conflict `flag.not-opened`; invalid `flag.invalid`, `proposal.stratum` */
export async function flagAnswers(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  county: CountyCode,
  flag: Flag,
): Promise<void> {
  assertMay(actor, 'campaign.flag', county);
  const parsed = flagSchema.safeParse(flag);
  if (!parsed.success) throw new AppError('invalid', lineFault(parsed.error, 'flag.invalid'));
  await getCampaignCounty(deps, actor, id, county);
  await deps.storage.recordFlag(stamp(deps, actor), id, county, parsed.data);
  await publishCheckpoints(deps, id, county);
}
