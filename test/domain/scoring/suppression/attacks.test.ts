/** Attacks that once succeeded, each with the attacker's result. */
import { describe, expect, it } from 'vitest';
import type { Group } from '../../../../src/domain/model/vocabulary.ts';
import type { Figure } from '../../../../src/domain/scoring/figure.ts';
import { computeShownSummary } from '../../../../src/domain/scoring/suppression/suppression.ts';
import { computeSummary, type Summary } from '../../../../src/domain/scoring/summary/summary.ts';
import { groupsWithExactRates } from '../../../../src/domain/scoring/suppression/exact-rates.ts';
import { randomCounty } from '../../../support/random-county.ts';
import { inputOf, parentsOnly, reporting, sampling, type Row } from '../summary-fixtures.ts';

const kinds = (figures: readonly { readonly figure: Figure }[]) => figures.map((entry) => entry.figure.kind);
const rowsOf = (
  school: number,
  stratum: number,
  answers: readonly (readonly [number, number, number])[],
): Row[] =>
  answers.map(([one, two, times]) => ({ reporting: school, sampling: stratum, answers: [one, two], times }));

describe('three schools in three sampling strata', () => {
  // School 3 is small and school 2 was its complement. Unweighted counts and the group's weighted figure gave 40.0
  // and 86.0.
  const rows = [
    ...rowsOf(1, 1, [
      [1, 1, 20],
      [2, 2, 10],
      [3, 4, 5],
      [4, 1, 5],
    ]),
    ...rowsOf(2, 2, [
      [1, 1, 15],
      [2, 3, 9],
      [3, 2, 6],
    ]),
    ...rowsOf(3, 3, [
      [4, 4, 3],
      [1, 2, 2],
    ]),
  ];
  const summaryWith = (frame: readonly number[]): Summary =>
    computeShownSummary(
      inputOf(
        parentsOnly({ withinGroup: 'strata' }),
        [reporting(1, 'parent', 40), reporting(2, 'parent', 30), reporting(3, 'parent', 20)],
        rows,
        { samplingStrata: frame.map((size, i) => sampling(i + 1, 'parent', size)) },
      ),
    );

  it('hides the third school, too, if weights differ', () => {
    const shown = summaryWith([400, 150, 60]);
    expect(kinds(shown.groups)).toEqual(['estimate']);
    expect(kinds(shown.schools)).toEqual(['suppressed', 'suppressed', 'suppressed']);
  });

  it('shows the largest school if weights are equal', () => {
    const shown = summaryWith([400, 300, 50]);
    expect(kinds(shown.groups)).toEqual(['estimate']);
    expect(kinds(shown.schools)).toEqual(['estimate', 'suppressed', 'suppressed']);
  });

  it('hides number of respondents and return rate of the small school', () => {
    for (const frame of [
      [400, 150, 60],
      [400, 300, 50],
    ]) {
      const { schools } = summaryWith(frame);
      expect(schools[2]!.responses.kind).toBe('suppressed');
      expect(schools[2]!.returnRate.kind).toBe('suppressed');
      // One hidden rate alone would follow from the total.
      expect(schools.filter((school) => school.returnRate.kind === 'suppressed').length).toBeGreaterThan(1);
    }
  });
});

describe('a remainder', () => {
  const plain = (school: number, counts: readonly number[]): Row[] =>
    counts.flatMap((times, option) =>
      times > 0 ? [{ reporting: school, answers: [option + 1], times }] : [],
    );
  const shownOf = (schools: readonly (readonly number[])[]) =>
    computeShownSummary(
      inputOf(
        parentsOnly(),
        schools.map((_, i) => reporting(i + 1, 'parent', 200)),
        schools.flatMap((counts, i) => plain(i + 1, counts)),
      ),
    );

  it('never consists of one option, which would give 100 for each hidden school', () => {
    // The remainder of 6 and 12 people all chose the first option.
    const shown = shownOf([
      [30, 10, 5, 2],
      [25, 10, 4, 1],
      [12, 0, 0, 0],
      [6, 0, 0, 0],
    ]);
    expect(kinds(shown.schools)).toEqual(['estimate', 'suppressed', 'suppressed', 'suppressed']);
    expect(kinds(shown.groups[0]!.items)).toEqual(['estimate']);
  });

  it('contains every option that anybody in the group chose', () => {
    // Showing the first two schools would leave nobody with the third and fourth option.
    const shown = shownOf([
      [30, 10, 5, 2],
      [25, 10, 4, 1],
      [14, 6, 0, 0],
      [6, 2, 0, 0],
    ]);
    const hidden = shown.schools.filter((school) => school.items[0]!.distribution.kind === 'suppressed');
    expect(hidden.map((school) => school.reportingStratum)).toEqual([2, 3, 4]);
  });
});

describe('groups', () => {
  const groups = parentsOnly({
    groups: [
      { group: 'parent', weight: 0.5, required: true },
      { group: 'teacher', weight: 0.3, required: true },
      { group: 'principal', weight: 0.2, required: true },
    ],
  });
  const spread = (school: number, n: number): Row[] => [
    { reporting: school, answers: [1], times: Math.ceil(n / 2) },
    { reporting: school, answers: [2], times: Math.floor(n / 4) },
    { reporting: school, answers: [3], times: n - Math.ceil(n / 2) - Math.floor(n / 4) },
  ];

  const shownOf = (sizes: readonly (readonly [Group, number])[]) =>
    computeShownSummary(
      inputOf(
        groups,
        sizes.map(([group], no) => reporting(no + 1, group, 400)),
        sizes.flatMap(([, n], no) => spread(no + 1, n)),
      ),
    );

  it('are not hidden for one of their schools: 73 teachers, of whom nine at one school, and 30 principals', () => {
    const shown = shownOf([
      ['parent', 300],
      ['teacher', 64],
      ['teacher', 9],
      ['principal', 30],
    ]);
    expect(shown.official.kind).toBe('estimate');
    expect(kinds(shown.groups)).toEqual(['estimate', 'estimate', 'estimate']);
    expect(kinds(shown.schools)).toEqual(['estimate', 'suppressed', 'suppressed', 'estimate']);
  });

  it('hides the least important other group as complement of a small one', () => {
    const shown = shownOf([
      ['parent', 300],
      ['teacher', 60],
      ['principal', 9],
    ]);
    expect(shown.official.kind).toBe('estimate');
    expect(kinds(shown.groups)).toEqual(['estimate', 'suppressed', 'suppressed']);
    // Their rates would reveal how many answered; 400 codes are not too few.
    const rates = shown.returnRates.filter((rate) => rate.group === 'teacher' || rate.group === 'principal');
    expect(rates.map((rate) => rate.figure)).toEqual([
      { kind: 'suppressed', why: 'protected' },
      { kind: 'suppressed', why: 'protected' },
    ]);
  });
});

describe('numbers of respondents', () => {
  /** Parents of one school, by channel and set. */
  const shownOf = (
    ways: readonly (Pick<Row, 'channel' | 'set'> & { readonly n: number })[],
    returned: ('drawn' | 'replacement')[] = ['drawn', 'replacement'],
  ) => {
    const base = parentsOnly();
    return computeShownSummary(
      inputOf(
        {
          ...base,
          channels: ['web', 'paper'],
          sets: ['drawn', 'replacement'],
          returnRate: { ...base.returnRate!, numerator: 'valid', sets: returned, floor: 90 },
        },
        [{ ...reporting(1, 'parent', 100), issued: { drawn: 100, replacement: 50, other: 0 } }],
        ways.flatMap(({ n, ...way }): Row[] => [
          { ...way, reporting: 1, answers: [1], times: Math.ceil(n / 2) },
          { ...way, reporting: 1, answers: [3], times: Math.floor(n / 2) },
        ]),
      ),
    );
  };
  const countsOf = (shown: Summary) =>
    [...shown.channels, ...shown.sets].flatMap((entry) => entry.groups.map((own) => own.responses.kind));
  const rates = (shown: Summary) => shown.responseRates.map(({ rates: own }) => kinds(own.slice(0, 2)));

  it('hides AAPOR’s rates: they count all channels, and gave the four assisted answers', () => {
    const shown = shownOf([{ n: 60 }, { n: 4, channel: 'assisted' }]);
    expect(shown.channels.find((entry) => entry.channel === 'assisted')!.groups[0]!.responses.kind).toBe(
      'suppressed',
    );
    expect(rates(shown)).toEqual([
      ['suppressed', 'suppressed'],
      ['suppressed', 'suppressed'],
    ]);
    // The page of rates must not reveal it either.
    expect([...groupsWithExactRates(shown)]).toEqual([]);
    // The rates of the counted channels may be shown.
    expect(kinds(shown.returnRates)).toEqual(['estimate', 'estimate']);
  });

  it('shows AAPOR’s rates if there are enough assisted answers', () => {
    const shown = shownOf([{ n: 60 }, { n: 12, channel: 'assisted' }]);
    expect(countsOf(shown)).not.toContain('suppressed');
    expect(rates(shown).flat()).not.toContain('suppressed');
    expect([...groupsWithExactRates(shown)]).toEqual(['parent']);
  });

  it('hides a return rate of the drawn sample that gave the few replacements, also in the verdict', () => {
    const shown = shownOf([{ n: 60 }, { n: 4, set: 'replacement' }], ['drawn']);
    expect(kinds(shown.returnRates)).toEqual(['suppressed', 'suppressed']);
    expect(shown.schools[0]!.returnRate.kind).toBe('suppressed');
    expect(shown.verdict).toMatchObject({
      reasons: [{ code: 'return-rate-too-low', floor: 90 }],
    });
    expect(JSON.stringify(shown.verdict)).not.toContain('rate":');
  });

  it('hides another school if the number of a small one follows from n of its sampling stratum', () => {
    const counts = [5, 12, 36, 40, 6];
    const strata = [1, 1, 2, 2, 2];
    const shown = computeShownSummary(
      inputOf(
        parentsOnly({ withinGroup: 'strata' }),
        counts.map((_, i) => reporting(i + 1, 'parent', 60)),
        counts.flatMap((n, i): Row[] =>
          [1, 2, 3].map((answer) => ({
            ...{ reporting: i + 1, sampling: strata[i]!, answers: [answer] },
            times: Math.floor((n + answer - 1) / 3),
          })),
        ),
        { samplingStrata: [sampling(1, 'parent', 170), sampling(2, 'parent', 820)] },
      ),
    );
    // Without the schools of 12 and 36, eleven remain in all, but only five in the first stratum and six in the
    // second.
    expect(shown.schools.map((school) => school.responses.kind)).toEqual([
      'suppressed',
      'suppressed',
      'suppressed',
      'count',
      'suppressed',
    ]);
  });
});

describe('standard errors', () => {
  const sizes = [40, 30, 5];
  const shownOf = (strata: readonly number[], frame: readonly number[]) =>
    computeShownSummary(
      inputOf(
        parentsOnly({ withinGroup: 'strata', interval: { method: 't', level: 0.95 } }),
        sizes.map((n, i) => reporting(i + 1, 'parent', n + 10)),
        sizes.flatMap((n, i): Row[] =>
          [1, 2, 3, 4].map((answer) => ({
            ...{ reporting: i + 1, sampling: strata[i]!, answers: [answer] },
            times: Math.floor((n + answer - 1) / 4),
          })),
        ),
        { samplingStrata: frame.map((size, i) => sampling(i + 1, 'parent', size)) },
      ),
    );
  const errors = (shown: Summary) =>
    [shown.official, shown.groups[0]!.figure, ...shown.groups[0]!.items.map((item) => item.figure)].map(
      (figure) => (figure.kind === 'estimate' ? figure.se !== undefined : figure.kind),
    );

  it('are hidden if they tell two schools of equal weight apart by the size of their strata', () => {
    const shown = shownOf([1, 2, 3], [400, 300, 50]);
    expect(kinds(shown.schools)).toEqual(['estimate', 'suppressed', 'suppressed']);
    expect(errors(shown)).toEqual([false, false, false]);
    expect(kinds(shown.groups[0]!.formulas)).not.toContain('suppressed');
  });

  it('are shown if both schools are in one stratum', () => {
    const shown = shownOf([1, 2, 2], [400, 350]);
    expect(kinds(shown.schools)).toEqual(['estimate', 'suppressed', 'suppressed']);
    expect(errors(shown)).toEqual([true, true, true]);
  });
});

describe('channels of a group', () => {
  // Found in county 25: 6 of 45 principals answered on a kiosk or on paper, all with the same option. The group's
  // figure less the one by web revealed it.
  it('hides another channel if the hidden ones would all have the same answers', () => {
    const county = randomCounty(25);
    const ofPrincipals = (summary: Summary): Record<string, Figure> =>
      Object.fromEntries(
        summary.channels.flatMap(({ channel, groups }) =>
          groups.filter(({ group }) => group === 'principal').map(({ figure }) => [channel, figure]),
        ),
      );
    const whole = ofPrincipals(computeSummary(county));
    expect(whole).toMatchObject({ kiosk: { value: 100, others: 0 }, paper: { value: 100, others: 0 } });
    const by2 = ofPrincipals(computeShownSummary({ ...county, disclosureRule: 2 }));
    expect(by2).toMatchObject({ web: { kind: 'estimate' }, kiosk: { kind: 'suppressed' } });
    const by3 = ofPrincipals(computeShownSummary({ ...county, disclosureRule: 3 }));
    expect(by3).toMatchObject({ web: { kind: 'suppressed' }, kiosk: { kind: 'suppressed' } });
  });
});
