/** One figure, four ways out (page, CSV, publication, command): the same digits in each, and never those of the threshold beside "not met". */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { summaryText } from '../src/cli/summary-text.ts';
import { table } from '../src/cli/table.ts';
import type { Estimate, Figure } from '../src/domain/scoring/figure.ts';
import { computeSummary, type Summary } from '../src/domain/scoring/summary/summary.ts';
import { currentDisclosureRule } from '../src/domain/scoring/suppression/rule.ts';
import { computeShownSummary } from '../src/domain/scoring/suppression/suppression.ts';
import { computeVerdict } from '../src/domain/scoring/summary/verdict.ts';
import { publicationHtml } from '../src/export/publication-page.ts';
import { summaryCsv } from '../src/export/summary-csv.ts';
import type { ShownRates } from '../src/http/staff/summary/monitoring-view.ts';
import { ratesPage } from '../src/http/staff/summary/rates-view.ts';
import { toMarkup, type Html } from '../src/html/html.ts';
import type { RuleProfile } from '../src/domain/scoring/rules/profile.ts';
import type { Language } from '../src/domain/model/vocabulary.ts';
import { framed } from './support/framed.ts';
import { randomCounty, shownSummary } from './support/random-county.ts';
import { comparedPage, resultPages, staffContext } from './support/result-pages.ts';
import { inputOf, parentsOnly, reporting, sampling, type Row } from './domain/scoring/summary-fixtures.ts';

/** A page as it is read: tags gone, a bar between cells, spaces made one. */
const read = (page: Html | string) =>
  (typeof page === 'string' ? page : toMarkup(page))
    .replace(/<(style|script|svg)\b[^]*?<\/\1>/g, '')
    .replace(/<(td|th|tr|p|li|h1|h2|dt|dd|br)\b[^>]*>/g, '|')
    .replace(/<[^>]*>/g, '')
    .replace(/&lt;/g, '<')
    .replace(/\s+/g, ' ')
    .replace(/ ?\| ?/g, '|');

async function shownBy(s: Summary, language: Language = 'en') {
  const c = staffContext(language);
  const report = { ...s, log: null, audit: null };
  let csv = '';
  for await (const chunk of summaryCsv([report], language)) csv += Buffer.from(chunk).toString('utf8');
  const [header, ...lines] = csv
    .replace(/^\ufeff/, '')
    .trimEnd()
    .split('\r\n')
    .map((line) => [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map((m) => m[1] ?? m[2]!));
  return {
    page: read(resultPages(report, language)),
    compare: read(comparedPage([s], c)),
    csv: lines.map((cells) => Object.fromEntries(header!.map((name, i) => [name, cells[i] ?? '']))),
    publication: read(
      publicationHtml(
        {
          manyi: 'publication',
          version: 1,
          publishedAt: 0,
          service: '',
          demo: false,
          summary: report,
          roll: null,
          key: '',
          checkpoints: [],
        },
        language,
      ),
    ),
    command: summaryText({ language, table, t: c.page.t }, report),
  };
}

/** A census of 250 parents, two items each, with every figure set to `value` and the return rate 15 points below. */
function summaryAt(value: number, decimals = 1): Summary {
  const profile = parentsOnly({ decimals, withinGroup: 'strata' });
  const rows: Row[] = [
    { reporting: 1, sampling: 1, answers: [1, 1], times: 212 },
    { reporting: 1, sampling: 1, answers: [4, 4], times: 38 },
  ];
  const input = inputOf(
    { ...profile, returnRate: { ...profile.returnRate!, decimals, floor: 70 } },
    [reporting(1, 'parent', 250)],
    rows,
    { samplingStrata: [sampling(1, 'parent', 250)] },
  );
  const s = computeSummary(input);
  const at = (figure: Figure): Figure =>
    figure.kind === 'estimate'
      ? { ...figure, value, interval: { low: value, high: value, level: 0.95, method: 'census' } }
      : figure;
  const official = at(s.official);
  return {
    ...s,
    official,
    verdict: computeVerdict(input.profile, official, []),
    formulas: s.formulas.map((f) => ({ ...f, figure: at(f.figure), meets: value >= 85 })),
    groups: s.groups.map((g) => ({
      ...g,
      figure: at(g.figure),
      items: g.items.map((item) => ({ ...item, figure: at(item.figure) })),
    })),
    schools: s.schools.map((school) => ({ ...school, figure: at(school.figure) })),
    nonResponse: { low: value, high: value, issued: 250, answered: 250 },
    returnRates: s.returnRates.map((r) => ({
      ...r,
      figure: { ...(r.figure as Estimate), value: Number((value - 15).toFixed(9)) },
    })),
  };
}

// By hand: below 85 the last digit is cut where rounding half up would reach 85.0; 85 itself meets, and 85.04 rounds to 85.0.
const golden = [
  [84.95, '84.9', false],
  [84.952, '84.9', false],
  [84.9593, '84.9', false],
  [84.9999, '84.9', false],
  [85, '85.0', true],
  [85.04, '85.0', true],
] as const;

describe.each(golden)('a census of %d', (value, text, meets) => {
  const rate = (Number(text) - 15).toFixed(1);
  const verdict = meets ? 'Met' : 'Not met';

  test(`reads ${text}, ${verdict}, everywhere`, async () => {
    const shown = await shownBy(summaryAt(value));
    const { page, compare, publication, command, csv } = shown;
    expect(page).toContain(`|${text} points `);
    expect(page).toMatch(new RegExp(`\\|Verdict[^|]* ${verdict}\\|`));
    expect(page).toContain(`% interval ${text}–${text}`);
    expect(page).toContain(`would be ${text}, the best ${text}`);
    // Group and item: value, people.
    expect(page.split(`|${text}|250|`).length - 1).toBeGreaterThanOrEqual(2);
    expect(page).toContain(`|${rate}%|250|250|`);
    expect(compare).toContain(`|${text}||${text}–${text}|`);
    expect(compare).toContain(`|${rate}%`);
    expect(publication).toContain(`|${text}|${verdict}`);
    for (const name of [
      'official figure||||',
      'group|parents|||',
      'school or merged unit|parents|School 1||',
    ])
      expect(publication).toContain(`|${name}${text}|250|`);
    expect(publication).toContain(`|non-response bound, worst||||${text}|`);
    expect(publication).toContain(`|valid return||||${rate}|250|`);
    expect(command).toContain(`Official figure ${text} against 85: ${verdict}`);
    expect(command).toContain(`95 % interval ${text} to ${text} `);
    expect(command).toContain(`Valid return ${rate} % (250 of 250 codes issued)`);
    for (const figure of ['official figure', 'group', 'item', 'school or merged unit'])
      expect(csv.find((line) => line['figure'] === figure)).toMatchObject({
        value: String(value),
        shown: text,
        shown_low: text,
        shown_high: text,
      });
    expect(csv.find((line) => line['figure'] === 'non-response bound, best')).toMatchObject({ shown: text });
    expect(csv.find((line) => line['figure'] === 'valid return')).toMatchObject({ shown: rate });
    if (!meets)
      for (const form of [page, compare, publication, command]) expect(form).not.toMatch(/85\.0|70\.0/);
  });
});

test('around the threshold, with 0 to 3 decimals, every form shows one text, on the side of the verdict', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: -200_000, max: 200_000 }).map((step) => 85 + step / 1_000_000),
      fc.integer({ min: 0, max: 3 }),
      async (value, decimals) => {
        const shown = await shownBy(summaryAt(value, decimals));
        const text = shown.csv.find((line) => line['figure'] === 'official figure')!['shown']!;
        expect(text).toMatch(decimals === 0 ? /^\d+$/ : new RegExp(`^\\d+\\.\\d{${decimals}}$`));
        expect(Number(text) >= 85).toBe(value >= 85);
        expect(Math.abs(Number(text) - value)).toBeLessThan(10 ** -decimals + 1e-9);
        const verdict = value >= 85 ? 'Met' : 'Not met';
        expect(shown.page).toContain(`|${text} points `);
        expect(shown.page).toMatch(new RegExp(`\\|Verdict[^|]* ${verdict}\\|`));
        expect(shown.page).toContain(`% interval ${text}–${text}`);
        expect(shown.publication).toContain(`|${text}|${verdict}`);
        expect(shown.publication).toContain(`|group|parents|||${text}|250|`);
        expect(shown.command).toContain(`Official figure ${text} against 85: ${verdict}`);
        for (const line of shown.csv)
          if (line['value'] === String(value)) expect(line['shown'], line['figure']).toBe(text);
      },
    ),
    { numRuns: 40 },
  );
}, 30_000);

describe('a figure that is computed', () => {
  test('of 2,124 in 2,500: 84.96 is not met and shown as 84.9 with its interval', async () => {
    const profile = parentsOnly({ withinGroup: 'strata', returnRate: null });
    const satisfied = { reporting: 1, sampling: 1, answers: [1], times: 2124 };
    const not = { reporting: 1, sampling: 1, answers: [4], times: 376 };
    const s = computeSummary(
      inputOf(profile, [reporting(1, 'parent', 2500)], [satisfied, not], {
        samplingStrata: [sampling(1, 'parent', 2500)],
      }),
    );
    expect(s.official).toMatchObject({ value: 84.96, interval: { low: 84.96, method: 'census' } });
    const { page } = await shownBy(s);
    expect(page).toContain('|84.9 points ');
    expect(page).toContain('interval 84.9–84.9. The whole interval');
    expect(page).toContain('The whole interval is below 85');
  });

  /** Slips: N is unknown. Everybody gives the same answer, which brings `points`. */
  const slips = (points: number): RuleProfile => {
    const base = parentsOnly({ withinGroup: 'strata', returnRate: null, decision: 'interval' });
    const formula = base.formulas.find((f) => f.id === base.official)!;
    return {
      ...base,
      interval: { method: 't', level: 0.95 },
      formulas: [
        {
          id: formula.id,
          title: formula.title,
          dontKnow: 'exclude',
          unit: 'answers',
          kind: 'mean',
          points: { 'very-satisfied': 100, satisfied: points, 'basically-satisfied': 60, dissatisfied: 0 },
        },
      ],
    };
  };
  const alike = (points: number) =>
    computeSummary(
      inputOf(
        slips(points),
        [reporting(1, 'parent', 107)],
        [{ reporting: 1, sampling: 1, answers: [2], times: 107 }],
        { samplingStrata: [sampling(1, 'parent', null)] },
      ),
    );

  // 1 − 0.025^(1 ⁄ 107) = 1 − e^(−3.688879 ⁄ 107) = 0.033888.
  test('of 107 slips all at 85: 85 − 0.033888 × 85 = 82.1 to 85 + 0.033888 × 15 = 85.5 is not on one side', async () => {
    const s = alike(85);
    expect(s.verdict).toEqual({ kind: 'undecided' });
    expect(s.moreResponses).toEqual({ kind: 'never' });
    const { page, command } = await shownBy(s);
    expect(page).toContain('% interval 82.1–85.5');
    for (const text of [page, command]) expect(text).not.toContain('The whole interval');
  });

  // 86 × m ≤ 1 asks for m ≤ 0.011628, n ≥ 3.688879 ⁄ 0.011696 = 315.4: 209 more than 107.
  test('of 107 slips all at 86: 209 more of the same would decide it', () => {
    expect(alike(86)).toMatchObject({
      verdict: { kind: 'undecided' },
      moreResponses: { kind: 'more', responses: 209 },
    });
  });

  // 90 × 0.966112 = 86.95.
  test('of 107 slips all at 90: the interval from 86.9 is above 85', async () => {
    const s = alike(90);
    expect(s).toMatchObject({ verdict: { kind: 'met' }, moreResponses: { kind: 'none' } });
    expect((await shownBy(s)).command).toContain('The whole interval is at or above 85');
  });
});

describe('people and item answers', () => {
  const profile = parentsOnly();
  const official = profile.formulas.find((f) => f.id === profile.official)!;
  // 30 people answer three items each, 5 of them leave one blank: 30 people, 85 item answers.
  const s = computeSummary(
    inputOf(
      {
        ...profile,
        formulas: [
          { ...official, unit: 'answers', dontKnow: 'exclude' },
          { ...official, id: 'by-respondents', unit: 'respondents', dontKnow: 'exclude' },
        ],
      },
      [reporting(1, 'parent', 40)],
      [
        { reporting: 1, answers: [1, 2, 4], times: 25 },
        { reporting: 1, answers: [1, 2, 255], times: 5 },
      ],
    ),
  );

  test.each([
    ['en', 'People', 'Item answers', 'From the valid answers of 30 people, 85 item answers.'],
    ['zh-CN', '人数', '题次', '依据 30 人的有效答卷，共 85 题次。'],
  ] as const)('have their own names (%s)', async (language, people, answers, basis) => {
    const { page, compare, publication, command, csv } = await shownBy(s, language);
    expect(page).toContain(basis);
    expect(page).toContain(`|${people}|${answers}|`);
    expect(page).toMatch(/\|30\|85\|/);
    // By respondents there are people alone.
    expect(page).toMatch(/\|30\|–\|/);
    expect(compare).toContain('|30|');
    const columns =
      language === 'en' ? ['people', 'item_answers', 'out_of'] : [people, answers, '比率的分母'];
    const kinds = language === 'en' ? ['official figure', 'valid return'] : ['正式结果', '有效回收率'];
    const [figure, rate] = kinds.map((kind) =>
      csv.find((line) => line[language === 'en' ? 'figure' : '数字'] === kind),
    );
    expect(columns.map((name) => figure![name])).toEqual(['30', '85', '']);
    expect(columns.map((name) => rate![name])).toEqual(['30', '', '40']);
    expect(publication).toContain(`|${columns.join('|')}|`);
    expect(publication).toMatch(/\|30\|85\|\|/);
    expect(command).toMatch(language === 'en' ? /people +item answers/ : /人数 +题次/);
    // The rule's own words are quoted as they are.
    const own = page.replaceAll(s.profile.source[language]!, '');
    for (const text of [own, compare, command]) expect(text).not.toMatch(/\bdenominator|分母/i);
  });
});

const place = framed({
  campaign: { id: 'c', name: 'survey', commissioner: 'city', selfAdministered: false },
  county: { code: '990101', name: 'county' },
});

test('the page of rates shows a rate below the floor below it', () => {
  // 6,996 of 10,000 is 69.96 %.
  const rates: ShownRates = {
    campaign: 'c',
    campaignName: '',
    countyName: '',
    demo: false,
    closesAt: 0,
    kind: 'final',
    at: 0,
    nextAt: null,
    minimumCell: 10,
    returnRate: { numerator: 'valid', denominator: 'issued', floor: 70, decimals: 1 },
    groups: [{ group: 'parent', quota: 10_000, drawn: 10_000 }],
    rows: [
      {
        group: 'parent',
        level: null,
        name: '',
        set: 'drawn',
        issued: 10_000,
        value: { kind: 'exact', answered: 7100, valid: 6996 },
      },
    ],
    log: null,
  };
  const monitoring = { days: [], requests: [], reminders: [], fates: [], lateEdits: [], canaries: null };
  expect(read(ratesPage(staffContext('en'), { rates, monitoring, hoursLeft: 0, ...place }))).toContain(
    '|69.9%|not reached',
  );
});

test('items that are shown by their figure alone say so', async () => {
  // Of 80 parents, 5 are from another grade, with another weight.
  const rows = [
    { sampling: 1, times: [25, 25, 15, 10] },
    { sampling: 2, times: [2, 0, 1, 2] },
  ].flatMap(({ sampling: no, times }) =>
    times.flatMap((n, i): Row[] =>
      n > 0 ? [{ reporting: 1, sampling: no, answers: [i + 1, 4 - i], times: n }] : [],
    ),
  );
  const input = inputOf(parentsOnly({ withinGroup: 'strata' }), [reporting(1, 'parent', 100)], rows, {
    samplingStrata: [sampling(1, 'parent', 900), sampling(2, 'parent', 300)],
    disclosureRule: currentDisclosureRule,
  });
  const { page } = await shownBy(computeShownSummary(input), 'zh-CN');
  expect(page).toContain('有 2 道题只公布得分，不公布各选项人数');
  expect((await shownBy(computeShownSummary(input))).page).toContain('2 items are shown by the figure alone');
  const whole = { ...input, disclosureRule: 4 } as const;
  expect((await shownBy(computeShownSummary(whole), 'zh-CN')).page).not.toContain('只公布得分');
});

test('a hidden figure without flagged units is a sentence, not a dash for a number', async () => {
  const s = shownSummary(randomCounty(5));
  expect(s).toMatchObject({
    official: { kind: 'estimate' },
    withoutFlagged: { official: { kind: 'suppressed' } },
  });
  const { page } = await shownBy(s, 'zh-CN');
  expect(page).toContain('去掉有信号的单位之后的得分和结论不公布');
  expect(page).not.toContain('得分 –');
});
