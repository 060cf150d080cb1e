/** Audits what a county's summary discloses: as it is shown, with the answers behind it only for labels and exact figures. */
import { auditDisclosure, defaultOptions, type AuditOptions } from '../../audit/disclosure/audit.ts';
import type { AuditReport } from '../../audit/disclosure/case.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import type { Campaign } from '../../domain/model/campaign.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { compareArms, type BallotComparison } from '../../domain/scoring/ballot/compare.ts';
import type { Summary, SummaryInput } from '../../domain/scoring/summary/summary.ts';
import { createValidityTest } from '../../domain/scoring/rules/valid.ts';
import { getCampaignCounty, getQuestionnaire } from '../campaign/lookup.ts';
import type { Deps } from '../deps.ts';
import { viewRates } from '../summary/rates.ts';
import { shownSummary } from '../summary/shown.ts';
import { getSummary, readSummaryInput } from '../summary/summary.ts';
import { createExchanges } from './exchanges.ts';
import { knownCounty } from './known-county.ts';
import { createPublisher } from './other-answers.ts';
import type { Sheet, World } from './people.ts';

export interface CountyDisclosure extends AuditReport {
  readonly county: string;
  readonly name: string;
}

/** One county, by its summary, its page of response rates and the comparison of a split ballot, and by these as they were before something was made void after close. `options.traced`: of so many solved cells, which shown numbers give them away; slow in large counties. @throws AppError as `getSummary` */
export async function auditCounty(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
  options: AuditOptions = defaultOptions,
): Promise<CountyDisclosure> {
  assertMay(actor, 'summary.view', code);
  const { campaign, county } = await getCampaignCounty(deps, actor, id, code);
  const shown = published(await getSummary(deps, actor, id, code));
  const { kind, rows } = await viewRates(deps, actor, id, code);
  const input = await readSummaryInput(deps, campaign, code);
  const known = [];
  const sheets =
    options.second === true && campaign.expiredAt === null ? await readSheets(deps, campaign, code) : null;
  const publishers: ((world: World) => boolean)[] = [];
  for (const voids of voidsBefore(campaign, code)) {
    const earlier = await readSummaryInput(deps, { ...campaign, voids }, code);
    const summary = published(await shownSummary(deps, earlier));
    const ballot = ballotOf(campaign, earlier, summary);
    known.push(knownCounty(earlier, summary, undefined, ballot));
    if (sheets) publishers.push(createPublisher(earlier, summary, sheets, ballot));
  }
  const ballot = ballotOf(campaign, input, shown);
  known.push(knownCounty(input, shown, kind === 'final' ? rows : undefined, ballot));
  if (sheets) publishers.push(createPublisher(input, shown, sheets, ballot));
  const report = await auditDisclosure(
    { publications: known.map((entry) => entry.publication), relation: 'same' },
    {
      ...options,
      truth: known.map((entry) => entry.truth),
      ...(sheets && {
        isShownAlike: (world) => publishers.every((isShownAlike) => isShownAlike(world)),
        exchanges: createExchanges(input, sheets),
      }),
    },
  );
  return { county: code, name: county.name, ...report };
}

const PAGE = 2_000;

/** The answers that count, valid ones. */
async function readSheets(deps: Deps, campaign: Campaign, code: CountyCode): Promise<readonly Sheet[]> {
  const { profile } = await readSummaryInput(deps, campaign, code);
  const tests = new Map(
    await Promise.all(
      campaign.questionnaires.map(
        async ({ no, hash }) =>
          [no, createValidityTest(profile.valid, await getQuestionnaire(deps, hash))] as const,
      ),
    ),
  );
  const sheets: Sheet[] = [];
  for (let after: Uint8Array | null = null; ;) {
    const page = await deps.storage.listCountable(campaign.id, code, after, PAGE);
    for (const row of page) if (tests.get(row.questionnaire)?.(row.answers) === true) sheets.push(row);
    after = page.at(-1)?.pseudonym ?? null;
    if (page.length < PAGE) return sheets;
  }
}

/** Through JSON, as it is published. */
function published<T extends Summary | BallotComparison>(shown: T): T {
  return JSON.parse(JSON.stringify(shown)) as T;
}

function ballotOf({ questionnaires }: Campaign, input: SummaryInput, shown: Summary) {
  if (input.apart === undefined) return undefined;
  return { comparison: published(compareArms(input, questionnaires, shown)), questionnaires };
}

/** What was void in each summary that could be read before the present one: from the close on, until another part was made void. */
export function voidsBefore(
  { closedAt, voids }: Pick<Campaign, 'closedAt' | 'voids'>,
  code: CountyCode,
): readonly Campaign['voids'][] {
  const late = voids
    .filter((own) => closedAt !== null && own.at >= closedAt && (own.county === null || own.county === code))
    .toSorted((a, b) => a.at - b.at);
  return late.map((_, i) => voids.filter((own) => !late.slice(i).includes(own)));
}
