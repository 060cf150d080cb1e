/**
 * A second value is another way in which people can have answered: whole sheets, and every number that was shown, to the last digit that is shown, standard errors, intervals and
 * means of respondents' own means included. Counties are published again from changed sheets, by the code that published them.
 */
import { expect, it } from 'vitest';
import { defaultOptions } from '../../../src/audit/disclosure/audit.ts';
import { createExchanges } from '../../../src/operations/disclosure/exchanges.ts';
import { createComparison, type World } from '../../../src/operations/disclosure/other-answers.ts';
import { auditInput, randomCounty, sheetsIn, shownSummary } from '../../support/random-county.ts';

const options = { ...defaultOptions, targets: 0, second: true, published: Infinity };

/** Ways that the auditor's equations allow, with what would be shown otherwise then. */
async function countyOf(seed: number) {
  const input = randomCounty(seed);
  const worlds: World[] = [];
  const isShownAlike = (world: World) => worlds.push(world) > 0;
  const { second } = await auditInput(input, { ...options, isShownAlike });
  const compare = createComparison(input, shownSummary(input), sheetsIn.get(input)!);
  return { input, second: second!, ways: worlds.map((world) => ({ world, others: compare(world) })) };
}

// A county is searched three times and published hundreds: on a busy machine more than the usual minute.
it(
  'a way is not taken for one where a standard error, an interval or a mean of own means would be shown otherwise',
  { timeout: 300_000 },
  async () => {
    const { input, second, ways } = await countyOf(2);
    expect(input.profile.formulas.map(({ unit }) => unit)).toContain('respondents');
    // The equations allow all of them.
    expect(second).toMatchObject({ tried: second.found, alike: second.found });
    const isSpread = (path: string) => /\/(se|deff|interval\/\w+)$/.test(path);
    const endings = (test: (path: string) => boolean) => ways.filter(({ others }) => others?.some(test));
    expect(endings(isSpread).length).toBeGreaterThan(0);
    expect(endings((path) => path.endsWith('/value')).length).toBeGreaterThan(0);
    const some = { ...options, published: 30 };
    const audited = await auditInput(input, some);
    expect(audited.second).toMatchObject({ found: second.found, tried: some.published });
    expect(audited.second!.alike).toBeGreaterThan(0);
    expect(audited.second!.alike).toBeLessThan(some.published);
    // Those who exchange answers within a stratum are tried first; without them fewer are found.
    const searched = await auditInput(input, { ...some, exchanges: () => [] });
    expect(searched.second!.alike).toBeLessThan(audited.second!.alike);
  },
);

it('who exchange their answers within a stratum change nothing that is shown of their group', () => {
  const input = randomCounty(2);
  const sheets = sheetsIn.get(input)!;
  const compare = createComparison(input, shownSummary(input), sheets);
  const exchanges = createExchanges(input, sheets);
  const { reportingStratum: place, samplingStratum: stratum } = sheets[0]!;
  const first = <T>(list: Iterable<T>) => [...list].slice(0, 8);
  const swaps = first(exchanges([`x ${place} ${stratum} q1 very-satisfied`]));
  expect(swaps.length).toBeGreaterThan(1);
  for (const world of swaps) {
    expect(Math.abs(world.get(`x ${place} ${stratum} q1 very-satisfied`)!)).toBe(1);
    expect(compare(world)!.filter((path) => !/^\/summary\/(schools|locations)\//.test(path))).toEqual([]);
  }
  const moves = first(exchanges([`n ${place} ${stratum}`]));
  expect(moves.length).toBeGreaterThan(1);
  for (const world of moves) {
    expect(Math.abs(world.get(`n ${place} ${stratum}`)!)).toBe(1);
    const isOfPlaces = (path: string) => /^\/summary\/(schools|locations|reanswers)\//.test(path);
    expect(compare(world)!.filter((path) => !isOfPlaces(path))).toEqual([]);
  }
});

it('sheets stay as they are, whatever memory they are in', () => {
  const input = randomCounty(45);
  const sheets = sheetsIn.get(input)!.map((sheet) => ({ ...sheet, answers: Buffer.from(sheet.answers) }));
  const compare = createComparison(input, shownSummary(input), sheets);
  expect(compare(new Map())).toEqual([]);
  const q = input.questionnaires.get(sheets[0]!.questionnaire)!;
  const [item] = q.items;
  const code = sheets[0]!.answers[0]!;
  expect(code).toBeLessThanOrEqual(item!.optionIds.length);
  const before = sheets.map(({ answers }) => [...answers]);
  const place = `x ${sheets[0]!.reportingStratum} ${sheets[0]!.samplingStratum} ${item!.id}`;
  const other = item!.optionIds[code % item!.optionIds.length]!;
  const others = compare(
    new Map([
      [`${place} ${item!.optionIds[code - 1]!}`, -1],
      [`${place} ${other}`, 1],
    ]),
  );
  // The group's counts are shown.
  expect(others!.some((path) => path.endsWith('/count'))).toBe(true);
  expect(sheets.map(({ answers }) => [...answers])).toEqual(before);
});
