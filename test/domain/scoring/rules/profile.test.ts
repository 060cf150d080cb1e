import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  checkProfile,
  checkProfileAgainst,
  profileJsonSchema,
  type RuleProfile,
} from '../../../../src/domain/scoring/rules/profile.ts';
import type { Group } from '../../../../src/domain/model/vocabulary.ts';
import { ratingsOnly } from '../fixtures.ts';
import { readProfile } from '../profiles.ts';

const folder = new URL('../../../../survey-templates/profiles/', import.meta.url);
const names = ['basic-2012', 'basic-2012-county', 'quality-2017', 'open-link-2024'];

const json = (path: string) =>
  JSON.parse(readFileSync(new URL(path, folder), 'utf8')) as Record<string, unknown>;
const messages = (language: string) =>
  JSON.parse(
    readFileSync(new URL(`../../../../src/texts/${language}/profile.json`, import.meta.url), 'utf8'),
  ) as Record<string, string>;

type Draft = { -readonly [K in keyof RuleProfile]: RuleProfile[K] };
function issuesOf(change: (draft: Draft) => void, name = 'basic-2012') {
  const draft: Draft = structuredClone(readProfile(name));
  change(draft);
  const result = checkProfile(draft);
  return result.ok ? [] : result.issues.map((i) => i.message.replace('profile.check.', ''));
}

describe('shipped profiles', () => {
  it.each(names)('%s is accepted, and its hash does not depend on the order of its fields', (name) => {
    const raw = json(`${name}.json`);
    const result = checkProfile(raw);
    expect(result).toMatchObject({ ok: true, profile: { id: name } });
    const reversed = Object.fromEntries(Object.entries(raw).reverse());
    expect(result.ok && result.hash).toBe((checkProfile(reversed) as { hash: string }).hash);
  });

  it('profile.schema.json is what the code says', () => {
    expect(json('profile.schema.json')).toEqual(JSON.parse(JSON.stringify(profileJsonSchema())));
  });

  it('an open link is self-selected and allows no interval', () => {
    expect(readProfile('open-link-2024')).toMatchObject({
      sampling: 'self-selected',
      interval: { method: 'none' },
      returnRate: null,
    });
  });
});

describe('refusals say why', () => {
  const cases: [string, (d: Draft) => void, string][] = [
    ['weights that do not sum to 1', (d) => (d.groups[0]!.weight = 0.5), 'weights-sum'],
    ['official not among the formulas', (d) => (d.official = 'other'), 'official-unknown'],
    ['threshold above 100', (d) => (d.threshold.value = 101), 'threshold-range'],
    ['minimum cell below 5', (d) => (d.minimumCell = 4), 'minimum-cell'],
    ['formula id twice', (d) => d.formulas.push(d.formulas[0]!), 'formula-twice'],
    [
      'official that cannot reach the threshold',
      (d) => set(d, { points: { a: 80 } }),
      'threshold-unreachable',
    ],
    ['mean without points', (d) => set(d, { points: {} }), 'formula-no-points'],
    ['items and dimension', (d) => set(d, { items: ['q1'], dimension: 'x' }), 'formula-items-and-dimension'],
    [
      'respondents over several items',
      (d) => set(d, { unit: 'respondents', items: ['q1', 'q2'] }),
      'formula-respondents-items',
    ],
    ['group twice', (d) => d.groups.push({ ...d.groups[4]! }), 'group-twice'],
    ['weight without requirement', (d) => (d.groups[1]!.required = false), 'weight-not-required'],
    ['merging with itself', (d) => (d.groups[2]!.mayMergeWith = 'principal'), 'merge-self'],
    ['merging with a group without weight', (d) => (d.groups[2]!.mayMergeWith = 'public'), 'merge-unknown'],
    [
      'exception with a weight',
      (d) => (d.requiredGroupsWithoutQuestionnaire = ['public', 'deputy']),
      'exception-weight',
    ],
    [
      'exception that is not required',
      (d) => (d.requiredGroupsWithoutQuestionnaire = ['public', 'student']),
      'exception-not-required',
    ],
    ['a regime’s group left out', (d) => d.groups.pop(), 'regime-group'],
    ['shared links in a drawn figure', (d) => (d.channels = ['web', 'link']), 'drawn-link-channel'],
    ['late additions in a sampled figure', (d) => (d.sets = ['drawn', 'other']), 'drawn-other-set'],
    ['no return rate', (d) => (d.returnRate = null), 'return-rate-missing'],
    [
      'decision by an interval that is not there',
      (d) => Object.assign(d, { decision: 'interval', interval: { method: 'none', level: 0.95 } }),
      'decision-without-interval',
    ],
    [
      'points above the total',
      (d) => (d.role = { kind: 'points', points: 31, of: 30 }),
      'points-above-total',
    ],
    ['unknown field', (d) => Object.assign(d, { treshold: 1 }), 'unknown-field'],
  ];
  function set(d: Draft, change: object) {
    Object.assign(d.formulas[0]!, change);
  }
  it.each(cases)('%s', (_, change, key) => {
    expect(issuesOf(change)).toContain(key);
  });

  it('late additions may count in a census, which a warning says', () => {
    const raw = { ...readProfile('basic-2012'), sets: ['drawn', 'other'], quota: { kind: 'census' } };
    const check = checkProfile(raw);
    expect(check.ok && check.warnings.map((w) => w.message)).toContain('profile.check.late-counted');
  });

  it('a warning says what small strata cost, unless they are collapsed', () => {
    const warnings = (more: object) => {
      const check = checkProfile({ ...readProfile('basic-2012'), withinGroup: 'strata', ...more });
      return check.ok && check.warnings.map((w) => w.message);
    };
    const { minimumCell } = readProfile('basic-2012');
    expect(warnings({})).toContain('profile.check.small-strata');
    expect(warnings({ smallestStratum: minimumCell - 1 })).toContain('profile.check.small-strata');
    expect(warnings({ smallestStratum: minimumCell })).not.toContain('profile.check.small-strata');
    expect(warnings({ withinGroup: 'none' })).not.toContain('profile.check.small-strata');
  });

  it('self-selected with an interval, strata, quota or return rate', () => {
    const other = readProfile('basic-2012');
    expect(
      issuesOf((d) => {
        d.interval = { method: 't', level: 0.95 };
        d.withinGroup = 'strata';
        d.quota = other.quota;
        d.returnRate = other.returnRate;
      }, 'open-link-2024'),
    ).toEqual([
      'self-selected-interval',
      'self-selected-strata',
      'self-selected-return-rate',
      'self-selected-quota',
    ]);
  });

  it('tiers out of order, with a gap at the top, or with an open one in the middle', () => {
    const quotas = { parent: 1, teacher: 1, principal: 1, deputy: 1 };
    const tiers =
      (...below: (number | null)[]) =>
      (d: Draft) => {
        d.quota = { kind: 'tiers', tiers: below.map((b) => ({ below: b, quotas })) };
      };
    expect(issuesOf(tiers(1000, 2000, null))).toEqual([]);
    expect(issuesOf(tiers(2000, 1000, null))).toEqual(['tiers-not-ascending']);
    expect(issuesOf(tiers(1000, 1000, null))).toEqual(['tiers-not-ascending']);
    expect(issuesOf(tiers(1000, 2000))).toEqual(['tiers-gap']);
    expect(issuesOf(tiers(1000, null, null))).toEqual(['tiers-open-not-last']);
  });

  it('every message exists in both languages, with the same placeholders', () => {
    const zh = messages('zh-CN');
    const en = messages('en');
    expect(Object.keys(zh)).toEqual(Object.keys(en));
    const source = readFileSync(
      new URL('../../../../src/domain/scoring/rules/profile.ts', import.meta.url),
      'utf8',
    );
    const used = [...source.matchAll(/issue\(\s*[^,]+,\s*'([a-z-]+)'/g)].map((m) => `profile.check.${m[1]}`);
    expect(new Set(used)).toEqual(new Set(Object.keys(en)));
    const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();
    for (const key of Object.keys(zh)) expect([key, ...holes(zh[key]!)]).toEqual([key, ...holes(en[key]!)]);
  });
});

describe('against the questionnaires', () => {
  const dimensions = ['proximity', 'workload'];
  const q = (group: Group) => ratingsOnly(`for-${group}`, [group], dimensions);
  const four = [q('parent'), q('teacher'), q('principal'), q('deputy')];

  it('basic-2012 goes with the four questionnaires', () => {
    // These do not say what they cover: the formula over named content has nothing to look at, and is not the official one.
    expect(checkProfileAgainst(readProfile('basic-2012'), four)).toEqual({
      ok: true,
      warnings: four.map((own) => ({
        path: 'formulas[5]',
        message: 'profile.check.formula-without-items',
        params: { formula: 'mean-100-80-60-0-named', questionnaire: own.id },
      })),
    });
  });

  it('named content is no restriction beside another', () => {
    expect(
      issuesOf(
        (p) =>
          (p.formulas = [...p.formulas, { ...p.formulas[0]!, id: 'x', named: true, items: ['distance'] }]),
      ),
    ).toEqual(['formula-named-and-items']);
  });

  it('quality-2017 is refused without students, and accepted once the exception is named', () => {
    const profile = readProfile('quality-2017');
    expect(checkProfileAgainst(profile, four)).toEqual({
      ok: false,
      issues: [
        {
          path: 'groups[5]',
          message: 'profile.check.group-without-questionnaire',
          params: { group: 'student', regime: 'quality-2017' },
        },
      ],
    });
    const excepted: RuleProfile = {
      ...profile,
      requiredGroupsWithoutQuestionnaire: ['public', 'student'],
    };
    expect(checkProfile(excepted)).toMatchObject({ ok: true });
    expect(checkProfileAgainst(excepted, four)).toMatchObject({ ok: true });
    expect(checkProfileAgainst(profile, [...four, q('student')])).toMatchObject({ ok: true });
  });

  const keys = (profile: RuleProfile, list = four) => {
    const result = checkProfileAgainst(profile, list);
    return result.ok ? [] : result.issues.map((i) => i.message.replace('profile.check.', ''));
  };
  it('refuses an option without points, a second questionnaire of a group, and one without ratings', () => {
    const profile = readProfile('basic-2012');
    const { dissatisfied: _, ...points } = (profile.formulas[0] as { points: Record<string, number> }).points;
    const poor = { ...profile, formulas: [{ ...profile.formulas[0]!, points } as never] };
    expect(new Set(keys(poor))).toEqual(new Set(['option-without-points']));
    expect(keys(profile, [...four, ratingsOnly('more', ['parent'], ['x'])])).toEqual(['group-with-several']);
    expect(keys(profile, [...four.slice(1), ratingsOnly('empty', ['parent'], [])])).toContain(
      'no-rating-items',
    );
  });
});
