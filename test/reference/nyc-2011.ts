/**
 * The reference's files (New York City's school survey of 2011, districts 01 and 05) as one object a school and group, and their questions as
 * questionnaires in our format. Only the marginals are real: what one person answered to several questions is made up here.
 */
import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';

export const groups = ['parent', 'teacher'] as const;
export type SurveyGroup = (typeof groups)[number];

export interface OptionCount {
  /** Points 0–100 as the file writes them; null: don't know. */
  readonly points: number | null;
  readonly count: number;
}
export interface SurveyedGroup {
  readonly district: string;
  readonly school: string;
  readonly name: string;
  readonly group: SurveyGroup;
  readonly eligible: number;
  /** Surveys handed in, more than any of the questions has answers. */
  readonly responded: number;
  /** Published, whole percent. */
  readonly rate: number;
  /** Question → options in the order of the questionnaire. */
  readonly questions: ReadonlyMap<string, readonly OptionCount[]>;
}
export interface PublishedScore {
  readonly school: string;
  readonly group: SurveyGroup;
  readonly question: string;
  readonly scored: number;
  /** 0–10, one decimal. */
  readonly score: number;
}

/** Beside the checkout, or beside the folder of a work tree. */
const folder = ['../../../shared', '../../../../shared']
  .map((shared) => new URL(`${shared}/reference/nyc-2011/`, import.meta.url))
  .find((url) => existsSync(url));

/** Its data may not be copied into the repository: where the folder is not at hand there is nothing to hold our figures against. */
export const isAtHand = folder !== undefined;

function read(name: string): Record<string, string>[] {
  if (!folder)
    throw new Error('shared/reference/nyc-2011 is not beside the repository: the reference files are needed');
  return parse<Record<string, string>>(readFileSync(new URL(name, folder)), { columns: true });
}

export function readSurvey(): readonly SurveyedGroup[] {
  const counts = new Map<string, Map<string, OptionCount[]>>();
  for (const row of read('counts.csv')) {
    const key = `${row['dbn']} ${row['group']}`;
    const questions = counts.get(key) ?? new Map<string, OptionCount[]>();
    counts.set(key, questions);
    const options = questions.get(row['question']!) ?? [];
    questions.set(row['question']!, options);
    const points = row['is_dont_know'] === '1' ? null : Number(row['points_0_100']);
    options.push({ points, count: Number(row['count']) });
  }
  return read('schools.csv').flatMap((row) =>
    groups.map((group): SurveyedGroup => {
      const of = (what: string) => Number(row[`${what}_${group.charAt(0)}`]);
      return {
        district: row['district']!,
        school: row['dbn']!,
        name: row['schoolname']!,
        group,
        eligible: of('nr'),
        responded: of('N'),
        rate: of('rr'),
        questions: counts.get(`${row['dbn']} ${group}`) ?? new Map<string, OptionCount[]>(),
      };
    }),
  );
}

export function readPublished(): readonly PublishedScore[] {
  return read('published-question-scores.csv').map((row) => ({
    school: row['dbn']!,
    group: row['group'] as SurveyGroup,
    question: row['question']!,
    scored: Number(row['n_scored']),
    score: Number(row['published_0_10']),
  }));
}

const dontKnow = 'dont-know';

/** An option is named after its points, so that the same answer of a scale and its reverse is the same option. */
export function optionId({ points }: OptionCount): string {
  return points === null ? dontKnow : `p${Math.floor(points)}`;
}

/** Points by option id; the thirds that the files round to six decimals are exact here. */
const optionPoints = { p100: 100, p75: 75, p66: 200 / 3, p50: 50, p33: 100 / 3, p25: 25, p0: 0 };

/** A questionnaire document of the group's questions, all optional. */
export function questionnaireOf(survey: readonly SurveyedGroup[], group: SurveyGroup): unknown {
  const text = (words: string) => ({ 'zh-CN': words, en: words });
  const scaleOf = new Map<string, string>();
  for (const { group: own, questions } of survey)
    if (own === group)
      for (const [question, options] of questions) {
        const scale = options.map(optionId).join('-');
        if ((scaleOf.get(question) ?? scale) !== scale) throw new Error(`${question} has two scales`);
        scaleOf.set(question, scale);
      }
  const scales = new Map(
    [...survey].flatMap(({ group: own, questions }) =>
      own === group
        ? [...questions.values()].map((o) => [o.map(optionId).join('-'), o.map(optionId)] as const)
        : [],
    ),
  );
  const scaleId = (scale: string) => `s${[...scales.keys()].indexOf(scale) + 1}`;
  return {
    id: `nyc-${group}`,
    groups: [group],
    languages: ['zh-CN', 'en'],
    title: text(`NYC School Survey 2011, ${group}s`),
    scales: Object.fromEntries(
      [...scales].map(([scale, ids]) => [
        scaleId(scale),
        {
          options: ids.map((id) => ({ id, text: text(id), ...(id === dontKnow && { dontKnow: true }) })),
          ...(!ids.includes(dontKnow) && { dontKnow: 'not-offered' }),
        },
      ]),
    ),
    dimensions: [{ id: 'overall', text: text('overall') }],
    items: [...scaleOf].map(([id, scale]) => ({
      type: 'rating',
      id,
      text: text(id),
      dimension: 'overall',
      scale: scaleId(scale),
    })),
  };
}

/** A census of both groups; whoever was added late counts, outside the denominator, as the city counted. */
export const profile = {
  id: 'nyc-2011',
  version: '1',
  title: { 'zh-CN': '纽约市学校调查 2011', en: 'NYC School Survey 2011' },
  source: { 'zh-CN': '检验用', en: 'For checking' },
  regime: 'nyc-2011',
  instrument: { 'zh-CN': '学校调查', en: 'School survey' },
  role: { kind: 'reference' },
  threshold: { value: 85, comparison: 'at-least', unit: 'points' },
  decimals: 1,
  formulas: [
    {
      id: 'mean',
      title: { 'zh-CN': '均值', en: 'Mean' },
      kind: 'mean',
      points: optionPoints,
      dontKnow: 'exclude',
      unit: 'answers',
    },
  ],
  official: 'mean',
  valid: { minAnswered: 1, dontKnowCounts: true },
  returnRate: {
    numerator: 'answered',
    sets: ['drawn', 'other'],
    denominator: 'issued',
    cap: 100,
    decimals: 0,
    floor: null,
    floorOf: 'total',
  },
  groups: groups.map((group) => ({ group, weight: 0.5, required: true })),
  requiredGroupsWithoutQuestionnaire: [],
  channels: ['web'],
  sets: ['drawn', 'other'],
  withinGroup: 'none',
  quota: { kind: 'census' },
  replacementRatio: 0,
  minimumCell: 5,
  interval: { method: 'none', level: 0.95 },
  decision: 'point',
  sampling: 'drawn',
};

/** What the k-th respondent (from 0) of a school's group answers: to each question the k-th of its answers, a blank where there are fewer. */
export function answersOf(of: SurveyedGroup): (k: number) => Record<string, string> {
  const expanded = [...of.questions].map(([question, options]) => {
    const answers = options.flatMap((option) => Array.from({ length: option.count }, () => optionId(option)));
    return [question, answers] as const;
  });
  return (k) =>
    Object.fromEntries(
      expanded.flatMap(([question, answers]) => (answers[k] === undefined ? [] : [[question, answers[k]]])),
    );
}
