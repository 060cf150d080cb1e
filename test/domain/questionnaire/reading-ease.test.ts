/**
 * How hard the Chinese texts are that respondents read: characters and clauses of every sentence, and rare characters. Characters outside the 2,500 常用字 of
 * 现代汉语常用字表 (国家语言文字工作委员会、国家教育委员会, 1988; chosen by frequency from fifteen counts of 1928 to 1986) count as rare:
 * test/fixtures/common-characters.txt holds that list whole, in its own order. Primary school teaches to read some 3,000 characters.
 * The limits are what the texts meet today, not a theory of reading: a new text has to be as easy as these are.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { load } from './sample.ts';

const common = new Set(
  readFileSync(new URL('../../fixtures/common-characters.txt', import.meta.url), 'utf8').replace(/\s/g, ''),
);
const names: Readonly<Record<string, string>> = { 诈: '全国反诈专线 is the name of a telephone line' };

const charactersOf = (text: string) => text.match(/\p{Script=Han}/gu) ?? [];
const sentencesOf = (text: string) => text.replace(/\{\w+\}/g, '').match(/[^。！？\n]+[。！？]?/g) ?? [];
/** What is said between two stops; a list with 、 is one clause, and so are examples in brackets. */
const clausesOf = (sentence: string) =>
  sentence.split(/[，；：。！？…]/).filter((clause) => charactersOf(clause).length > 0);
const rareIn = (text: string) => charactersOf(text).filter((c) => !common.has(c) && !(c in names));

interface Limits {
  readonly sentence: number;
  readonly clause: number;
  readonly clauses: number;
}
function faultsOf(text: string, limits: Limits): string[] {
  const faults = rareIn(text).map((c) => `rare ${c}`);
  for (const sentence of sentencesOf(text)) {
    const clauses = clausesOf(sentence);
    if (charactersOf(sentence).length > limits.sentence)
      faults.push(`${charactersOf(sentence).length} characters: ${sentence}`);
    if (clauses.length > limits.clauses) faults.push(`${clauses.length} clauses: ${sentence}`);
    for (const clause of clauses)
      if (charactersOf(clause).length > limits.clause)
        faults.push(`clause of ${charactersOf(clause).length} characters: ${clause}`);
  }
  return faults;
}

test('the list holds 2,500 characters, each once', () => {
  expect(common.size).toBe(2500);
  for (const c of '的一是不了人我在有他') expect(common).toContain(c);
  for (const c of '嚏龘瞽') expect(common).not.toContain(c);
});

describe('questionnaires', () => {
  const folder = new URL('../../../survey-templates/', import.meta.url);
  const files = readdirSync(folder).filter((file) => /(?:-20\d\d|-on-principal)\.json$/.test(file));
  test('there are twelve', () => expect(files).toHaveLength(12));

  test.each(files)('%s', (file) => {
    const q = load(JSON.parse(readFileSync(new URL(file, folder), 'utf8')));
    const faults: string[] = [];
    const look = (text: Readonly<Record<string, string>> | undefined, limits: Limits) =>
      faults.push(...faultsOf(text?.['zh-CN'] ?? '', limits));
    look(q.title, { sentence: 24, clause: 24, clauses: 1 });
    look(q.introduction, { sentence: 22, clause: 14, clauses: 4 });
    expect(charactersOf(q.introduction!['zh-CN']!).length).toBeLessThanOrEqual(60);
    for (const scale of Object.values(q.scales)) {
      look(scale.tail, { sentence: 6, clause: 6, clauses: 1 });
      for (const option of scale.options) look(option.text, { sentence: 4, clause: 4, clauses: 1 });
    }
    for (const item of q.items) {
      look(item.text, { sentence: 25, clause: 24, clauses: 2 });
      if (item.type === 'single')
        for (const option of item.options) look(option.text, { sentence: 4, clause: 4, clauses: 1 });
      if (item.type === 'text') look(item.hint, { sentence: 25, clause: 25, clauses: 1 });
    }
    expect(faults).toEqual([]);
  });
});

test('pages of respondents', () => {
  const texts = JSON.parse(
    readFileSync(new URL('../../../src/texts/zh-CN/respondent.json', import.meta.url), 'utf8'),
  ) as Record<string, string>;
  const faults = Object.entries(texts).flatMap(([key, text]) =>
    faultsOf(text, { sentence: 33, clause: 20, clauses: 4 }).map((fault) => `${key}: ${fault}`),
  );
  expect(faults).toEqual([]);
});

test('what was there before November 2026 would not pass', () => {
  const old = new URL('../../fixtures/questionnaires/until-2026/parent.json', import.meta.url);
  const q = load(JSON.parse(readFileSync(old, 'utf8')));
  const limits = { sentence: 25, clause: 24, clauses: 2 };
  const hard = q.items.filter((item) => faultsOf(item.text['zh-CN']!, limits).length > 0);
  expect(hard.map((item) => item.id)).toEqual(['enrolment', 'support']);
  expect(faultsOf('他打了个喷嚏', limits)).toEqual(['rare 嚏']);
});
