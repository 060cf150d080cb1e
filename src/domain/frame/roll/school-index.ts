/** Finds a school by what a clerk wrote: exact after removing spaces and punctuation. Similar names are only suggested. */
import type { SchoolId } from '../../model/ids.ts';
import { cellText, type CellValue } from './table.ts';

export interface ListedSchool {
  readonly id: SchoolId;
  readonly name: string;
  readonly code?: string | null;
  readonly aliases?: readonly string[];
  readonly township?: string;
}

export type SchoolMatch =
  | { readonly kind: 'one'; readonly school: ListedSchool }
  | { readonly kind: 'several'; readonly schools: readonly ListedSchool[] }
  | { readonly kind: 'none'; readonly nearest: readonly string[] };

export interface SchoolIndex {
  /** A name has priority over an alias; among several the township decides, if given. */
  readonly byName: (name: string, township?: string) => SchoolMatch;
  readonly byCode: (code: string) => SchoolMatch;
}

/** Names that differ only in case, spaces or punctuation are equal. */
export function schoolKey(name: CellValue): string {
  return cellText(name)
    .toLowerCase()
    .replace(/[\p{P}\p{S}\s]/gu, '');
}

/** 城关 is 城关镇. */
export function townshipKey(name: string): string {
  const key = schoolKey(name);
  return key.replace(/(?<=.)(?:街道办事处|办事处|街道|民族乡|镇|乡)$/u, '');
}

const CACHED = 20_000;

/** Finds schools by code, name and alias, as rolls write them. */
export function createSchoolIndex(schools: readonly ListedSchool[]): SchoolIndex {
  const names = new Map<string, Map<SchoolId, ListedSchool>>();
  const aliases = new Map<string, Map<SchoolId, ListedSchool>>();
  const codes = new Map<string, Map<SchoolId, ListedSchool>>();
  const add = (map: typeof names, key: string, school: ListedSchool) => {
    if (key === '') return;
    const found = map.get(key) ?? new Map<SchoolId, ListedSchool>();
    map.set(key, found.set(school.id, school));
  };
  for (const school of schools) {
    add(names, schoolKey(school.name), school);
    for (const alias of school.aliases ?? []) add(aliases, schoolKey(alias), school);
    add(codes, schoolKey(school.code ?? null), school);
    add(codes, schoolKey(school.id), school);
  }
  let grams: readonly { readonly name: string; readonly grams: ReadonlySet<string> }[] | undefined;
  const nearest = (key: string): string[] => {
    const wanted = bigrams(key);
    grams ??= schools.map((school) => ({ name: school.name, grams: bigrams(schoolKey(school.name)) }));
    return grams
      .map(({ name, grams: g }) => ({ name, score: dice(wanted, g) }))
      .filter(({ score }) => score >= 0.3)
      .sort((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1))
      .slice(0, 3)
      .map(({ name }) => name);
  };
  const finder = (maps: readonly (typeof names)[], near: boolean) => {
    const known = new Map<string, SchoolMatch>();
    return (written: string, township = ''): SchoolMatch => {
      const asked = `${written}\0${township}`;
      const cached = known.get(asked);
      if (cached) return cached;
      const key = schoolKey(written);
      const all =
        maps.map((map) => [...(map.get(key)?.values() ?? [])]).find((list) => list.length > 0) ?? [];
      const place = townshipKey(township);
      const there = all.filter((s) => place !== '' && townshipKey(s.township ?? '') === place);
      const found = all.length > 1 && there.length > 0 ? there : all;
      let match: SchoolMatch;
      if (found.length === 1) match = { kind: 'one', school: found[0]! };
      else if (found.length > 1) match = { kind: 'several', schools: found };
      else match = { kind: 'none', nearest: near && known.size < CACHED ? nearest(key.slice(0, 100)) : [] };
      if (known.size < CACHED) known.set(asked, match);
      return match;
    };
  };
  return { byName: finder([names, aliases], true), byCode: finder([codes], false) };
}

function bigrams(text: string): ReadonlySet<string> {
  const chars = [...text];
  return new Set(chars.length < 2 ? chars : chars.slice(1).map((c, i) => `${chars[i]}${c}`));
}

/** Sørensen–Dice coefficient of two sets. */
function dice(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let common = 0;
  for (const gram of a) if (b.has(gram)) common += 1;
  return a.size + b.size === 0 ? 0 : (2 * common) / (a.size + b.size);
}
