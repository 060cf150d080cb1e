/** The rule profile in words, to accompany the document. */
import type { Language } from '../../domain/model/vocabulary.ts';
import type { RuleProfile } from '../../domain/scoring/rules/profile.ts';
import { formatShare } from '../../domain/scoring/format.ts';
import { html } from '../../html/html.ts';
import { translator } from '../../texts/texts.ts';
import { localisedIn } from '../report/draft.ts';
import { standalonePage } from '../standalone-page.ts';
import type { ReportedSummary } from '../summary-csv.ts';

export function rulePage(profile: RuleProfile, s: ReportedSummary, language: Language): string {
  const t = translator(language);
  const text = localisedIn(language);
  const facts: readonly (readonly [string, string])[] = [
    [t('results.source'), text(profile.source)],
    [t('xlsx.threshold'), t(`staff.summary.threshold.${s.threshold.unit}`, { value: s.threshold.value })],
    [t('dossier.rule.decision'), t(`results.how.decision.${s.profile.decision}`)],
    [
      t('publication.formulas'),
      s.formulas
        .map((f) => text(f.formula.title) + (f.official ? t('report.official.mark') : ''))
        .join(t('results.semicolon')),
    ],
    [
      t('staff.summary.weight'),
      s.groups
        .map((g) => `${t(`summary-csv.group.${g.group}`)} ${formatShare(g.weight)}%`)
        .join(t('results.semicolon')),
    ],
    ...s.returnRates
      .slice(0, 1)
      .map((r): readonly [string, string] => [
        t('staff.rates.return'),
        `${t(`results.how.return.${r.denominator}`)}${r.floor === null ? '' : ` ${t('report.floor')} ${r.floor}%`}`,
      ]),
    [t('publication.protection'), t('publication.suppressed', { minimum: s.profile.minimumCell })],
  ];
  const title = `${text(profile.title)} ${profile.version}`;
  return standalonePage(
    language,
    title,
    html`<h1>${title}</h1>
      <p class="about">${t('dossier.hash', { hash: s.profile.hash })}</p>
      <section>
        <dl>
          ${facts.map(
            ([term, value]) =>
              html`<dt>${term}</dt>
                <dd>${value}</dd>`,
          )}
        </dl>
      </section>`,
  );
}
