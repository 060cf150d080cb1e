import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkQuestionnaire } from '../../../src/domain/questionnaire/check.ts';
import { compileQuestionnaire } from '../../../src/domain/questionnaire/compile.ts';
import { questionnaireJsonSchema } from '../../../src/domain/questionnaire/template.ts';
import { load } from './sample.ts';

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../survey-templates/${name}`, import.meta.url), 'utf8'));

const names = ['parent', 'teacher', 'principal', 'deputy', 'public'];
const questionnaires = names.map((name) => load(read(`${name}.json`)));

describe.each(names)('%s', (name) => {
  const document = read(`${name}.json`);
  const q = load(document);
  const ratings = q.items.filter((item) => item.type === 'rating');

  test('passes the check', () => {
    expect(checkQuestionnaire(document)).toMatchObject({ ok: true });
  });

  test('is for its group, in Chinese and English', () => {
    expect(q).toMatchObject({ id: name, groups: [name], languages: ['zh-CN', 'en'] });
  });

  test('rates on the prescribed scale and always offers 不了解', () => {
    expect(q.scales.satisfaction!.options.map((o) => [o.id, o.text['zh-CN'], o.dontKnow ?? false])).toEqual([
      ['very-satisfied', '非常满意', false],
      ['satisfied', '满意', false],
      ['basically-satisfied', '基本满意', false],
      ['dissatisfied', '不满意', false],
      ['dont-know', '不了解', true],
    ]);
    expect(ratings.every((item) => item.scale === 'satisfaction' && item.required)).toBe(true);
  });

  test('ends with the whole, then one optional open question that warns not to name anybody', () => {
    expect(ratings.at(-1)).toMatchObject({ id: 'overall', dimension: 'overall' });
    expect(q.items.filter((item) => item.type === 'text')).toHaveLength(1);
    const last = q.items.at(-1)!;
    expect(last.type === 'text' && last.required !== true && last.hint?.['zh-CN']).toContain('不要写');
  });

  test('is two to three minutes long', () => {
    expect(ratings.length).toBeGreaterThanOrEqual(12);
    expect(ratings.length).toBeLessThanOrEqual(14);
  });

  test('no item leads: none says satisfied, good, or agree by itself', () => {
    for (const item of ratings) {
      expect(item.text['zh-CN']).not.toMatch(/满意|是否同意|大力|高度|显著|良好|优秀/);
      expect(item.text.en).not.toMatch(/satisf|agree|excellent|great/i);
    }
  });
});

test('the parents’ questionnaire has thirteen items, twelve of them rated', () => {
  const q = compileQuestionnaire(questionnaires[0]!);
  expect([q.items.length, q.texts.length, q.byteLength]).toEqual([12, 1, 12]);
});

test('an id means one dimension in every questionnaire', () => {
  const dimensionOf = new Map<string, string>();
  for (const item of questionnaires.flatMap((q) => q.items)) {
    if (item.type !== 'rating') continue;
    expect([item.id, dimensionOf.get(item.id) ?? item.dimension]).toEqual([item.id, item.dimension]);
    dimensionOf.set(item.id, item.dimension);
  }
});

test('all questionnaires share their dimensions and scale', () => {
  const texts = new Map<string, unknown>();
  for (const q of questionnaires) {
    expect(q.scales).toEqual(questionnaires[0]!.scales);
    for (const d of q.dimensions) expect(texts.get(d.id) ?? d.text).toEqual(d.text);
    for (const d of q.dimensions) texts.set(d.id, d.text);
  }
  expect([...texts.keys()].sort()).toEqual(
    [
      'conditions-gap',
      'disadvantaged',
      'government-effort',
      'overall',
      'proximity',
      'quality',
      'regulation',
      'school-choice',
      'teacher-gap',
    ].sort(),
  );
});

test('the JSON Schema beside the templates is the one of the format', () => {
  expect(read('questionnaire.schema.json')).toEqual(questionnaireJsonSchema());
});
