import { describe, expect, test } from 'vitest';
import { checkQuestionnaire } from '../../../src/domain/questionnaire/check.ts';
import { compileQuestionnaire } from '../../../src/domain/questionnaire/compile.ts';
import {
  checkNewQuestionnaire,
  countedFollowUps,
} from '../../../src/domain/questionnaire/counted-follow-ups.ts';
import { readTemplate } from '../../support/world.ts';
import { load, sampleDocument } from './sample.ts';

/** The sample asks `bus`, a rating, only after some answers to `way`. */
const documentWith = (change: (items: readonly Record<string, unknown>[]) => unknown) => {
  const document = sampleDocument();
  change(document.items);
  return document;
};
const [way, bus] = [0, 1];
const refused = {
  ok: false,
  issues: [
    {
      path: 'items[1].showIf',
      message: 'questionnaire.check.follow-up-scored',
      params: { id: 'bus', other: 'way' },
    },
  ],
};

describe('a rating that is asked only after some answers', () => {
  test('is refused in a new questionnaire if it counts in the score, and read in an old one', () => {
    const document = documentWith((items) => (items[bus]!['dimension'] = items[way]!['dimension']));
    expect(checkNewQuestionnaire(document)).toEqual(refused);
    expect(checkQuestionnaire(document)).toMatchObject({ ok: true });
  });

  test('is refused if its dimension has nothing scored, whose figure it would be', () => {
    expect(checkNewQuestionnaire(documentWith((items) => (items[bus]!['scored'] = false)))).toEqual(refused);
  });

  test('is taken beside scored items of its dimension, if it is not scored itself', () => {
    const document = documentWith((items) =>
      Object.assign(items[bus]!, { scored: false, dimension: items[way]!['dimension'] }),
    );
    expect(checkNewQuestionnaire(document)).toMatchObject({ ok: true });
    expect(countedFollowUps(compileQuestionnaire(load(document)))).toEqual([]);
  });

  test('is taken if everybody is asked', () => {
    expect(checkNewQuestionnaire(documentWith((items) => delete items[bus]!['showIf']))).toMatchObject({
      ok: true,
    });
  });
});

test('items of other types count in no score, so what comes with the program is taken', () => {
  for (const name of ['teacher-2012', 'public-2017', 'balanced/parent-2012-balanced']) {
    const document = readTemplate(`${name}.json`) as {
      readonly items: readonly { readonly showIf?: unknown }[];
    };
    expect(
      document.items.some((item) => item.showIf !== undefined),
      name,
    ).toBe(true);
    expect(checkNewQuestionnaire(document), name).toMatchObject({ ok: true });
  }
});
