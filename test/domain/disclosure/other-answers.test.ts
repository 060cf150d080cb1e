/**
 * A second value must come from answers that people can have given: whole sheets that leave every shown number
 * unchanged to its last shown digit, including standard errors, intervals and means of respondents' own means. The
 * county is published again from changed sheets, by the ordinary code.
 */
import { expect, it } from 'vitest';
import { defaultOptions } from '../../../src/audit/disclosure/audit.ts';
import { createExchanges } from '../../../src/operations/disclosure/exchanges.ts';
import { createComparison, type World } from '../../../src/operations/disclosure/other-answers.ts';
import { auditInput, randomCounty, sheetsIn, shownSummary } from '../../support/random-county.ts';

const options = { ...defaultOptions, targets: 0, second: true, published: Infinity };

/** Solutions that the auditor's equations allow, with the shown numbers that would change. */
async function countyOf(seed: number) {
  const input = randomCounty(seed);
  const worlds: World[] = [];
  const isShownAlike = (world: World) => worlds.push(world) > 0;
  const { second } = await auditInput(input, { ...options, isShownAlike });
  const compare = createComparison(input, shownSummary(input), sheetsIn.get(input)!);
  return { input, second: second!, solutions: worlds.map((world) => ({ world, others: compare(world) })) };
}

// Each county is searched three times and published hundreds of times: a busy machine needs more than the usual
// minute.
it(
  'a solution is refused if it changes a shown standard error, interval or mean of own means',
  { timeout: 300_000 },
  async () => {
    const { input, second, solutions } = await countyOf(2);
    expect(input.profile.formulas.map(({ unit }) => unit)).toContain('respondents');
    // The equations allow all of them.
    expect(second).toMatchObject({ tried: second.found, alike: second.found });
    const isSpread = (path: string) => /\/(se|deff|interval\/\w+)$/.test(path);
    const endings = (test: (path: string) => boolean) => solutions.filter(({ others }) => others?.some(test));
    expect(endings(isSpread).length).toBeGreaterThan(0);
    expect(endings((path) => path.endsWith('/value')).length).toBeGreaterThan(0);
    const some = { ...options, published: 30 };
    const audited = await auditInput(input, some);
    expect(audited.second).toMatchObject({ found: second.found, tried: some.published });
    expect(audited.second!.alike).toBeGreaterThan(0);
    expect(audited.second!.alike).toBeLessThan(some.published);
    // Exchanges within a stratum are tried first. Without them fewer are found.
    const searched = await auditInput(input, { ...some, exchanges: () => [] });
    expect(searched.second!.alike).toBeLessThan(audited.second!.alike);
  },
);

it('an exchange within a stratum changes nothing that is shown of the group', () => {
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

it('sheets are not changed, whatever memory they are in', () => {
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
