/** A county's claim, from a platform's export: figures by hand. */
import { describe, expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import {
  claimedAnswers,
  claimedFigures,
  optionNames,
  readClaimed,
} from '../../../../src/domain/scoring/claimed/claimed.ts';
import { questionnaireSchema } from '../../../../src/domain/questionnaire/template.ts';
import { ruleProfileSchema } from '../../../../src/domain/scoring/rules/profile.ts';

const read = (path: string) =>
  JSON.parse(
    readFileSync(new URL(`../../../../survey-templates/${path}`, import.meta.url), 'utf8'),
  ) as unknown;
const parent = questionnaireSchema.parse(read('parent-2012.json'));
const profile = ruleProfileSchema.parse(read('profiles/basic-2012.json'));
const names = optionNames([parent], '比较满意=满意');
const valuesOf = (file: ReturnType<typeof readClaimed>) =>
  Object.fromEntries(claimedFigures(file!, profile).map((f) => [f.formula.id, f.value ?? f.why]));

// 40/35/17/5/3 % over the five options: domain.md part 1 gives 94.8, 92.0, 77.3, 80.6 and 77.1.
const published = {
  'share-top3': 94.8,
  'share-top3-of-all': 92,
  'share-top2': 77.3,
  'mean-100-80-60-0': 80.6,
  'mean-100-75-50-0': 77.1,
};

describe('a platform’s statistics', () => {
  const table = (counts: readonly (string | number)[][]) => [
    ['第1题：您对孩子就近入学满意吗？      [单选题]'],
    ['选项', '小计', '比例'],
    ...counts,
    ['本题有效填写人次', 200],
  ];
  const counts = [
    ['非常满意', 80, '40%'],
    ['B.满意', 70, '35%'],
    ['基本满意', 34, '17%'],
    ['不满意', 10, '5%'],
    ['不清楚', 6, '3%'],
  ];

  test('every formula gives what is published for such answers', () => {
    const file = readClaimed(table(counts), names)!;
    expect(file).toMatchObject({ kind: 'options', people: 200, sharesAlone: false, left: [] });
    expect(claimedAnswers(file)).toBe(200);
    const values = valuesOf(file);
    for (const [formula, value] of Object.entries(published))
      expect(values[formula], formula).toBeCloseTo(value, 1);
    // Which items cover the named content, the file does not say.
    expect(values['mean-100-80-60-0-named']).toBe('needs-items');
  });

  test('percentages alone give the same, and no number of people', () => {
    const file = readClaimed(
      [['第1题：就近入学'], ['选项', '比例'], ...counts.map(([option, , share]) => [option!, share!])],
      names,
    )!;
    expect(file).toMatchObject({ sharesAlone: true, people: null });
    expect(valuesOf(file)['mean-100-80-60-0']).toBeCloseTo(80.6, 1);
  });

  test('a question with an option that the scale lacks is left out and named', () => {
    const other = [['第2题：作业'], ['选项', '小计', '比例'], ['满意', 5, '50%'], ['一般', 5, '50%']];
    const file = readClaimed([...table(counts), ...other], names)!;
    expect(file.left).toEqual([{ title: '第2题:作业', option: '一般' }]);
    expect(file.questions).toHaveLength(1);
  });
});

describe('a row for each sheet', () => {
  const header = ['序号', '提交答卷时间', '来自IP', '1、就近入学', '2、作业负担', '3、意见'];
  const rows = [
    [1, '2026/5/1 10:00', '1.2.3.4', '非常满意', '比较满意', '好'],
    [2, '2026/5/1 10:01', '1.2.3.4', '不满意', '(跳过)', ''],
    [3, '2026/5/1 10:02', '1.2.3.5', '不了解', '基本满意', '满意'],
  ];
  const file = readClaimed([header, ...rows], names)!;

  test('columns of other things are no questions; a comment that reads like an option with others is left out and named', () => {
    expect(file).toMatchObject({ kind: 'rows', people: 3, left: [{ title: '3、意见', option: '好' }] });
    expect(file.questions.map((q) => q.title)).toEqual(['1、就近入学', '2、作业负担']);
    // 100, 80 and 0, 60 of four answers that count.
    expect(valuesOf(file)['mean-100-80-60-0']).toBeCloseTo(60, 9);
    // 3 of 5, 不了解 kept.
    expect(valuesOf(file)['share-top3-of-all']).toBeCloseTo(60, 9);
  });

  test('by respondents: the mean of 90, 0 and 60', () => {
    const formula = { ...profile.formulas[0]!, unit: 'respondents' as const };
    expect(claimedFigures(file, { ...profile, formulas: [formula] })[0]!.value).toBeCloseTo(50, 9);
    const options = readClaimed([['第1题：甲'], ['满意', 1], ['不满意', 1]], names)!;
    expect(claimedFigures(options, { ...profile, formulas: [formula] })[0]).toMatchObject({
      value: null,
      why: 'needs-sheets',
    });
  });

  test('options by number are not guessed', () => {
    expect(readClaimed([header, [1, '', '', 1, 2, ''], [2, '', '', 3, 1, '']], names)).toBeUndefined();
  });
});
