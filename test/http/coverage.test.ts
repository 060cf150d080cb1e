/** Schools that the page of a roll asks to look at: those with a warning, and no others. */
import { expect, test } from 'vitest';
import type { SchoolId } from '../../src/domain/model/ids.ts';
import { isOdd } from '../../src/http/staff/roll/coverage-view.ts';

const school = {
  ...{ id: 's' as SchoolId, name: '第一小学', location: null, township: '' },
  ...{
    contacts: 108,
    pupils: 100,
    guardians: 100,
    guardianRatio: 1,
    staff: 10,
    teachers: 8,
    teacherRatio: 0.8,
  },
  ...{ shared: 0, consecutive: 0, withPhone: 108 },
};
test.each([
  ['as many as there should be', {}, false],
  ['no roll', { contacts: 0, guardians: 0, guardianRatio: 0 }, true],
  ['thinned', { guardians: 30, guardianRatio: 0.3 }, true],
  // These had a warning in their row, and were missing from the list of those to look at.
  ['padded with guardians', { guardians: 300, guardianRatio: 3 }, true],
  ['padded with teachers', { teachers: 20, teacherRatio: 2 }, true],
  ['consecutive numbers', { consecutive: 20 }, true],
  [
    'numbers of pupils and staff unknown',
    { pupils: null, guardianRatio: null, staff: null, teacherRatio: null },
    false,
  ],
])('%s: %j → %s', (_, changes, odd) => {
  expect(isOdd({ ...school, ...changes })).toBe(odd);
});
