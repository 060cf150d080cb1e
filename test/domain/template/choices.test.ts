/** Which questionnaires a campaign is made of: what was chosen is what it says of itself again. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ContentHash } from '../../../src/domain/model/ids.ts';
import { groups } from '../../../src/domain/model/vocabulary.ts';
import { checkQuestionnaire } from '../../../src/domain/questionnaire/check.ts';
import { compileQuestionnaire } from '../../../src/domain/questionnaire/compile.ts';
import { checkProfile } from '../../../src/domain/scoring/rules/profile.ts';
import {
  arrange,
  askedGroups,
  choicesOf,
  fitsFor,
  proposeChoices,
  type Candidate,
} from '../../../src/domain/template/choices.ts';
import { readTemplate } from '../../support/world.ts';

function candidate(name: string): Candidate & { readonly name: string } {
  const check = checkQuestionnaire(readTemplate(`${name}.json`));
  if (!check.ok) throw new Error(name);
  const { $schema: _, ...questionnaire } = check.questionnaire;
  return { name, questionnaire, hash: compileQuestionnaire(questionnaire).hash };
}
function profileOf(name: string) {
  const check = checkProfile(readTemplate(`profiles/${name}.json`));
  if (!check.ok) throw new Error(name);
  return check.profile;
}

const shipped = [
  ...['parent-2012', 'parent-2017', 'teacher-2012', 'teacher-2017', 'principal-2012', 'deputy-2012'],
  ...['public-2012', 'balanced/parent-2012-balanced', 'balanced/parent-2017-balanced'],
].map(candidate);
const basic = profileOf('basic-2012');

describe('what fits', () => {
  it('is of the version that the rules require; the other scale only as an arm', () => {
    const fits = fitsFor(basic, 'parent', shipped);
    expect(fits.map(({ candidate: { name }, asOnly, asArm }) => [name, asOnly, asArm])).toEqual([
      ['parent-2012', true, true],
      ['balanced/parent-2012-balanced', false, true],
    ]);
    // Nobody is drawn by an open link, so nothing is split.
    const open = fitsFor(profileOf('open-link-2024'), 'parent', shipped);
    expect(open.every((fit) => fit.asOnly && !fit.asArm)).toBe(true);
  });

  it('is nothing that scores what only some are asked: such a draft would be refused', () => {
    const parent = shipped[0]!;
    const [first, second, ...rest] = parent.questionnaire.items;
    const items = [first!, { ...second!, showIf: { item: first!.id, in: ['dissatisfied'] } }, ...rest];
    const asking = { ...parent, questionnaire: { ...parent.questionnaire, items } };
    expect(fitsFor(basic, 'parent', [asking])).toEqual([]);
  });

  it('is proposed one for each group; what was chosen stays while it fits', () => {
    const proposed = proposeChoices(basic, shipped);
    expect(proposed.map(({ group }) => group)).toEqual(askedGroups(basic));
    expect(proposed.every(({ arms, official }) => arms.length === 1 && official === null)).toBe(true);
    const [plain, balanced] = fitsFor(basic, 'parent', shipped).map((fit) => fit.candidate.hash);
    const split = { group: 'parent' as const, arms: [plain!, balanced!], official: 0, shares: [80, 20] };
    expect(proposeChoices(basic, shipped, [split])[0]).toEqual(split);
    // The figures cannot be of the scale that the rules do not score, nor of another version.
    expect(proposeChoices(basic, shipped, [{ ...split, official: 1 }])[0]!.arms).toEqual([plain]);
    const other = shipped.find(({ name }) => name === 'parent-2017')!.hash;
    expect(proposeChoices(basic, shipped, [{ ...split, arms: [other] }])[0]!.arms).toEqual([plain]);
  });
});

it('what is arranged reads back as it was chosen, and each group has one entry or one for each arm', () => {
  const hash = fc.constantFrom('a', 'b', 'c', 'd') as fc.Arbitrary<ContentHash>;
  const choice = (group: (typeof groups)[number]) =>
    fc
      .record({
        arms: fc.uniqueArray(hash, { maxLength: 4 }),
        at: fc.option(fc.nat(3), { nil: null }),
        isShared: fc.boolean(),
      })
      .map(({ arms, at, isShared }) => ({
        ...{ group, arms },
        official: arms.length > 1 && at !== null && at < arms.length ? at : null,
        shares: arms.length > 1 && isShared ? arms.map((_, i) => 10 + i) : null,
      }));
  fc.assert(
    fc.property(fc.tuple(...groups.map(choice)), (choices) => {
      const list = arrange(choices).map((entry, i) => ({ ...entry, no: i + 1 }));
      expect(choicesOf(list, groups)).toEqual(choices);
      for (const { groups: own, arm } of list) if (arm !== undefined) expect(own).toHaveLength(1);
    }),
  );
});
