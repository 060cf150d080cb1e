/** Every fault that a questionnaire can have, and the words that it is told in. Long because each fault has its case. */
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Issue } from '../../../src/domain/errors.ts';
import { checkQuestionnaire } from '../../../src/domain/questionnaire/check.ts';
import { load, sampleDocument, type SampleDocument } from './sample.ts';

const messages = Object.fromEntries(
  ['zh-CN', 'en'].map((language) => [
    language,
    JSON.parse(
      readFileSync(new URL(`../../../src/texts/${language}/questionnaire.json`, import.meta.url), 'utf8'),
    ) as Record<string, string>,
  ]),
);

/** The message in both languages; fails on an unknown key or an unfilled placeholder. */
function expectSpoken(issue: Issue): void {
  for (const file of Object.values(messages)) {
    const text = file[issue.message];
    expect(text, issue.message).toBeTypeOf('string');
    for (const [, name] of text!.matchAll(/\{(\w+)\}/g))
      expect(issue.params, issue.message).toHaveProperty(name!);
  }
}

type Row = [name: string, path: string, id: string, change: (d: SampleDocument) => unknown];
const [way, bus, meal, dishes, price] = [0, 1, 3, 4, 5];

/** As a questionnaire of a regime, in which each rating item says what it must. */
function ofRegime(d: SampleDocument): void {
  Object.assign(d, { regime: 'basic-2012' });
  for (const item of d.items)
    if (item.type === 'rating') Object.assign(item, { about: 'school', scored: true });
}

const faults: Record<string, Row[]> = {
  'unknown-field': [
    ['a misspelt field', 'items[3].requried', 'meal', (d) => (d.items[meal]!.requried = true)],
    ['a field at the top', 'colour', '', (d) => ((d as Record<string, unknown>).colour = 'red')],
  ],
  'missing-field': [
    ['no text', 'items[0].text', 'way', (d) => delete d.items[way]!.text],
    ['no type', 'items[0].type', 'way', (d) => delete d.items[way]!.type],
  ],
  'bad-value': [['a word for a number', 'items[5].max', 'price', (d) => (d.items[price]!.max = 'many')]],
  'too-small': [['no items', 'items', '', (d) => (d.items = [])]],
  'too-big': [
    ['a number beyond what sums allow', 'items[5].max', 'price', (d) => (d.items[price]!.max = 50_001)],
  ],
  'bad-id': [
    ['capitals', 'items[0].id', 'Way', (d) => (d.items[way]!.id = 'Way')],
    [
      'a scale id with a space',
      'scales.to do',
      'to do',
      (d) => Object.assign(d.scales, { 'to do': d.scales.two }),
    ],
  ],
  'reserved-id': [['an underscore', 'items[0].id', '_lang', (d) => (d.items[way]!.id = '_lang')]],
  'bad-language': [
    ['in the list', 'languages[1]', '', (d) => (d.languages[1] = 'english language')],
    ['in a text', 'title.English!', '', (d) => Object.assign(d.title, { 'English!': 'x' })],
  ],
  'duplicate-item': [['two of one id', 'items[5].id', 'way', (d) => (d.items[price]!.id = 'way')]],
  'duplicate-dimension': [
    ['two of one id', 'dimensions[2].id', 'near', (d) => d.dimensions.push({ ...d.dimensions[0]! })],
  ],
  'duplicate-option': [
    ['in a scale', 'scales.two.options[1].id', 'two', (d) => (d.scales.two.options[1]!.id = 'good')],
    [
      'in an item',
      'items[3].options[1].id',
      'meal',
      (d) => {
        (d.items[meal]!.options as { id: string }[])[1]!.id = 'home';
        delete d.items[dishes]!.showIf;
      },
    ],
  ],
  'repeated-value': [
    ['a group', 'groups[1]', 'parent', (d) => (d.groups[1] = 'parent')],
    ['a language', 'languages[2]', 'en', (d) => d.languages.push('en')],
  ],
  'missing-translation': [
    ['of an item', 'items[3].text', 'meal', (d) => (d.items[meal]!.text = { 'zh-CN': '饭' })],
    ['only spaces', 'items[3].text', 'meal', (d) => (d.items[meal]!.text = { 'zh-CN': '饭', en: ' ' })],
    ['of the title', 'title', 'sample', (d) => delete (d.title as Partial<typeof d.title>).en],
    ['of a unit', 'items[5].unit', 'price', (d) => (d.items[price]!.unit = { en: 'yuan' })],
    ['of a hint', 'items[6].hint', 'comments', (d) => (d.items[6]!.hint = { en: 'hint' })],
    [
      'of an option',
      'scales.two.options[0].text',
      'two',
      (d) => delete (d.scales.two.options[0]!.text as { en?: string }).en,
    ],
    [
      'of a dimension',
      'dimensions[0].text',
      'near',
      (d) => delete (d.dimensions[0]!.text as { en?: string }).en,
    ],
  ],
  'no-dimension': [['a rating item', 'items[0].dimension', 'way', (d) => delete d.items[way]!.dimension]],
  'unknown-dimension': [
    ['not listed', 'items[0].dimension', 'way', (d) => (d.items[way]!.dimension = 'far')],
  ],
  'unknown-scale': [
    ['not listed', 'items[1].scale', 'bus', (d) => (d.items[bus]!.scale = 'ten')],
    ['a name of every object', 'items[1].scale', 'bus', (d) => (d.items[bus]!.scale = 'constructor')],
  ],
  'dont-know-missing': [['a rating scale', 'scales.two', 'two', (d) => d.scales.two.options.pop()]],
  'dont-know-contradiction': [
    [
      'said and done',
      'scales.two.dontKnow',
      'two',
      (d) => Object.assign(d.scales.two, { dontKnow: 'not-offered' }),
    ],
  ],
  'several-dont-know': [
    [
      'in a scale',
      'scales.two.options',
      'two',
      (d) => Object.assign(d.scales.two.options[1]!, { dontKnow: true }),
    ],
  ],
  'too-few-options': [
    ['one beside 不了解', 'scales.two.options', 'two', (d) => d.scales.two.options.splice(0, 1)],
  ],
  'more-than-options': [
    ['max', 'items[4].max', 'dishes', (d) => (d.items[dishes]!.max = 10)],
    [
      'min',
      'items[4].min',
      'dishes',
      (d) => {
        d.items[dishes]!.min = 10;
        delete d.items[dishes]!.max;
      },
    ],
  ],
  'max-below-min': [
    ['of a multiple item', 'items[4].max', 'dishes', (d) => (d.items[dishes]!.max = 1)],
    ['of a number', 'items[5].max', 'price', (d) => (d.items[price]!.max = 0)],
  ],
  'no-rating': [
    [
      'only an open question',
      'items',
      'sample',
      (d) => {
        d.items = [d.items[6]!];
      },
    ],
  ],
  'empty-condition': [
    ['no option', 'items[1].showIf.in', 'bus', (d) => (d.items[bus]!.showIf = { item: 'way', in: [] })],
  ],
  'condition-unknown-item': [
    ['nobody', 'items[1].showIf.item', 'bus', (d) => (d.items[bus]!.showIf = { item: 'car', in: ['good'] })],
  ],
  'condition-later-item': [
    ['below', 'items[1].showIf.item', 'bus', (d) => (d.items[bus]!.showIf = { item: 'meal', in: ['home'] })],
    ['itself', 'items[1].showIf.item', 'bus', (d) => (d.items[bus]!.showIf = { item: 'bus', in: ['bad'] })],
  ],
  'condition-not-choice': [
    ['a text', 'items[3].showIf.item', 'meal', (d) => (d.items[meal]!.showIf = { item: 'why', in: ['x'] })],
    [
      'a number',
      'items[6].showIf.item',
      'comments',
      (d) => (d.items[6]!.showIf = { item: 'price', in: ['x'] }),
    ],
  ],
  'condition-unknown-option': [
    [
      'one of two',
      'items[1].showIf.in[1]',
      'bus',
      (d) => (d.items[bus]!.showIf = { item: 'way', in: ['poor', 'awful'] }),
    ],
  ],
  'item-says-not': [
    [
      'what it is about',
      'items[0].about',
      'way',
      (d) => {
        Object.assign(d, { regime: 'basic-2012' });
        Object.assign(d.items[way]!, { scored: true });
        Object.assign(d.items[bus]!, { scored: false, about: 'county' });
      },
    ],
    [
      'whether it is scored',
      'items[1].scored',
      'bus',
      (d) => {
        Object.assign(d, { regime: 'basic-2012' });
        Object.assign(d.items[way]!, { scored: true, about: 'school' });
        Object.assign(d.items[bus]!, { about: 'county' });
      },
    ],
  ],
  'unknown-content': [
    [
      'of a regime',
      'items[0].covers.basic-2012[1]',
      'way',
      (d) => (d.items[way]!.covers = { 'basic-2012': ['proximity', 'weather'] }),
    ],
    [
      'a regime without any',
      'items[0].covers.constructor[0]',
      'way',
      (d) => (d.items[way]!.covers = { constructor: ['proximity'] }),
    ],
  ],
  'covers-unscored': [
    [
      'an unscored item',
      'items[0].covers',
      'way',
      (d) => Object.assign(d.items[way]!, { scored: false, covers: { 'basic-2012': ['proximity'] } }),
    ],
  ],
  'unknown-placeholder': [
    [
      'a misspelt name',
      'items[0].text',
      'way',
      (d) => {
        ofRegime(d);
        Object.assign(d.items[way]!.text as object, { en: 'To {shool}' });
      },
    ],
  ],
  'placeholder-not-here': [
    [
      'in the title',
      'title',
      'sample',
      (d) => {
        ofRegime(d);
        Object.assign(d.title, { en: 'In {county}' });
      },
    ],
    [
      'in a tail',
      'scales.two.tail',
      'two',
      (d) => {
        ofRegime(d);
        Object.assign(d.scales.two.tail, { en: 'In {county}?' });
      },
    ],
  ],
  'placeholder-no-school': [
    [
      'for a group without schools',
      'items[0].text',
      'way',
      (d) => {
        ofRegime(d);
        d.groups.push('deputy');
        Object.assign(d.items[way]!.text as object, { en: 'To {school}' });
      },
    ],
  ],
  'too-many-bytes': [
    [
      'many numbers',
      'items',
      'sample',
      (d) => {
        const number = d.items[price]!;
        d.items = [d.items[way]!, ...Array.from({ length: 128 }, (_, i) => ({ ...number, id: `n${i}` }))];
        for (const item of d.items) delete item.showIf;
      },
    ],
  ],
};

test('the sample has no fault', () => {
  expect(checkQuestionnaire(sampleDocument())).toMatchObject({ ok: true, warnings: [] });
});

describe('a fault of shape hides no other', () => {
  const found = (change: (d: SampleDocument) => void) => {
    const document = sampleDocument();
    change(document);
    const result = checkQuestionnaire(document);
    if (result.ok) throw new Error('without a fault');
    for (const issue of result.issues) expectSpoken(issue);
    return result.issues.map(({ path, message }) => `${path} ${message.replace('questionnaire.check.', '')}`);
  };

  test('elsewhere, nor in the same item where only a field is unknown', () => {
    expect(
      found((d) => {
        d.items[meal]!.requried = true;
        d.items[price]!.max = 'many';
        delete (d.items[dishes]!.text as Record<string, string>)['zh-CN'];
        d.dimensions.push({ ...d.dimensions[0]! });
      }),
    ).toEqual([
      'items[3].requried unknown-field',
      'items[5].max bad-value',
      'dimensions[2].id duplicate-dimension',
      'items[4].text missing-translation',
    ]);
  });

  test('places are those of the document as it was sent', () => {
    expect(
      found((d) => {
        delete d.items[way]!.text;
        Object.assign(d.items[dishes]!, { min: 3, max: 2 });
      }),
    ).toEqual(['items[0].text missing-field', 'items[4].max max-below-min']);
  });

  test('what only lacks the part that cannot be read is not reported', () => {
    // The item that others depend on, the scales that items name, the languages, all of it.
    expect(found((d) => delete d.items[way]!.type)).toEqual(['items[0].type missing-field']);
    for (const field of ['scales', 'dimensions', 'languages', 'title', 'groups', 'id'] as const)
      expect(
        found((d) => Object.assign(d, { [field]: 7 })),
        field,
      ).toEqual([`${field} bad-value`]);
    expect(found((d) => (d.items = []))).toEqual(['items too-small']);
  });
});

describe.each(Object.entries(faults))('%s', (message, rows) => {
  test.each(rows)('%s', (_, path, id, change) => {
    const document = sampleDocument();
    change(document);
    const result = checkQuestionnaire(document);
    if (result.ok) throw new Error('no issue found');
    const found = result.issues.find((i) => i.message === `questionnaire.check.${message}`);
    expect(found, JSON.stringify(result.issues)).toMatchObject({ path, params: { id } });
    // A single fault is reported once; the fault of an id may break what refers to it.
    const others = result.issues.filter((i) => i !== found && !i.message.includes('.condition-'));
    expect(others).toEqual([]);
    result.issues.forEach(expectSpoken);
  });
});

test('a branch below one that is never asked is never asked either', () => {
  const document = sampleDocument();
  document.items[meal]!.showIf = { item: 'way', in: ['awful'] };
  const result = checkQuestionnaire(document);
  if (result.ok) throw new Error('no issue found');
  expect(result.issues.map((i) => [i.message.split('.').at(-1), i.path, i.params?.other])).toEqual([
    ['condition-unknown-option', 'items[3].showIf.in[0]', 'way'],
    ['condition-never-holds', 'items[4].showIf', 'meal'],
    ['condition-never-holds', 'items[5].showIf', 'dishes'],
  ]);
  result.issues.forEach(expectSpoken);
});

test('an instrument that was really used without 不了解 can be loaded', () => {
  const document = sampleDocument();
  document.scales.two.options.pop();
  Object.assign(document.scales.two, { dontKnow: 'not-offered' });
  expect(checkQuestionnaire(document)).toMatchObject({ ok: true });
});

test('what is not used is a warning', () => {
  const document = sampleDocument();
  Object.assign(document.scales, { spare: document.scales.two });
  document.dimensions.push({ id: 'spare', text: document.title });
  Object.assign(document.title, { fr: 'titre' });
  const result = checkQuestionnaire(document);
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  expect(result.warnings.map((i) => [i.message.split('.').at(-1), i.path])).toEqual([
    ['unused-scale', 'scales.spare'],
    ['unused-dimension', 'dimensions[2]'],
    ['undeclared-language', 'title'],
    ['undeclared-language', 'dimensions[2].text'],
  ]);
  result.warnings.forEach(expectSpoken);
});

test('braces of a document that names no regime are no fault: campaigns froze such documents', () => {
  const document = sampleDocument();
  Object.assign(document.title, { en: 'A {strange} title' });
  const result = checkQuestionnaire(document);
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  expect(result.warnings.map((w) => w.message)).toEqual(['questionnaire.check.unknown-placeholder']);
});

test('names may stand in the introduction and in items', () => {
  const document = { ...sampleDocument(), introduction: { 'zh-CN': '{school}、{county}', en: '{school}' } };
  Object.assign(document.items[way]!.text as object, { 'zh-CN': '{county}的路' });
  expect(checkQuestionnaire(document)).toMatchObject({ ok: true, warnings: [] });
});

test.each<[string, string, string, string]>([
  ['two matters', 'two-matters', '老师的水平和态度', 'Teachers and lessons'],
  ['a size', 'scale-misfit', '差别的大小', 'How much schools differ'],
  ['a question of fact', 'scale-misfit', '有没有收费', 'Whether there are fees'],
])('%s: a warning in each language', (_, message, chinese, english) => {
  const document = sampleDocument();
  document.items[way]!.text = { 'zh-CN': chinese, en: english };
  const result = checkQuestionnaire(document);
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  expect(result.warnings.map((w) => [w.message, w.path, w.params?.language])).toEqual(
    ['zh-CN', 'en'].map((language) => [`questionnaire.check.${message}`, 'items[0].text', language]),
  );
  result.warnings.forEach(expectSpoken);
});

test('examples in brackets, and names of what is one, are no second matter', () => {
  const document = sampleDocument();
  document.items[way]!.text = {
    'zh-CN': '小学和初中的课（体育、音乐）',
    en: 'Lessons in primary and junior secondary schools (sports and music)',
  };
  expect(checkQuestionnaire(document)).toMatchObject({ ok: true, warnings: [] });
});

test('a scale without a tail, and the whole anywhere but first, are warnings', () => {
  const document = sampleDocument();
  delete (document.scales.two as { tail?: unknown }).tail;
  document.dimensions.push({ id: 'overall', text: document.title });
  document.items[bus]!.dimension = 'overall';
  document.dimensions.splice(1, 1);
  const result = checkQuestionnaire(document);
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  expect(result.warnings.map((w) => [w.message.split('.').at(-1), w.path])).toEqual([
    ['no-tail', 'scales.two'],
    ['overall-not-first', 'items[1]'],
  ]);
  result.warnings.forEach(expectSpoken);
});

test.each([[null], [undefined], [7], ['text'], [[]], [() => 0]])('%o is no questionnaire', (raw) => {
  const result = checkQuestionnaire(raw);
  expect(result).toMatchObject({
    ok: false,
    issues: [{ path: '', message: 'questionnaire.check.not-a-questionnaire' }],
  });
});

test('never throws, and every issue has its message', () => {
  const where = fc.constantFrom(...Object.keys(sampleDocument()));
  fc.assert(
    fc.property(
      fc.anything(),
      where,
      fc.nat(6),
      fc.constantFrom('id', 'type', 'text', 'options', 'showIf'),
      (v, key, i, field) => {
        const inItem = sampleDocument();
        inItem.items[i]![field] = v;
        for (const raw of [v, { ...sampleDocument(), [key]: v }, inItem]) {
          const result = checkQuestionnaire(raw);
          (result.ok ? result.warnings : result.issues).forEach(expectSpoken);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('names that every object has are harmless', () => {
  const raw: unknown = JSON.parse(
    JSON.stringify(sampleDocument()).replace('"title"', '"__proto__":{"x":1},"constructor":1,"title"'),
  );
  expect(checkQuestionnaire(raw).ok).toBe(false);
  expect(({} as Record<string, unknown>).x).toBeUndefined();
});

test('both languages have the same messages with the same placeholders', () => {
  const shape = (file: Record<string, string>) =>
    Object.entries(file)
      .map(([key, text]) => [
        key,
        [...text.matchAll(/\{(\w+)\}/g)]
          .map((m) => m[1])
          .sort()
          .join(),
      ])
      .sort();
  expect(shape(messages['zh-CN']!)).toEqual(shape(messages.en!));
});

test('every message that the code names exists, and no other', () => {
  const read = (file: string) =>
    readFileSync(new URL(`../../../src/domain/questionnaire/${file}`, import.meta.url), 'utf8');
  const named = new Set(read('answers.ts').match(/questionnaire\.answer\.[a-z-]+/g));
  const check = read('check.ts') + read('check-set.ts') + read('counted-follow-ups.ts');
  const unnamed = Object.keys(messages.en!).filter(
    (key) =>
      !named.has(key) &&
      !check.includes(`'${key.replace('questionnaire.check.', '')}'`) &&
      !check.includes(key),
  );
  expect(unnamed).toEqual([]);
  for (const key of named) expect(messages.en).toHaveProperty([key]);
});

test('checking changes nothing in the document', () => {
  const document = sampleDocument();
  expect(load(document)).toEqual(sampleDocument());
});
