/** In words: why there is no verdict, and how figures were computed. */
import type { Formula } from '../../../domain/scoring/rules/formula.ts';
import type { Summary } from '../../../domain/scoring/summary/summary-types.ts';
import type { VerdictReason } from '../../../domain/scoring/summary/verdict.ts';
import {
  formatMargin,
  formatShare,
  formatValue,
  pointStyle,
  returnStyle,
  verdictReasonParams,
} from '../../../domain/scoring/format.ts';
import type { Content } from '../../../html/html.ts';
import { localised } from '../figure-view.ts';
import { formatCount, type StaffContext } from '../page-view.ts';

export function reasonText(c: StaffContext, s: Summary, reason: VerdictReason): string {
  const { t } = c.page;
  const params = verdictReasonParams(reason, returnStyle(s));
  const { group } = params;
  const named =
    group === undefined ? {} : { group: group === '' ? t('staff.all-groups') : t(`staff.group.${group}`) };
  return t(`verdict.reason.${reason.code}`, { ...params, ...named });
}

/** The options' names as respondents read them, as far as a shown distribution names them. */
function optionTitles(c: StaffContext, s: Summary): ReadonlyMap<string, string> {
  const titles = new Map<string, string>();
  for (const { items } of s.groups)
    for (const { type, distribution } of items)
      if (type === 'rating' && distribution.kind === 'options')
        for (const option of distribution.options)
          if (!titles.has(option.id)) titles.set(option.id, localised(c, option.title));
  return titles;
}

/** How one formula treats an answer. */
export function howFormula(c: StaffContext, s: Summary, formula: Formula): string {
  const { t } = c.page;
  const titles = optionTitles(c, s);
  const sentences: string[] = [];
  if (formula.kind === 'mean') {
    const points = Object.entries(formula.points);
    sentences.push(
      points.every(([option]) => titles.has(option))
        ? t('results.how.points', {
            points: points
              .map(([option, value]) =>
                t('results.how.point', { option: titles.get(option)!, points: value }),
              )
              .join(t('staff.list-comma')),
          })
        : t('results.how.mean', { formula: localised(c, formula.title) }),
    );
  } else
    sentences.push(
      formula.satisfied.every((option) => titles.has(option))
        ? t('results.how.share', {
            options: formula.satisfied.map((option) => titles.get(option)!).join(t('staff.list-comma')),
          })
        : t('results.how.mean', { formula: localised(c, formula.title) }),
    );
  if (formula.named === true) sentences.push(t('results.how.named'));
  else if (formula.items !== undefined || formula.dimension !== undefined)
    sentences.push(t('results.how.some'));
  sentences.push(t(`results.how.dont-know.${formula.dontKnow}`), t(`results.how.unit.${formula.unit}`));
  return sentences.join('');
}

export function howOfficial(c: StaffContext, s: Summary): readonly Content[] {
  const { t } = c.page;
  const { official } = s;
  const formula = s.formulas.find((f) => f.official)?.formula;
  const weighted = s.groups.filter((g) => g.weight > 0);
  return [
    formula && howFormula(c, s, formula),
    weighted.length > 1 &&
      t('results.how.weights', {
        weights: weighted
          .map((g) => `${t(`staff.group.${g.group}`)} ${formatShare(g.weight)}%`)
          .join(t('staff.list-comma')),
      }),
    t(`results.how.within.${s.profile.withinGroup}`),
    official.kind === 'estimate' &&
      t(official.n === official.denominator ? 'results.how.basis.people' : 'results.how.basis.answers', {
        people: formatCount(official.n),
        answers: formatCount(official.denominator),
      }),
    howInterval(c, s),
    t('results.how.decision', {
      threshold: s.threshold.value,
      rule: t(`results.how.decision.${s.profile.decision}`),
    }),
  ];
}

export function howInterval(c: StaffContext, s: Summary): Content {
  const { official } = s;
  if (official.kind !== 'estimate' || !official.interval) return c.page.t('results.no-interval');
  const { level, method } = official.interval;
  const { decimals } = pointStyle(s);
  return [
    c.page.t('results.how.interval', {
      level: formatShare(level, 4),
      method: c.page.t(`interval.method.${method}`),
    }),
    official.se !== undefined && c.page.t('results.how.se', { se: formatMargin(official.se, decimals + 1) }),
    official.deff !== undefined &&
      c.page.t('results.how.deff', { deff: formatValue(official.deff, { decimals: 2, threshold: null }) }),
  ];
}
