import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkQuestionnaire } from '../../../src/domain/questionnaire/check.ts';
import { checkSet } from '../../../src/domain/questionnaire/check-set.ts';
import { namedContents, regimes } from '../../../src/domain/questionnaire/named-content.ts';
import { numberItems } from '../../../src/domain/questionnaire/numbering.ts';
import {
  questionnaireJsonSchema,
  type Questionnaire,
  type RatingItem,
} from '../../../src/domain/questionnaire/template.ts';
import { questionnaireTexts } from '../../../src/domain/scoring/summary/summary-input.ts';
import { load } from './sample.ts';

const folder = new URL('../../../survey-templates/', import.meta.url);
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));

const groups = ['parent', 'teacher', 'principal', 'deputy', 'public'] as const;
const year = { 'basic-2012': '2012', 'quality-2017': '2017' } as const;
const set = (regime: (typeof regimes)[number]): Questionnaire[] =>
  groups.map((group) => load(read(`${group}-${year[regime]}.json`)));
const all = regimes.flatMap(set);
const students = load(read('student-2017.json'));
const ratingsOf = (q: Questionnaire) => q.items.filter((item): item is RatingItem => item.type === 'rating');

const cases = regimes.flatMap((regime) =>
  groups.map((group) => [`${group}-${year[regime]}`, group, regime] as const),
);

describe.each(cases)('%s', (name, group, regime) => {
  const document = read(`${name}.json`);
  const q = load(document);
  const ratings = ratingsOf(q);

  test('passes the check', () => {
    expect(checkQuestionnaire(document)).toMatchObject({ ok: true });
  });

  test('is for its group and regime, in Chinese and English', () => {
    expect(q).toMatchObject({ id: name, groups: [group], regime, languages: ['zh-CN', 'en'] });
  });

  test('rates on the prescribed scale, with its tail, in either order, and always offers 不了解', () => {
    const { tail, reversible, options } = q.scales.satisfaction!;
    expect([tail?.['zh-CN'], tail?.en, reversible]).toEqual([
      '您满不满意？',
      'Are you satisfied or dissatisfied?',
      true,
    ]);
    expect(options.map((o) => [o.id, o.text['zh-CN'], o.dontKnow ?? false])).toEqual([
      ['very-satisfied', '非常满意', false],
      ['satisfied', '满意', false],
      ['basically-satisfied', '基本满意', false],
      ['dissatisfied', '不满意', false],
      ['dont-know', '不了解', true],
    ]);
    expect(ratings.every((item) => item.scale === 'satisfaction' && item.required)).toBe(true);
  });

  test('begins with the whole, which is not scored, and ends with one optional question that warns not to name anybody', () => {
    expect(q.items[0]).toMatchObject({ id: 'overall', dimension: 'overall', scored: false, core: true });
    expect(q.items.filter((item) => item.type === 'text')).toHaveLength(1);
    const last = q.items.at(-1)!;
    expect(last.type === 'text' && last.required !== true && last.hint?.['zh-CN']).toContain('不要写');
  });

  test('is two to three minutes long: twelve or thirteen rated items, the rest optional', () => {
    expect([12, 13]).toContain(ratings.length);
    expect(numberItems(q).total).toBeLessThanOrEqual(16);
    expect(q.items.filter((item) => item.type !== 'rating' && item.required === true)).toEqual([]);
  });

  test('no item leads: none says satisfied, good, or agree by itself', () => {
    for (const item of ratings) {
      expect(item.text['zh-CN']).not.toMatch(/满意|是否同意|大力|高度|显著|良好|优秀/);
      expect(item.text.en).not.toMatch(/satisf|agree|excellent|great/i);
    }
  });

  test('parents and teachers see from the words whether an item is about the county', () => {
    if (group !== 'parent' && group !== 'teacher') return;
    for (const item of ratings)
      for (const text of Object.values(item.text))
        expect([item.id, text.includes('{county}')]).toEqual([item.id, item.about === 'county']);
  });

  test('what is not about schools is shown and not scored', () => {
    const unscored = ratings.filter((item) => item.scored === false).map((item) => item.id);
    const known = ['overall', 'pay', 'admin-burden', 'motions', 'safety', 'inspection'];
    expect(unscored.filter((id) => !known.includes(id))).toEqual([]);
    for (const id of known) if (ratings.some((item) => item.id === id)) expect(unscored).toContain(id);
  });
});

describe('as sets', () => {
  test.each(regimes)('%s asks every group all that the regime names, core items in one wording', (regime) => {
    expect(checkSet(set(regime), (text) => text.en ?? '')).toEqual([]);
  });

  test('both regimes together: a core item has one wording in all', () => {
    expect(checkSet(all, (text) => text.en ?? '')).toEqual([]);
  });

  test('nine core items of 2012 and ten of 2017, in every group', () => {
    const common = (questionnaires: readonly Questionnaire[]) => {
      const [first, ...others] = questionnaires.map(
        (q) => new Set(ratingsOf(q).flatMap((item) => (item.core ? [item.id] : []))),
      );
      return [...first!].filter((id) => others.every((ids) => ids.has(id))).sort();
    };
    expect(common(set('basic-2012'))).toEqual(
      [
        'class-size',
        'distance',
        'enrolment',
        'facilities-gap',
        'government',
        'overall',
        'support',
        'teacher-gap',
        'workload',
      ].sort(),
    );
    expect(common(set('quality-2017'))).toEqual(
      [
        'conduct',
        'curriculum',
        'enrolment',
        'evaluation',
        'government',
        'overall',
        'sharing',
        'support',
        'teaching',
        'workload',
      ].sort(),
    );
  });

  test('an id means one matter, in one dimension, with one wording', () => {
    const meaning = new Map<string, unknown>();
    for (const item of all.flatMap((q) => q.items)) {
      const own = [item.text, item.type === 'rating' ? item.dimension : item.type];
      expect([item.id, meaning.get(item.id) ?? own]).toEqual([item.id, own]);
      meaning.set(item.id, own);
    }
  });

  test('a dimension and the scale are the same in all', () => {
    const texts = new Map<string, unknown>();
    for (const q of all) {
      expect(q.scales).toEqual(all[0]!.scales);
      for (const d of q.dimensions) expect(texts.get(d.id) ?? d.text).toEqual(d.text);
      for (const d of q.dimensions) texts.set(d.id, d.text);
    }
  });

  test('figures name the county: nothing is left in braces', () => {
    for (const q of all)
      for (const text of questionnaireTexts(q, '云溪县').items.values())
        expect(JSON.stringify(text)).not.toMatch(/\{\w+\}/);
    expect(questionnaireTexts(all[0]!, '云溪县').items.get('overall')!['zh-CN']).toBe(
      '总的来说，云溪县的小学和初中教育',
    );
  });

  test('ids that the old templates used for other matters are not used again', () => {
    const ids = new Set(all.flatMap((q) => q.items.map((item) => item.id)));
    for (const id of ['exchange', 'resource-sharing', 'planning', 'quota']) expect(ids).not.toContain(id);
  });

  test('follow-ups are never scored, and a conditional one hangs on dissatisfaction', () => {
    for (const q of all)
      for (const item of q.items)
        if (item.type === 'single')
          expect([item.id, item.showIf ?? null]).toEqual([
            item.id,
            item.id === 'workload-why' ? { item: 'workload', in: ['dissatisfied'] } : null,
          ]);
  });
});

describe('for pupils, and for teachers on their principal', () => {
  const onPrincipal = load(read('teacher-on-principal.json'));
  test('pupils are asked all that 2017 names, in ids that no other questionnaire has', () => {
    expect(checkSet([...set('quality-2017'), students], (text) => text.en ?? '')).toEqual([]);
    const others = new Set(all.flatMap((q) => q.items.map((item) => item.id)));
    for (const q of [students, onPrincipal])
      expect(q.items.map((item) => item.id).filter((id) => others.has(id))).toEqual([]);
  });

  test('neither asks for words or for a name; pupils read short and plain items, none of them of the county', () => {
    for (const q of [students, onPrincipal]) {
      expect(q.items.every((item) => item.type === 'rating' && item.required)).toBe(true);
      expect(ratingsOf(q).every((item) => item.about === 'school')).toBe(true);
      expect(q.scales.satisfaction!.options).toEqual(all[0]!.scales.satisfaction!.options);
    }
    expect(ratingsOf(students)).toHaveLength(11);
    for (const item of ratingsOf(students)) {
      const [main = ''] = item.text['zh-CN']!.split('（');
      expect([item.id, [...main].length <= 18]).toEqual([item.id, true]);
      expect(item.text['zh-CN']).not.toMatch(/满意|您|政府|均衡|督导|配置|资源/);
    }
    expect(students.title['zh-CN']).toContain('三年级');
    expect(students.introduction!['zh-CN']).toContain('不写名字');
  });
});

test('the table of named content in the README is that of the templates', () => {
  const readme = readFileSync(new URL('README.md', folder), 'utf8');
  for (const regime of regimes) {
    const questionnaires = regime === 'quality-2017' ? [...set(regime), students] : set(regime);
    for (const { id, title } of namedContents[regime]!) {
      const cells = questionnaires.map((q) =>
        ratingsOf(q)
          .filter((item) => item.scored !== false && item.covers?.[regime]?.includes(id))
          .map((item) => item.id)
          .join(', '),
      );
      const row = [title['zh-CN']!, ...cells];
      const line = readme
        .split('\n')
        .map((l) => l.split('|').map((cell) => cell.trim().replaceAll('`', '')))
        .find((c) => c[1] === title['zh-CN'] && c.length === row.length + 2 && readme.includes(regime));
      expect(line?.slice(1, -1), `${regime} ${id}`).toEqual(row);
    }
  }
});

test('the JSON Schema beside the templates is the one of the format', () => {
  expect(read('questionnaire.schema.json')).toEqual(questionnaireJsonSchema());
});
