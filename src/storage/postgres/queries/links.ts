import { and, asc, eq, isNull } from 'drizzle-orm';
import { decideLinks } from '../../../domain/code/links.ts';
import type { OpenLink } from '../../../domain/model/code.ts';
import type { CampaignId, CountyCode, SchoolId } from '../../../domain/model/ids.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import { groupSchema } from '../../../domain/model/vocabulary.ts';
import type { Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import { links } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';
import { getCampaign } from './campaigns.ts';
import { recordDecision } from './decision.ts';

export async function createLinks(tx: Tx, stamp: Stamp, asked: readonly OpenLink[]): Promise<void> {
  const first = asked[0];
  if (!first) return;
  const { campaign: id, county } = first;
  const { state: campaign, counties } = await getCampaign(tx, id);
  const frame = counties.find((c) => c.code === county)?.frameState;
  const existing = await listLinks(tx, id, county);
  const decision = decideLinks({ campaign, frame, existing }, { county, asked }, stamp);
  const no = await campaignNo(tx, id);
  const put = tx.$raw.prepare(
    `INSERT INTO links (id, campaign, county, grp, school, reporting_stratum, questionnaire, created_at)
     VALUES (@id, @campaign, @county, @group, @school, @reportingStratum, @questionnaire, @createdAt)`,
  );
  for (const link of decision.changes) await put.run({ ...link, campaign: no });
  await recordDecision(tx, stamp, { no, id }, decision);
}

function toLink(id: CampaignId, row: typeof links.$inferSelect): OpenLink {
  const { duplicateOf: _, ...link } = row;
  return {
    ...link,
    campaign: id,
    county: row.county as CountyCode,
    group: groupSchema.parse(row.group),
    school: row.school as SchoolId | null,
  };
}

export async function findLink(ctx: Context, id: string): Promise<OpenLink | undefined> {
  const row = (await ctx.db.select().from(links).where(eq(links.id, id)))[0];
  if (!row) return undefined;
  const campaign = await ctx.raw.prepare('SELECT id FROM campaigns WHERE no = ?').pluck().get(row.campaign);
  return toLink(campaign as CampaignId, row);
}

export async function listLinks(tx: Tx, id: CampaignId, county: CountyCode): Promise<readonly OpenLink[]> {
  return (
    await tx
      .select()
      .from(links)
      .where(
        and(
          eq(links.campaign, await campaignNo(tx, id)),
          eq(links.county, county),
          isNull(links.duplicateOf),
        ),
      )
      .orderBy(asc(links.createdAt), asc(links.id))
  ).map((row) => toLink(id, row));
}
