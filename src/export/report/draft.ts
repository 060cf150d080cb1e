/**
 * Proposed sentences of a report from the shown figures: highlights and problem, which people may edit, and the summary
 * paragraph.
 */
import { listDoubts } from '../../domain/scoring/summary/doubts.ts';
import { headlineOf } from '../../domain/scoring/summary/headline.ts';
import { proposePoints, rankDimensions, type ReportPoint } from '../../domain/scoring/summary/ranking.ts';
import type { Figure } from '../../domain/scoring/figure.ts';
import {
  formatShare,
  formatValue,
  pointStyle,
  returnStyle,
  type Rounding,
} from '../../domain/scoring/format.ts';
import type { LocalisedText } from '../../domain/scoring/rules/formula.ts';
import type { Summary } from '../../domain/scoring/summary/summary-types.ts';
import type { Language } from '../../domain/model/vocabulary.ts';
import { mainLanguage, translator } from '../../texts/texts.ts';

export interface ReportDraft {
  /** Two, if there are two figures to praise. */
  readonly highlights: readonly string[];
  /** '' if no figure suggests one. */
  readonly problem: string;
  readonly summary: string;
}

export function localisedIn(language: Language): (text: LocalisedText) => string {
  return (text) => text[language] ?? text[mainLanguage] ?? Object.values(text)[0] ?? '';
}

/** Formatted as in every form of a summary: the digits, or why there are none. */
export function figureString(t: ReturnType<typeof translator>, figure: Figure, style: Rounding): string {
  switch (figure.kind) {
    case 'estimate':
      return formatValue(figure.value, style);
    case 'suppressed':
      return t(`figure.suppressed.${figure.why}`);
    case 'no-data':
      return t('figure.no-data');
    case 'not-released':
      return t('figure.not-released');
  }
}

export function reportDraft(s: Summary, language: Language): ReportDraft {
  const t = translator(language);
  const text = localisedIn(language);
  const { highlights, problem } = proposePoints(s);
  const threshold = s.threshold.value;
  const groups = (list: readonly string[]) =>
    list.map((group) => t(`summary-csv.group.${group}`)).join(t('staff.list-comma'));
  const sentence = (kind: string, point: ReportPoint): string => {
    const value = formatValue(point.figure.value, pointStyle(s));
    const name = point.kind === 'dimension' ? text(point.title) : groups([point.group]);
    const key = `report.${kind}.${point.kind}.${point.meets ? 'meets' : 'below'}`;
    const where =
      point.kind === 'dimension' && point.groups.length > 0
        ? t('report.problem.where', { groups: groups(point.groups) })
        : '';
    return t(key, { name, value, threshold, where });
  };
  return {
    highlights: highlights.map((point) => sentence('highlight', point)),
    problem: problem === null ? '' : sentence('problem', problem),
    summary: summaryParagraph(s, language),
  };
}

/** Text for an inspector's own report: the verdict with its reason, return, strongest and weakest dimensions, doubts. */
function summaryParagraph(s: Summary, language: Language): string {
  const t = translator(language);
  const text = localisedIn(language);
  const style = pointStyle(s);
  const { official, threshold } = s;
  const sentences: string[] = [];
  const place = { campaign: s.campaign.name, county: s.county.name, threshold: threshold.value };
  if (official.kind === 'estimate') {
    const { interval } = official;
    sentences.push(
      t('report.summary.score', {
        ...place,
        value: formatValue(official.value, style),
        interval: interval
          ? t('report.summary.interval', {
              level: formatShare(interval.level, 4),
              low: formatValue(interval.low, style),
              high: formatValue(interval.high, style),
            })
          : '',
        headline: t(`headline.${headlineOf(s)}`),
      }),
    );
  } else sentences.push(t('report.summary.none', { ...place, why: figureString(t, official, style) }));
  const total = s.returnRates.find((r) => r.group === null);
  if (official.kind === 'estimate' && total?.figure.kind === 'estimate')
    sentences.push(
      t(total.floor === null ? 'report.summary.returned' : 'report.summary.returned-floor', {
        people: official.n,
        rate: formatValue(total.figure.value, returnStyle(s)),
        floor: total.floor ?? 0,
      }),
    );
  const { strongest, weakest } = rankDimensions(s);
  const named = (list: typeof strongest) =>
    list
      .map(({ of, figure }) =>
        t('report.summary.named', { name: text(of.title), value: formatValue(figure.value, style) }),
      )
      .join(t('staff.list-comma'));
  if (strongest.length > 0 && weakest.length > 0)
    sentences.push(t('report.summary.dimensions', { strongest: named(strongest), weakest: named(weakest) }));
  const doubts = listDoubts(s).filter(({ tone }) => tone !== 'good');
  sentences.push(
    doubts.length === 0
      ? t('report.summary.no-doubts')
      : t('report.summary.doubts', {
          doubts: doubts.map(({ kind }) => t(`doubt.${kind}`)).join(t('staff.list-comma')),
        }),
  );
  return sentences.join(t('report.sentence-space'));
}
