import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkSet } from '../../../src/domain/questionnaire/check-set.ts';
import { availableLanguages, translator } from '../../../src/texts/texts.ts';
import { load } from './sample.ts';

const text = (words: string) => ({ 'zh-CN': words, en: words });
const tail = text('?');

/** Two groups that are asked all of 2012, in the same words. */
function pair(change: (second: any) => unknown = () => undefined) {
  const contents = [
    ['distance', 'proximity'],
    ['facilities-gap', 'conditions-gap'],
    ['teacher-gap', 'teacher-gap'],
    ['enrolment', 'school-choice'],
    ['government', 'government-effort'],
    ['workload', 'workload'],
  ] as const;
  const document = (group: string): any => ({
    id: `${group}-2012`,
    groups: [group],
    regime: 'basic-2012',
    languages: ['zh-CN', 'en'],
    title: text(group),
    scales: {
      satisfaction: {
        tail,
        options: [
          { id: 'good', text: text('good') },
          { id: 'bad', text: text('bad') },
          { id: 'unsure', text: text('unsure'), dontKnow: true },
        ],
      },
    },
    dimensions: [{ id: 'all', text: text('all') }],
    items: contents.map(([id, content]) => ({
      id,
      type: 'rating',
      dimension: 'all',
      scale: 'satisfaction',
      about: 'county',
      scored: true,
      core: true,
      covers: { 'basic-2012': [content] },
      text: text(id),
    })),
  });
  const second = document('teacher');
  change(second);
  return [load(document('parent')), load(second)];
}

const findings = (change?: (second: any) => unknown) =>
  checkSet(pair(change), (words) => words.en ?? '').map((f) => [
    f.message.replace('questionnaire.check.', ''),
    f.questionnaires.join(),
    f.params['contentId'] ?? f.params['id'],
  ]);

test('a set that asks everything in the same words has no findings', () => {
  expect(findings()).toEqual([]);
});

test.each<[string, (second: any) => unknown, unknown[]]>([
  [
    'an item that covers nothing any more',
    (d) => delete d.items[0].covers,
    ['content-left-out', 'teacher-2012', 'proximity'],
  ],
  [
    'an item that is not scored',
    (d) => Object.assign(d.items[1], { scored: false, covers: undefined, core: undefined }),
    ['content-left-out', 'teacher-2012', 'conditions-gap'],
  ],
  [
    'a core item with other words in one language',
    (d) => (d.items[2].text.en = 'Teachers'),
    ['core-words-differ', 'teacher-2012', 'teacher-gap'],
  ],
  [
    'a core item in another dimension',
    (d) => {
      d.dimensions.push({ id: 'other', text: text('other') });
      d.items[3].dimension = 'other';
    },
    ['core-place-differs', 'teacher-2012', 'enrolment'],
  ],
  [
    'a core item that does not say that it is one',
    (d) => delete d.items[4].core,
    ['core-not-marked', 'teacher-2012', 'government'],
  ],
])('%s', (_, change, finding) => {
  expect(findings(change)).toContainEqual(finding);
});

test('another tail is another question: every core item is named', () => {
  const found = findings((d) => (d.scales.satisfaction.tail = text('!')));
  expect(found.map(([message]) => message)).toEqual(Array(6).fill('core-words-differ'));
});

test('each finding is spoken in every language, with nothing left open', () => {
  const old = ['parent', 'teacher'].map((name) =>
    load(
      JSON.parse(
        readFileSync(
          new URL(`../../fixtures/questionnaires/until-2026/${name}.json`, import.meta.url),
          'utf8',
        ),
      ),
    ),
  );
  const all = [
    ...checkSet(old, (words) => words.en ?? ''),
    ...checkSet(old, (words) => words.en ?? '', 'basic-2012'),
    ...checkSet(
      pair((d) => delete d.items[4].core),
      (words) => words.en ?? '',
    ),
  ];
  expect(new Set(all.map((f) => f.message)).size).toBeGreaterThanOrEqual(4);
  for (const language of availableLanguages)
    for (const f of all) expect(translator(language)(f.message, f.params)).not.toMatch(/\{\w+\}/);
});
