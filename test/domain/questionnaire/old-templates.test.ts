/**
 * The templates that shipped until November 2026, as they were. Campaigns froze them, so they load and lay out as ever; and what the review of their wording
 * found by reading, the check finds by itself.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkQuestionnaire } from '../../../src/domain/questionnaire/check.ts';
import { checkSet } from '../../../src/domain/questionnaire/check-set.ts';
import { compileQuestionnaire } from '../../../src/domain/questionnaire/compile.ts';
import { load } from './sample.ts';

const names = ['parent', 'teacher', 'principal', 'deputy', 'public'] as const;
const folder = new URL('../../fixtures/questionnaires/until-2026/', import.meta.url);
const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Record<string, unknown>;
const old = names.map((name) => load(read(name)));
const inChinese = (text: Readonly<Record<string, string>>) => text['zh-CN'] ?? '';

/** RFC 8785 for documents without numbers of more than integers. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(',')}}`;
}

test.each(names)('%s loads, keeps its version, and is laid out as before', (name) => {
  const { $schema: _, ...document } = read(name);
  const compiled = compileQuestionnaire(load(document));
  expect(compiled.hash).toBe(createHash('sha256').update(canonical(document)).digest('hex'));
  const ratings = (document['items'] as { id: string; type: string }[]).filter((i) => i.type === 'rating');
  expect(compiled.items.map((item) => [item.id, item.offset])).toEqual(ratings.map(({ id }, i) => [id, i]));
});

/** Ids of the Chinese texts with this warning. */
function warned(name: string, message: string): string[] {
  const check = checkQuestionnaire(read(name));
  if (!check.ok) throw new Error(JSON.stringify(check.issues));
  return check.warnings
    .filter((w) => w.message === `questionnaire.check.${message}` && w.params?.['language'] !== 'en')
    .map((w) => String(w.params?.['id']));
}

describe('what the check finds in one old template', () => {
  test('items that may ask two things', () => {
    expect(Object.fromEntries(names.map((name) => [name, warned(name, 'two-matters')]))).toEqual({
      parent: ['teaching', 'curriculum', 'workload', 'enrolment', 'facilities-gap', 'support'],
      teacher: [
        'curriculum',
        'workload',
        'evaluation',
        'admin-burden',
        'training',
        'exchange',
        'facilities-gap',
        'enrolment',
        'support',
      ],
      principal: ['staffing', 'exchange', 'resource-sharing', 'class-size', 'workload', 'admin-burden'],
      deputy: ['distance', 'workload', 'tutoring', 'safety', 'support', 'funds', 'motions', 'planning'],
      public: ['workload', 'safety', 'facilities-gap', 'support'],
    });
  });

  test('stems that the scale does not fit', () => {
    expect(Object.fromEntries(names.map((name) => [name, warned(name, 'scale-misfit')]))).toEqual({
      parent: [
        'distance',
        'teaching',
        'curriculum',
        'workload',
        'class-size',
        'fees',
        'enrolment',
        'facilities-gap',
        'teacher-gap',
        'support',
      ],
      teacher: ['curriculum', 'workload', 'admin-burden', 'facilities-gap', 'enrolment', 'support'],
      principal: ['funds', 'resource-sharing', 'admin-burden', 'inspection', 'government'],
      deputy: ['distance', 'facilities-gap', 'teacher-gap', 'enrolment', 'workload', 'support', 'planning'],
      public: [
        'distance',
        'teaching',
        'workload',
        'class-size',
        'fees',
        'enrolment',
        'facilities-gap',
        'teacher-gap',
        'support',
      ],
    });
  });

  test('no tail, and the whole last', () => {
    for (const name of names) {
      expect(warned(name, 'no-tail')).toEqual(['satisfaction']);
      expect(warned(name, 'overall-not-first')).toEqual(['overall']);
    }
  });
});

describe('what the check finds in the old set', () => {
  const found = (regime: string | null, message: string) =>
    checkSet(old, inChinese, regime).filter((f) => f.message === `questionnaire.check.${message}`);
  const leftOut = (regime: string) => {
    const byContent: Record<string, string[]> = {};
    for (const { params } of found(regime, 'content-left-out'))
      (byContent[String(params['contentId'])] ??= []).push(String(params['id']));
    return byContent;
  };

  test('named content of 2012 left out, by group: the review’s list', () => {
    expect(leftOut('basic-2012')).toEqual({
      proximity: ['teacher', 'principal'],
      'conditions-gap': ['principal'],
      'teacher-gap': ['teacher', 'principal'],
      'government-effort': ['deputy'],
    });
  });

  test('named content of 2017 left out', () => {
    expect(leftOut('quality-2017')).toEqual({
      'moral-education': [...names],
      equity: ['principal'],
      'resource-sharing': ['parent', 'teacher', 'deputy', 'public'],
      'all-round': ['principal', 'deputy', 'public'],
      assessment: ['parent', 'principal', 'deputy', 'public'],
      quality: ['teacher', 'principal'],
    });
  });

  test('core items whose words differ between groups', () => {
    const differing = found('basic-2012', 'core-words-differ').map((f) => f.params['id']);
    for (const id of ['distance', 'facilities-gap', 'teacher-gap', 'enrolment', 'class-size', 'workload'])
      expect(differing).toContain(id);
    for (const id of ['support', 'overall', 'government']) expect(differing).toContain(id);
  });

  test('a set that says no regime is told so', () => {
    expect(found(null, 'no-regime').map((f) => f.params['id'])).toEqual([...names]);
    expect(found(null, 'content-left-out')).toEqual([]);
  });
});
