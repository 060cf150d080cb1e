import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  actions,
  actionsOfRole,
  may,
  scopesOfRole,
  type Actor,
} from '../../../src/domain/campaign/permissions.ts';
import { buildRateRows, coarseRate, openRateStep } from '../../../src/domain/answer/rate-view.ts';
import {
  currentRevisionRule,
  effectiveRevision,
  firstRevision,
  supersedes,
} from '../../../src/domain/answer/revision.ts';
import type { ReportingStratum } from '../../../src/domain/frame/strata.ts';
import type { CountyCode } from '../../../src/domain/model/ids.ts';
import { channels, type Channel } from '../../../src/domain/model/vocabulary.ts';

describe('rates while open', () => {
  test('steps of five points, wider where five points are fewer than two people', () => {
    expect([100, 40, 39, 20, 19, 10].map(openRateStep)).toEqual([5, 5, 10, 10, 20, 20]);
    expect(coarseRate(33, 100)).toBe(30);
    expect(coarseRate(100, 100)).toBe(100);
    expect(coarseRate(120, 100)).toBe(100);
    fc.assert(
      fc.property(
        fc.integer({ min: 10, max: 5000 }),
        fc.integer({ min: 0, max: 5000 }),
        (issued, answered) => {
          // One more answer never moves the shown rate by itself from every position: a step is at least two people wide.
          fc.pre(answered + 1 <= issued);
          const a = coarseRate(answered, issued);
          const b = coarseRate(answered + 1, issued);
          const c = coarseRate(Math.max(0, answered - 1), issued);
          expect(a === b || a === c).toBe(true);
        },
      ),
    );
  });

  const stratum = (no: number, drawn: number): ReportingStratum => ({
    no,
    group: 'parent',
    level: 'school',
    key: `s${no}`,
    name: `School ${no}`,
    schools: [],
    location: null,
    issued: { drawn, replacement: 0, other: 0 },
  });

  test('a small cell is hidden, and one more with it, so that it is not to be had by subtraction', () => {
    const rows = buildRateRows(
      [stratum(1, 50), stratum(2, 6), stratum(3, 20)],
      [{ reportingStratum: 2, set: 'drawn', answered: 6, valid: 6 }],
      10,
      new Set(['parent'] as const),
    );
    expect(rows.map((r) => [r.name, r.issued, r.value.kind])).toEqual([
      ['', 76, 'coarse'],
      ['School 1', 50, 'coarse'],
      ['School 2', null, 'hidden'],
      ['School 3', null, 'hidden'],
    ]);
  });

  test('after close a group is exact, unless few answered, and its strata stay coarse', () => {
    const rows = buildRateRows(
      [stratum(1, 50), stratum(2, 40)],
      [
        { reportingStratum: 1, set: 'drawn', answered: 31, valid: 30 },
        { reportingStratum: 2, set: 'drawn', answered: 7, valid: 7 },
      ],
      10,
      new Set(['parent'] as const),
    );
    // Beside the group's 38 and 31 of 50, 7 of 40 would stand exactly.
    expect(rows.map((r) => r.value)).toEqual([
      { kind: 'exact', answered: 38, valid: 37 },
      { kind: 'coarse', answered: 60, valid: 60, step: 5 },
      { kind: 'coarse', answered: 15, valid: 15, step: 5 },
    ]);
  });

  test('after close the minimum cell itself is enough, and a group without codes of the set says so', () => {
    const rows = (answered: number, drawn = 50) =>
      buildRateRows(
        [{ ...stratum(1, drawn), issued: { drawn, replacement: 20, other: 0 } }],
        [{ reportingStratum: 1, set: 'drawn', answered, valid: answered }],
        10,
        new Set(['parent'] as const),
      ).map(({ set, value }) => [set, value.kind, 'why' in value ? value.why : value.answered]);
    expect(rows(10)[0]).toEqual(['drawn', 'exact', 10]);
    expect(rows(9)[0]).toEqual(['drawn', 'coarse', 15]);
    expect(rows(0, 0)).toEqual([
      ['drawn', 'hidden', 'nothing-issued'],
      ['replacement', 'coarse', 0],
    ]);
  });

  test('after close a group stays coarse where its summary hides how many of the drawn sample answered, and so do replacements', () => {
    const rows = buildRateRows(
      [{ ...stratum(1, 50), issued: { drawn: 50, replacement: 20, other: 0 } }],
      [
        { reportingStratum: 1, set: 'drawn', answered: 31, valid: 30 },
        { reportingStratum: 1, set: 'replacement', answered: 12, valid: 12 },
      ],
      10,
      new Set(),
    );
    expect(rows.map((r) => [r.set, r.value.kind])).toEqual([
      ['drawn', 'coarse'],
      ['replacement', 'coarse'],
    ]);
  });

  test('open figures are coarse, and hold no number of people who answered', () => {
    const rows = buildRateRows(
      [stratum(1, 100)],
      [{ reportingStratum: 1, set: 'drawn', answered: 47, valid: 41 }],
      10,
      new Set(),
    );
    expect(rows).toEqual([
      {
        group: 'parent',
        level: null,
        name: '',
        set: 'drawn',
        issued: 100,
        value: { kind: 'coarse', answered: 45, valid: 40, step: 5 },
      },
    ]);
  });
});

describe('which revision counts', () => {
  const revisions = fc
    .array(fc.constantFrom(...channels), { minLength: 1, maxLength: 8 })
    .map((list) => list.map((channel, i) => ({ revision: i + 1, channel })));

  test.each([
    [1, ['web', 'link', 'kiosk']],
    [2, ['web', 'link']],
  ] as const)(
    'rule %i: the last self-completed one, or the last of all; the writer’s one-by-one rule says the same',
    (rule, selfCompleted: readonly string[]) => {
      fc.assert(
        fc.property(revisions, (list) => {
          const self = list.filter((r) => selfCompleted.includes(r.channel));
          const expected = (self.length > 0 ? self : list).at(-1);
          expect(effectiveRevision(list, rule)).toEqual(expected);
          let kept: (typeof list)[number] | undefined;
          for (const r of list) if (supersedes(r.channel, kept, rule)) kept = r;
          expect(kept).toEqual(expected);
          expect(firstRevision(list, rule)).toEqual((self.length > 0 ? self : list)[0]);
        }),
      );
    },
  );

  test('an entry at a school’s device replaces what an interviewer entered, and nothing that was answered at home', () => {
    const at = (...channels: Channel[]) =>
      effectiveRevision(
        channels.map((channel, i) => ({ revision: i + 1, channel })),
        currentRevisionRule,
      )?.revision;
    expect(at('web', 'kiosk')).toBe(1);
    expect(at('link', 'kiosk', 'kiosk')).toBe(1);
    expect(at('kiosk', 'web', 'kiosk')).toBe(2);
    expect(at('assisted', 'kiosk')).toBe(2);
  });
});

describe('permissions', () => {
  const actor = (role: Actor['role'], counties: string[] = []): Actor => ({
    userId: 'u',
    name: 'n',
    role,
    counties,
    via: 'web',
  });

  test('only the commissioner’s side touches codes', () => {
    expect(actions['codes.export']).toEqual(['administrator', 'operator']);
  });

  test('a bound account never reaches another county, the commissioner’s side reaches all', () => {
    expect(may(actor('official', ['990101']), 'rates.view', '990101' as CountyCode)).toBe(true);
    expect(may(actor('official', ['990101']), 'rates.view', '990102' as CountyCode)).toBe(false);
    expect(may(actor('operator'), 'rates.view', '990102' as CountyCode)).toBe(true);
    expect(may(actor('interviewer', ['990101']), 'rates.view', '990101' as CountyCode)).toBe(false);
  });

  test('a role’s actions are those of the table, and its tokens reach no scope without one', () => {
    expect(actionsOfRole('interviewer')).toEqual(['campaign.list', 'assisted.enter', 'inspection.call']);
    expect(scopesOfRole('interviewer')).toEqual(['codes']);
    expect(scopesOfRole('official')).not.toContain('administration');
    // Without a county, a bound account may do what it may in its own.
    expect(may(actor('official', ['990101']), 'rates.view')).toBe(true);
    const token = { ...actor('administrator'), scopes: ['figures'] as const };
    expect([may(token, 'rates.view'), may(token, 'codes.export'), may(token, 'campaign.list')]).toEqual([
      true,
      false,
      true,
    ]);
  });
});
