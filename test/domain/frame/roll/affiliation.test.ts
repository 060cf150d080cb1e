import { expect, it } from 'vitest';
import { decideAffiliation, type KnownGrade } from '../../../../src/domain/frame/roll/affiliation.ts';

/** What is known after one roll after another, each a list of grades at one school. */
function after(...rolls: readonly (readonly number[])[]) {
  let known: KnownGrade[] = [];
  let corrected = 0;
  rolls.forEach((grades, i) => {
    for (const grade of grades) {
      const row = { grade, source: i + 1 };
      const change = decideAffiliation(known, row);
      known = known.filter((k) => !change.removed.includes(k.grade));
      if (change.written) known = [...known.filter((k) => k.grade !== grade), row];
      if (change.outcome === 'corrected') corrected += 1;
    }
  });
  return { grades: known.map((k) => k.grade).sort(), corrected };
}

it.each([
  ['one roll keeps two children of one school', [[3, 5]], [3, 5], 0],
  ['a later roll replaces the grade', [[3], [4]], [4], 1],
  [
    'the same roll again changes nothing',
    [
      [3, 5],
      [3, 5],
    ],
    [3, 5],
    0,
  ],
  [
    'one of two children is corrected, in either order',
    [
      [3, 5],
      [4, 5],
    ],
    [4, 5],
    1,
  ],
  [
    'one of two children is corrected, in either order',
    [
      [3, 5],
      [5, 4],
    ],
    [4, 5],
    1,
  ],
  ['a roll without grades takes none away', [[3], [0]], [3], 0],
  ['a grade replaces none', [[0], [3]], [3], 1],
  ['the last of three counts', [[3], [4], [3]], [3], 2],
])('%s: %j', (_, rolls, grades, corrected) => {
  expect(after(...rolls)).toEqual({ grades, corrected });
});
