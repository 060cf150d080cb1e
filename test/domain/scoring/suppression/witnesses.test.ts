/**
 * Checks the proofs of the interval width: each protected count has a witness, in which it is another number. The
 * auditor, which shares no code with the suppressor, compares every shown number with these answers, as it does with
 * the true ones.
 */
import { expect, it } from 'vitest';
import type { ShownPublication, Truth, TruthCell } from '../../../../src/audit/disclosure/case.ts';
import { Writer } from '../../../../src/audit/disclosure/figures.ts';
import { Model } from '../../../../src/audit/disclosure/model.ts';
import { addShown } from '../../../../src/audit/disclosure/shown.ts';
import { System } from '../../../../src/audit/disclosure/system.ts';
import { trueValues } from '../../../../src/audit/disclosure/truth.ts';
import { computeSummary, type SummaryInput } from '../../../../src/domain/scoring/summary/summary.ts';
import type { Witness } from '../../../../src/domain/scoring/suppression/simple-witness.ts';
import { layoutOf } from '../../../../src/domain/scoring/suppression/layout.ts';
import { suppressSummary } from '../../../../src/domain/scoring/suppression/suppression.ts';
import { knownCounty } from '../../../../src/operations/disclosure/known-county.ts';
import { randomCounty } from '../../../support/random-county.ts';

type Changes = NonNullable<Witness['changes']>;

function shownOf(input: SummaryInput) {
  const witnesses: Witness[] = [];
  return { shown: suppressSummary(computeSummary(input), layoutOf(input), witnesses), witnesses };
}

/** The truth after these changes. `isFirst`: also change the first answer, as for people who answered once. */
function otherAnswers(input: SummaryInput, truth: Truth, changes: Changes, isFirst: boolean): Truth | null {
  let isPossible = true;
  const idOf = (change: Changes[number], option: number) => {
    const q = [...input.questionnaires.values()].find((own) => own.groups.includes(change.place.group))!;
    return q.items.find((item) => item.id === change.item)!.optionIds[option]!;
  };
  const alter = (cells: readonly TruthCell[]) =>
    cells.map((cell): TruthCell => {
      const own = changes.filter(
        ({ place }) =>
          cell.valid &&
          place.reportingStratum === cell.reportingStratum &&
          place.samplingStratum === cell.samplingStratum &&
          place.channel === cell.channel &&
          place.set === cell.set,
      );
      if (own.length === 0) return cell;
      const items = new Map(
        [...cell.items].map(([id, item]) => [id, { ...item, options: new Map(item.options) }]),
      );
      // Sums over items: change respondents who answered most of them, which changes no denominator.
      const scopes = cell.scopes.map((scope) => ({ ...scope, options: new Map(scope.options) }));
      for (const change of own) {
        const [from, to] = [idOf(change, change.from), idOf(change, change.to)];
        const { options } = items.get(change.item)!;
        options.set(from, options.get(from)! - 1);
        options.set(to, (options.get(to) ?? 0) + 1);
        for (const name of new Set(scopes.map(({ scope }) => scope))) {
          if (name !== null && !name.split('+').includes(change.item)) continue;
          const scope = scopes.find((other) => other.scope === name && (other.options.get(from) ?? 0) > 0);
          if (!scope) continue;
          scope.options.set(from, scope.options.get(from)! - 1);
          scope.options.set(to, (scope.options.get(to) ?? 0) + 1);
        }
      }
      for (const { options } of items.values())
        for (const n of options.values()) if (n < 0) isPossible = false;
      return { ...cell, items, scopes };
    });
  const other = { ...truth, last: alter(truth.last), first: isFirst ? alter(truth.first) : truth.first };
  return isPossible ? other : null;
}

/** Shown numbers that differ with these answers, as the auditor reads the rules. */
function differencesOf(publication: ShownPublication, truth: Truth): readonly string[] {
  const model = new Model(new System(), publication, 0, 'same');
  const writer = new Writer(model, trueValues(model, truth));
  addShown(writer);
  return writer.mismatches;
}

/** Number of witnesses checked for each county, spread over all: each takes a tenth of a second. */
const CHECKED = 8;

function check(input: SummaryInput, name: string) {
  const { shown, witnesses } = shownOf(input);
  const { publication, truth } = knownCounty(input, shown);
  const found = witnesses.flatMap(({ changes }) => (changes ? [changes] : []));
  const distinct = [...new Set(found)];
  const every = Math.ceil(distinct.length / CHECKED);
  for (const [i, changes] of distinct.entries()) {
    if (i % every !== 0) continue;
    const differences = [true, false].flatMap((isFirst) => {
      const other = otherAnswers(input, truth, changes, isFirst);
      return other ? [differencesOf(publication, other)] : [];
    });
    const least = differences.sort((a, b) => a.length - b.length)[0];
    expect(least, name).toEqual([]);
  }
  return { all: witnesses.length, found: found.length };
}

/**
 * None of their formulas is a mean of respondents' own means. For these, the width assumes that all answered equally
 * many items.
 */
const seeds = [17, 45, 102];

it('witnesses give everything that is shown', { timeout: 120_000 }, () => {
  for (const seed of seeds) {
    const input = randomCounty(seed);
    expect(input.profile.formulas.map(({ unit }) => unit)).not.toContain('respondents');
    const { all, found } = check(input, `seed ${seed}`);
    expect(found, `seed ${seed}`).toBe(all);
  }
});

it('positive control: answers that are not a witness change shown numbers', () => {
  const input = randomCounty(45);
  const { shown, witnesses } = shownOf(input);
  const { publication, truth } = knownCounty(input, shown);
  expect(differencesOf(publication, truth)).toEqual([]);
  const [first] = witnesses.find(({ changes }) => changes !== null)!.changes!;
  expect(differencesOf(publication, otherAnswers(input, truth, [first!], false)!)).not.toEqual([]);
});

/** Lists of groups are in the order of their cells. */
function sorted(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (!Array.isArray(value))
    return Object.fromEntries(Object.entries(value).map(([name, own]) => [name, sorted(own)]));
  return value.map(sorted).sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
}

it('the order of cells does not change what is shown', () => {
  for (const seed of [4, 40, 111]) {
    const input = randomCounty(seed);
    const { cells, firstCells } = input;
    const other = { ...input, cells: cells.toReversed(), firstCells: firstCells.toReversed() };
    expect(sorted(shownOf(other).shown), `seed ${seed}`).toEqual(sorted(shownOf(input).shown));
  }
});

it('witnesses keep the shown numbers of follow-ups, and the people who were asked ratings', () => {
  let asked = 0;
  for (let seed = 1; seed <= 24; seed++) {
    const input = randomCounty(seed, { asking: 'scored' });
    const { shown, witnesses } = shownOf(input);
    for (const { groups, items } of input.questionnaires.values()) {
      const entries = shown.groups.find((own) => own.group === groups[0])?.items ?? [];
      for (const { id, type, showIf } of items) {
        if (!showIf || entries.find((own) => own.id === id)?.distribution.kind === 'suppressed') continue;
        const on = items[showIf.item]!;
        for (const { changes } of witnesses) {
          const own = (changes ?? []).filter(
            ({ place, item }) => groups.includes(place.group) && item === on.id,
          );
          const calls = (option: number) => (showIf.codes.includes(option + 1) ? 1 : 0);
          const crossing = own.filter(({ from, to }) => calls(from) !== calls(to));
          expect(
            crossing.reduce((sum, { from, to }) => sum + calls(to) - calls(from), 0),
            `seed ${seed} ${id}`,
          ).toBe(0);
          asked += crossing.length;
          if (type !== 'rating' && type !== 'number') continue;
          // Two people of hidden schools swap.
          const weights = new Set(crossing.map(({ place }) => place.weight));
          expect(weights.size, `seed ${seed} ${id}`).toBeLessThanOrEqual(1);
          for (const { place } of crossing) {
            const school = shown.schools.find((row) => row.reportingStratum === place.reportingStratum)!;
            expect(school.figure.kind, `seed ${seed} ${id}`).toBe('suppressed');
          }
        }
      }
    }
  }
  expect(asked).toBeGreaterThan(0);
});
