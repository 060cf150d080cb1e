/**
 * Guesses the group of a roll. The guess is only shown beside the choice, never applied: a roll under a wrong group would count
 * the wrong people.
 */
import type { Issue } from '../../errors.ts';
import type { Group } from '../../model/vocabulary.ts';

const words: readonly (readonly [Group, RegExp])[] = [
  ['parent', /家长|监护人|父母|学生|parents?|guardians?/iu],
  ['principal', /校长|园长|principals?/iu],
  ['teacher', /教师|老师|教职工|任教|学科|teachers?/iu],
  ['deputy', /代表|委员|人大|政协|deput(?:y|ies)/iu],
  ['public', /群众|公众|居民|社会/iu],
];

export interface FileLook {
  readonly fileName: string;
  readonly sheetNames: readonly string[];
  readonly headers: readonly string[];
  /** Of all sheets. */
  readonly rows: number;
  /** Of the county's schools that the file names, or of all. */
  readonly pupils: number;
  readonly staff: number;
  readonly schools: number;
}

/** Possible groups of the file, best first. */
export function guessGroups(
  look: FileLook,
  asked: readonly Group[],
): readonly { readonly group: Group; readonly reasons: readonly Issue[] }[] {
  return words
    .filter(([group]) => asked.includes(group))
    .map(([group, pattern]) => {
      const reasons: Issue[] = [];
      let score = 0;
      const say = (points: number, message: string, params: Readonly<Record<string, string | number>>) => {
        score += points;
        reasons.push({ path: 'group', message: `roll.looks.${message}`, params });
      };
      const inName = wordIn(pattern, [look.fileName]);
      if (inName) say(3, 'file', { word: inName });
      const inSheet = wordIn(pattern, look.sheetNames);
      if (inSheet) say(2, 'sheet', { word: inSheet });
      const header = look.headers.find((text) => pattern.test(text));
      if (header !== undefined) say(2, 'column', { header });
      const size = sizeOf(look, group);
      if (size !== null && score > 0) say(1, `size.${size}`, { rows: look.rows });
      return { group, reasons, score };
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ group, reasons }) => ({ group, reasons }));
}

function wordIn(pattern: RegExp, texts: readonly string[]): string | undefined {
  return texts.map((text) => pattern.exec(text)?.[0]).find((word) => word !== undefined);
}

function sizeOf({ rows, pupils, staff, schools }: FileLook, group: Group): string | null {
  const isNear = (whole: number) => whole > 0 && rows >= 0.5 * whole && rows <= 2 * whole;
  if (group === 'parent' && isNear(pupils)) return 'pupils';
  if (group === 'teacher' && isNear(staff)) return 'staff';
  if (group === 'principal' && isNear(schools)) return 'schools';
  return null;
}
