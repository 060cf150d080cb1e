/** The demonstration before and after the templates of November 2026: who answers an item of both answers it alike, so figures of such items stay. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createAnswerer } from '../../src/cli/demo/answers.ts';
import { counties } from '../../src/cli/demo/counties.ts';
import { questionnaireSchema, type Questionnaire } from '../../src/domain/questionnaire/template.ts';

const load = (path: string) =>
  questionnaireSchema.parse(JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')));
const points: Readonly<Record<string, number>> = {
  'very-satisfied': 100,
  satisfied: 80,
  'basically-satisfied': 60,
  dissatisfied: 0,
};

test.each(['parent', 'teacher', 'principal', 'deputy', 'public'] as const)('%s', (group) => {
  const before = load(`test/fixtures/questionnaires/until-2026/${group}.json`);
  const after = load(`survey-templates/${group}-2012.json`);
  const dimensions = (q: Questionnaire) =>
    new Map(q.items.flatMap((i) => (i.type === 'rating' ? [[i.id, i.dimension]] : [])));
  const [old, renewed] = [dimensions(before), dimensions(after)];
  const shared = [...old].filter(([id, dimension]) => renewed.get(id) === dimension).map(([id]) => id);
  expect(shared.length).toBeGreaterThanOrEqual(6);
  const sheets = (q: Questionnaire) => {
    const answerer = createAnswerer(counties[1]!, 1);
    return Array.from({ length: 60 }, () => new Map(answerer.answer(q, group, 'rural').fields));
  };
  const [then, now] = [sheets(before), sheets(after)];
  const mean = (all: typeof then, id: string) => {
    const known = all.map((sheet) => points[sheet.get(id)!]).filter((x) => x !== undefined);
    return known.reduce((a, b) => a + b, 0) / known.length;
  };
  for (const id of shared) {
    expect(now.map((sheet) => sheet.get(id))).toEqual(then.map((sheet) => sheet.get(id)));
    expect(mean(now, id)).toBe(mean(then, id));
  }
  // A follow-up is answered by those whom it is put to, and by nobody else.
  for (const sheet of now) expect(sheet.has('workload-why')).toBe(sheet.get('workload') === 'dissatisfied');
});
