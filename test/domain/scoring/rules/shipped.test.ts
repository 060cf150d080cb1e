import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkQuestionnaire } from '../../../../src/domain/questionnaire/check.ts';
import { compileQuestionnaire } from '../../../../src/domain/questionnaire/compile.ts';
import { checkProfile, checkProfileAgainst } from '../../../../src/domain/scoring/rules/profile.ts';

const folder = new URL('../../../../survey-templates/', import.meta.url);
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));

const compiled = (names: readonly string[]) =>
  names.map((name) => {
    const check = checkQuestionnaire(read(`${name}.json`));
    if (!check.ok) throw new Error(JSON.stringify(check.issues));
    return compileQuestionnaire(check.questionnaire);
  });
const groups = ['parent', 'teacher', 'principal', 'deputy', 'public'];
const of2012 = compiled(groups.map((g) => `${g}-2012`));
const of2017 = compiled([...groups, 'student'].map((g) => `${g}-2017`));
const evaluations = compiled(['parent-2017', 'teacher-on-principal', 'student-2017']);
const profiles = readdirSync(new URL('profiles/', folder)).filter(
  (f) => f.endsWith('.json') && !f.includes('schema'),
);

describe('profiles as shipped, with the questionnaires as shipped', () => {
  test.each(profiles)('%s', (file) => {
    const check = checkProfile(read(`profiles/${file}`));
    if (!check.ok) throw new Error(JSON.stringify(check.issues));
    const asked =
      file === 'quality-2017.json' ? of2017 : file === 'three-evaluations.json' ? evaluations : of2012;
    const fit = checkProfileAgainst(check.profile, asked);
    // The county variant goes by a quota table without the other public, though a questionnaire for it is there.
    const needless = file === 'basic-2012-county.json' ? ['profile.check.exception-needless'] : [];
    expect(fit.ok && fit.warnings.map((w) => w.message)).toEqual(needless);
  });

  test('quality-2017 takes the students in, and is refused without them', () => {
    const check = checkProfile(read('profiles/quality-2017.json'));
    if (!check.ok) throw new Error(JSON.stringify(check.issues));
    expect(checkProfileAgainst(check.profile, of2017)).toEqual({ ok: true, warnings: [] });
    const without = checkProfileAgainst(check.profile, of2017.slice(0, -1));
    expect(without.ok ? [] : without.issues.map((i) => i.params?.['group'])).toEqual(['student']);
  });

  test('three-evaluations says whom each group counts for, and decides nothing', () => {
    const check = checkProfile(read('profiles/three-evaluations.json'));
    if (!check.ok) throw new Error(JSON.stringify(check.issues));
    expect(check.profile.groups.map((g) => [g.group, g.countsFor])).toEqual([
      ['parent', 'schools'],
      ['teacher', 'principals'],
      ['student', 'teachers'],
    ]);
    expect(check.profile.role).toEqual({ kind: 'reference' });
  });
});
