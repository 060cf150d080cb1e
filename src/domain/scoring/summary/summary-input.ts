/** Parts of a summary's input that service and verifier derive from the same documents. */
import type { CampaignId, CountyCode } from '../../model/ids.ts';
import { secondaryArms } from '../../frame/ballot.ts';
import { fillPlaceholders } from '../../questionnaire/placeholders.ts';
import type { Questionnaire } from '../../questionnaire/template.ts';
import type { ReportingStratum } from '../../frame/strata.ts';
import type { Group } from '../../model/vocabulary.ts';
import type { LocalisedText } from '../rules/formula.ts';
import type { QuestionnaireTexts, SummaryInput, Voided } from './summary-types.ts';

/** Replaces a school's name in items that name it for each respondent. */
const anySchool: Readonly<Record<string, string>> = { 'zh-CN': '学校', en: 'the school' };

/** `county`: its name, which items may contain. */
export function questionnaireTexts(q: Questionnaire, county: string): QuestionnaireTexts {
  const text = (t: LocalisedText): LocalisedText => t;
  const options = new Map<string, LocalisedText>();
  for (const scale of Object.values(q.scales)) for (const o of scale.options) options.set(o.id, text(o.text));
  for (const item of q.items)
    if (item.type === 'single' || item.type === 'multiple')
      for (const o of item.options) options.set(o.id, text(o.text));
  return {
    title: text(q.title),
    items: new Map(
      q.items.map((i) => [
        i.id,
        Object.fromEntries(
          Object.entries(i.text).map(([language, words]) => [
            language,
            fillPlaceholders(words, { county, school: anySchool[language] ?? '…' }),
          ]),
        ),
      ]),
    ),
    dimensions: new Map(q.dimensions.map((d) => [d.id, text(d.text)])),
    options,
  };
}

/** Confirmed voids of one county: by group, with each group listed. */
export function voidsOfCounty(
  voids: readonly {
    readonly county: CountyCode | null;
    readonly group: Group | null;
    readonly reportingStratum: number | null;
    readonly reason: string;
  }[],
  county: CountyCode,
  reporting: readonly ReportingStratum[],
): readonly Voided[] {
  const groups = [...new Set(reporting.map((r) => r.group))];
  return voids
    .filter((v) => v.county === null || v.county === county)
    .flatMap((v): readonly Voided[] =>
      (v.group === null ? groups : [v.group]).map((group) => ({
        group,
        reportingStratum: v.reportingStratum,
        reason: v.reason,
      })),
    )
    .filter(
      (v) =>
        v.reportingStratum === null ||
        reporting.some((r) => r.no === v.reportingStratum && r.group === v.group),
    );
}

/** The campaign’s part of a summary; times as ISO 8601. */
export function summaryCampaign(campaign: {
  readonly id: CampaignId;
  readonly name: string;
  readonly purpose: SummaryInput['campaign']['purpose'];
  readonly commissioner: string;
  readonly closedAt: number | null;
  readonly selfAdministered: boolean;
}): SummaryInput['campaign'] {
  return {
    id: campaign.id,
    name: campaign.name,
    purpose: campaign.purpose,
    commissioner: campaign.commissioner,
    closedAt: campaign.closedAt === null ? null : new Date(campaign.closedAt).toISOString(),
    selfAdministered: campaign.selfAdministered,
  };
}

/** Arms other than the main ones; empty without a split ballot. */
export function splitOf(questionnaires: Parameters<typeof secondaryArms>[0]): Pick<SummaryInput, 'apart'> {
  const apart = secondaryArms(questionnaires);
  return apart.size === 0 ? {} : { apart };
}
