/** What items say of themselves decides what enters which figure. All expectations by hand, or from the raw sheets by code that is held to R (estimate/design.ts). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createAnswerer } from '../../../../src/cli/demo/answers.ts';
import { counties } from '../../../../src/cli/demo/counties.ts';
import { parseForm } from '../../../../src/domain/questionnaire/answers.ts';
import { compileQuestionnaire } from '../../../../src/domain/questionnaire/compile.ts';
import { questionnaireSchema, type Questionnaire } from '../../../../src/domain/questionnaire/template.ts';
import { estimateRatio } from '../../../../src/domain/scoring/estimate/design.ts';
import type { Figure } from '../../../../src/domain/scoring/figure.ts';
import { checkProfileAgainst } from '../../../../src/domain/scoring/rules/profile.ts';
import { computeSummary, type Summary } from '../../../../src/domain/scoring/summary/summary.ts';
import { computeShownSummary } from '../../../../src/domain/scoring/suppression/suppression.ts';
import { createTally, foldAnswers } from '../../../../src/domain/scoring/tally/tally.ts';
import { encodeTally } from '../../../../src/domain/scoring/tally/tally-bytes.ts';
import type { Group } from '../../../../src/domain/model/vocabulary.ts';
import { readProfile } from '../profiles.ts';
import { inputOf, parentsOnly, reporting, sampling, type Row } from '../summary-fixtures.ts';

const both = (text: string) => ({ 'zh-CN': text, en: text });
const scale = {
  options: ['very-satisfied', 'satisfied', 'basically-satisfied', 'dissatisfied', 'dont-know'].map((id) => ({
    id,
    text: both(id),
    ...(id === 'dont-know' && { dontKnow: true as const }),
  })),
};
type Says = Partial<Extract<Questionnaire['items'][number], { type: 'rating' }>>;
const item = (id: string, dimension: string, says: Says): Questionnaire['items'][number] => ({
  type: 'rating',
  id,
  dimension,
  scale: 'five',
  text: both(id),
  ...says,
});
function documentOf(group: Group, items: Questionnaire['items']): Questionnaire {
  return questionnaireSchema.parse({
    id: `${group}-stated`,
    groups: [group],
    regime: 'basic-2012',
    languages: ['zh-CN', 'en'],
    title: both(group),
    scales: { five: scale },
    dimensions: ['overall', 'near', 'gap', 'work'].map((id) => ({ id, text: both(id) })),
    items,
  });
}
const school = { about: 'school', scored: true } as const;
const county = { about: 'county', scored: true } as const;
const covers = { covers: { 'basic-2012': ['proximity'] } };
const parents = documentOf('parent', [
  item('overall', 'overall', { about: 'county', scored: false, core: true }),
  item('distance', 'near', { ...school, core: true, ...covers }),
  item('bus', 'near', school),
  item('facilities', 'gap', { ...county, core: true, covers: { 'basic-2012': ['conditions-gap'] } }),
  item('forms', 'work', { about: 'school', scored: false }),
]);
const teachers = documentOf('teacher', [
  item('overall', 'overall', { about: 'county', scored: false, core: true }),
  item('distance', 'near', { ...school, core: true, ...covers }),
  item('staff', 'gap', county),
  item('pay', 'work', { about: 'county', scored: false }),
]);
const points = [100, 80, 60, 0];
const valueOf = (figure: Figure | undefined) => (figure?.kind === 'estimate' ? figure.value : figure?.kind);
const of = <T extends { readonly id: string }>(list: readonly T[], id: string) =>
  list.find((entry) => entry.id === id);

describe('two parents and a teacher, by hand', () => {
  const profile = parentsOnly({
    groups: [
      { group: 'parent', weight: 0.5, required: true },
      { group: 'teacher', weight: 0.5, required: true },
    ],
  });
  const strata = [reporting(1, 'parent', 20), reporting(2, 'parent', 20), reporting(3, 'teacher', 20)];
  const questionnaires = new Map([
    [1, compileQuestionnaire(parents)],
    [2, compileQuestionnaire(teachers)],
  ]);
  const summaryOf = (overall: number, forms: number) =>
    computeSummary(
      inputOf(
        profile,
        strata,
        [
          { reporting: 1, answers: [overall, 1, 2, 4, forms] },
          { reporting: 2, answers: [4, 3, 1, 1, 4] },
          { reporting: 3, answers: [2, 2, 3, 1] },
        ],
        { questionnaires },
      ),
    );
  const summary = summaryOf(1, 1);
  const [parent, teacher] = summary.groups as [Summary['groups'][number], Summary['groups'][number]];

  it('an item that is not scored is in no score', () => {
    // Parents: (100 + 80 + 0) + (60 + 100 + 100) over 6 answers. Teacher: (80 + 60) ⁄ 2.
    expect(valueOf(parent.figure)).toBe(73.33333333333);
    expect(valueOf(teacher.figure)).toBe(70);
    expect(valueOf(summary.official)).toBe(71.66666666667);
    expect(parent.figure).toMatchObject({ n: 2, denominator: 6 });
    for (const other of [summaryOf(4, 4), summaryOf(254, 2)]) {
      expect(other.official).toEqual(summary.official);
      expect(other.formulas.map((f) => f.figure)).toEqual(summary.formulas.map((f) => f.figure));
      expect(other.schools.map((s) => s.figure)).toEqual(summary.schools.map((s) => s.figure));
    }
  });

  it('the whole stands beside the score, and says so', () => {
    expect(of(summary.dimensions, 'overall')).toMatchObject({ scored: false });
    expect(valueOf(of(summary.dimensions, 'overall')!.figure)).toBe((50 + 80) / 2);
    expect(of(parent.items, 'overall')).toMatchObject({ scored: false });
    expect(of(parent.items, 'distance')).not.toHaveProperty('scored');
  });

  it('groups are compared on core items only', () => {
    // near: distance alone, not bus. gap: parents’ facilities; teachers’ staff is their own.
    expect(valueOf(of(parent.dimensions, 'near')?.figure)).toBe(80);
    expect(valueOf(of(summary.dimensions, 'near')?.figure)).toBe((80 + 80) / 2);
    expect(of(teacher.dimensions, 'gap')).toMatchObject({ compared: false });
    expect(valueOf(of(teacher.dimensions, 'gap')?.figure)).toBe(60);
    expect(valueOf(of(summary.dimensions, 'gap')?.figure)).toBe(50);
    // Nobody has a core item there.
    expect(of(summary.dimensions, 'work')).toBeUndefined();
    expect(of(parent.dimensions, 'work')).toMatchObject({ scored: false, compared: false });
  });

  it('named content alone, beside the others', () => {
    const named = summary.formulas.find((f) => f.formula.named);
    // Parents: (100 + 0 + 60 + 100) ⁄ 4. Teacher: 80.
    expect(valueOf(named?.figure)).toBe((65 + 80) / 2);
    expect(named?.official).toBe(false);
  });

  it('a school’s row is of what is about schools', () => {
    expect(summary.schools.map((row) => valueOf(row.figure))).toEqual([90, 80, 80]);
    const shown = computeShownSummary(
      inputOf(
        { ...profile, minimumCell: 5 },
        [reporting(1, 'parent', 40), reporting(2, 'parent', 40)],
        [1, 2].flatMap((at): Row[] => [
          { reporting: at, answers: [1, 1, 2, 4, 1], times: 12 },
          { reporting: at, answers: [2, 2, 1, 1, 1], times: 11 },
        ]),
        { questionnaires: new Map([[1, compileQuestionnaire(parents)]]) },
      ),
    );
    expect(shown.schools[0]!.items.map((entry) => entry.id)).toEqual(['distance', 'bus', 'forms']);
    expect(JSON.stringify(shown)).not.toContain('elsewhere');
  });

  it('a formula that names an item that is not scored is refused', () => {
    const base = profile.formulas[0]!;
    const check = (items: string[]) =>
      checkProfileAgainst({ ...profile, formulas: [...profile.formulas, { ...base, id: 'own', items }] }, [
        ...questionnaires.values(),
      ]);
    expect(check(['distance'])).toMatchObject({ ok: true });
    expect(check(['overall'])).toMatchObject({
      ok: false,
      issues: [
        { message: 'profile.check.formula-unscored-item', params: { item: 'overall' } },
        { message: 'profile.check.formula-unscored-item' },
      ],
    });
  });
});

describe('standard errors of partial sets come from the tallies', () => {
  it('as from the raw sheets', () => {
    const rows: Row[] = Array.from({ length: 80 }, (_, i) => ({
      reporting: 1 + (i % 2),
      sampling: 1 + (i % 2),
      answers: [1 + (i % 4), 1 + ((i * 7) % 4), i % 5 === 0 ? 254 : 1 + ((i * 3) % 4), 1 + ((i * 5) % 3), 4],
    }));
    const profile = parentsOnly({ withinGroup: 'strata', interval: { method: 't', level: 0.95 } });
    const strata = [reporting(1, 'parent', 60, 'urban'), reporting(2, 'parent', 60, 'rural')];
    const summary = computeSummary(
      inputOf(profile, strata, rows, {
        questionnaires: new Map([[1, compileQuestionnaire(parents)]]),
        samplingStrata: [sampling(1, 'parent', 400, 'urban'), sampling(2, 'parent', 900, 'rural')],
      }),
    );
    const expected = (places: readonly number[], domain?: (row: Row) => boolean) => {
      const known = (row: Row) => places.map((at) => row.answers[at]!).filter((code) => code !== 254);
      return estimateRatio<Row>(
        {
          rows,
          stratum: (row) => String(row.sampling),
          population: (stratum) => (stratum === '1' ? 400 : 900),
        },
        (row) => known(row).reduce((sum, code) => sum + points[code - 1]!, 0),
        (row) => known(row).length,
        domain,
      )!;
    };
    const same = (figure: Figure | undefined, want: { value: number; se: number | null; df: number }) => {
      expect(figure).toMatchObject({ kind: 'estimate', df: want.df });
      if (figure?.kind !== 'estimate') return;
      expect(figure.value).toBeCloseTo(want.value, 9);
      expect(figure.se).toBeCloseTo(want.se!, 9);
    };
    same(summary.official, expected([1, 2, 3]));
    same(summary.formulas.find((f) => f.formula.named)?.figure, expected([1, 3]));
    same(of(summary.dimensions, 'near')?.figure, expected([1]));
    same(
      summary.schools[0]!.figure,
      expected([1, 2], (row) => row.reporting === 1),
    );
  });
});

describe('questionnaires from before', () => {
  it('have the tallies and the figures that they had', () => {
    const old: Questionnaire = {
      ...parents,
      regime: undefined,
      items: parents.items.map((own) => item(own.id, own.type === 'rating' ? own.dimension : '', {})),
    };
    const [before, after] = [compileQuestionnaire(old), compileQuestionnaire(parents)];
    const sheet = Uint8Array.from([1, 2, 3, 4, 254]);
    const bytes = [before, after].map((q) => {
      const tally = createTally(q);
      foldAnswers(tally, q, sheet, 1);
      return tally;
    });
    // All, and four dimensions: the layout of version 1 as it ever was.
    expect(bytes[0]!.plan.scopeItems).toEqual([[0, 1, 2, 3, 4], [0], [1, 2], [3], [4]]);
    // Scored, named. About the school: `near` already. Core items of the dimensions: single ones.
    expect(bytes[1]!.plan.scopeItems.slice(5)).toEqual([
      [1, 2, 3],
      [1, 3],
    ]);
    expect(encodeTally(bytes[0]!).length).toBeLessThan(encodeTally(bytes[1]!).length);
    const summary = computeSummary(
      inputOf(parentsOnly(), [reporting(1, 'parent', 20)], [{ reporting: 1, answers: [1, 2, 3, 4, 4] }], {
        questionnaires: new Map([[1, before]]),
      }),
    );
    expect(valueOf(summary.official)).toBe((100 + 80 + 60 + 0 + 0) / 5);
    expect(valueOf(of(summary.dimensions, 'near')?.figure)).toBe(70);
    expect(valueOf(summary.schools[0]!.figure)).toBe(48);
    expect(JSON.stringify(summary)).not.toMatch(/"scored"|"compared"|"elsewhere"/);
  });
});

describe('the demonstration’s sheets before and after (scoring/README.md has the table)', () => {
  const groups = ['parent', 'teacher', 'principal', 'deputy', 'public'] as const;
  const profile = readProfile('basic-2012');
  const load = (group: Group) =>
    questionnaireSchema.parse(
      JSON.parse(
        readFileSync(new URL(`../../../../survey-templates/${group}-2012.json`, import.meta.url), 'utf8'),
      ),
    );
  const unsaid = (q: Questionnaire): Questionnaire => ({
    ...q,
    regime: undefined,
    items: q.items.map((own) => {
      if (own.type !== 'rating') return own;
      const { scored: _scored, core: _core, about: _about, covers: _covers, ...rest } = own;
      return rest;
    }),
  });

  it('same answers, each figure by the raw options', () => {
    const table = counties.slice(0, 4).map((plan) => {
      const answerer = createAnswerer(plan, 1);
      const sheets = groups.map((group) => {
        const q = load(group);
        return {
          group,
          q,
          fields: Array.from({ length: group === 'parent' ? 120 : 30 }, () => [
            ...answerer.answer(q, group, 'rural').fields,
          ]),
        };
      });
      const summarise = (change: (q: Questionnaire) => Questionnaire) => {
        const questionnaires = new Map(
          sheets.map(({ q }, i) => [i + 1, compileQuestionnaire(change(q))] as const),
        );
        const rows = sheets.flatMap(({ fields }, i) =>
          fields.map((own): Row => {
            const parsed = parseForm(questionnaires.get(i + 1)!, own);
            if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
            return { reporting: i + 1, answers: [...parsed.bytes] };
          }),
        );
        const strata = groups.map((group, i) => reporting(i + 1, group, 400));
        return computeSummary(
          inputOf({ ...profile, withinGroup: 'none', smallestStratum: undefined }, strata, rows, {
            questionnaires,
          }),
        );
      };
      const [before, after] = [summarise(unsaid), summarise((q) => q)];
      const byHand = (takes: (own: Says) => boolean) =>
        sheets.reduce((sum, { group, q, fields }) => {
          const ids = new Set(
            q.items.flatMap((own) => (own.type === 'rating' && takes(own) ? [own.id] : [])),
          );
          const known = fields
            .flat()
            .flatMap(([id, option]) =>
              ids.has(id) && option !== 'dont-know'
                ? [points[scale.options.findIndex((o) => o.id === option)]!]
                : [],
            );
          const weight = profile.groups.find((rule) => rule.group === group)!.weight;
          return sum + (weight * known.reduce((a, b) => a + b, 0)) / known.length;
        }, 0);
      const named = after.formulas.find((f) => f.formula.named);
      const figures = [
        [before.official, byHand(() => true)],
        [after.official, byHand((own) => own.scored !== false)],
        [named?.figure, byHand((own) => own.covers?.['basic-2012'] !== undefined)],
        [of(after.dimensions, 'overall')?.figure, byHand((own) => own.dimension === 'overall')],
      ] as const;
      return figures.map(([figure, want]) => {
        expect(valueOf(figure)).toBeCloseTo(want, 9);
        return want.toFixed(1);
      });
    });
    const readme = readFileSync(new URL('../../../../src/domain/scoring/README.md', import.meta.url), 'utf8');
    const stated = readme
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .filter((cells) => /^[1-4]$/.test(cells[1] ?? ''))
      .map((cells) => cells.slice(2, 6));
    expect(stated).toEqual(table);
  });
});
