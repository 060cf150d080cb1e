/**
 * Counts reports of pressure ("I was told what to answer"). A place with fewer than the minimum is counted one level up, and so
 * on. The rest is assigned to the county, however few they are: a report is never dropped. Every respondent is counted in exactly
 * one place. So the places add up, and subtraction reveals nothing smaller.
 */
import type { Issue } from '../errors.ts';
import type { SchoolId } from '../model/ids.ts';
import { normaliseText } from '../questionnaire/text.ts';
import {
  pressureSources,
  pressureSourceSchema,
  type Group,
  type PressureSource,
} from '../model/vocabulary.ts';
import type { StratifiedSchool } from '../frame/reporting-strata.ts';
import type { ReportingLevel, ReportingStratum } from '../frame/strata.ts';

export interface PressurePlace {
  /** null: all groups together. */
  readonly group: Group | null;
  readonly level: ReportingLevel;
  /** Name of a school or township; id of a location; '' for the county. */
  readonly name: string;
  readonly respondents: number;
}

export interface PressureCount {
  /** Respondents who reported at all. */
  readonly respondents: number;
  /** For the whole county; a respondent may have named several. */
  readonly sources: Readonly<Record<PressureSource, number>>;
  /** In descending order. */
  readonly places: readonly PressurePlace[];
}

interface Report {
  readonly id: Uint8Array;
  readonly source: PressureSource;
  readonly reportingStratum: number;
}

interface Unit {
  readonly group: Group;
  readonly level: ReportingLevel;
  readonly name: string;
  readonly stratum: ReportingStratum;
  readonly respondents: number;
}

/**
 * Reports by source, and respondents by place. Units of fewer than `minimum` are counted together: by central school, township,
 * location, county.
 */
export function countPressure(
  strata: readonly ReportingStratum[],
  schools: readonly StratifiedSchool[],
  reports: readonly Report[],
  minimum: number,
): PressureCount {
  const people = new Map<number, Set<string>>();
  const sources = Object.fromEntries(pressureSources.map((s) => [s, 0])) as Record<PressureSource, number>;
  for (const { id, source, reportingStratum } of reports) {
    sources[source]++;
    const set = people.get(reportingStratum) ?? new Set();
    people.set(reportingStratum, set.add(String(id)));
  }
  const byId = new Map(schools.map((s) => [s.id, s]));
  let pending: readonly Unit[] = strata.flatMap((stratum) => {
    const respondents = people.get(stratum.no)?.size ?? 0;
    if (respondents === 0) return [];
    return [{ group: stratum.group, level: stratum.level, name: stratum.name, stratum, respondents }];
  });
  const total = pending.reduce((sum, u) => sum + u.respondents, 0);

  const enough = (u: { readonly respondents: number }) => u.respondents >= minimum;
  const done: PressurePlace[] = pending.filter(enough).map(placeOf);
  pending = pending.filter((u) => !enough(u));
  for (const level of ['parent-school', 'township', 'location', 'county'] as const) {
    const merged = new Map<string, Unit>();
    for (const unit of pending) {
      const above = isFiner(unit.level, level) ? placeAbove(unit.stratum, byId, level) : unit.name;
      const to =
        above === null
          ? unit
          : { ...unit, level: isFiner(unit.level, level) ? level : unit.level, name: above };
      const key = [to.group, to.level, to.name].join('\n');
      const before = merged.get(key);
      merged.set(key, before ? { ...before, respondents: before.respondents + unit.respondents } : to);
    }
    pending = [...merged.values()];
    done.push(...pending.filter(enough).map(placeOf));
    pending = pending.filter((u) => !enough(u));
  }
  let rest = pending.reduce((sum, u) => sum + u.respondents, 0);
  done.sort((a, b) => b.respondents - a.respondents);
  // A small remainder is merged with the smallest other place.
  while (rest > 0 && rest < minimum && done.length > 0) rest += done.pop()?.respondents ?? 0;
  if (rest > 0) done.push({ group: null, level: 'county', name: '', respondents: rest });
  return { respondents: total, sources, places: done.sort((a, b) => b.respondents - a.respondents) };
}

function placeOf({ group, level, name, respondents }: Unit): PressurePlace {
  return { group, level, name, respondents };
}

const order: readonly ReportingLevel[] = ['school', 'parent-school', 'township', 'location', 'county'];
const isFiner = (a: ReportingLevel, b: ReportingLevel) => order.indexOf(a) < order.indexOf(b);

/** Name of the stratum's place at `level`; null if it has none at that level. */
function placeAbove(
  stratum: ReportingStratum,
  byId: ReadonlyMap<SchoolId, StratifiedSchool>,
  level: 'parent-school' | 'township' | 'location' | 'county',
): string | null {
  if (level === 'county') return '';
  const schools = stratum.schools.flatMap((id) => byId.get(id) ?? []);
  const values = new Set(
    schools.map((s) => {
      if (level === 'township') return s.township;
      if (level === 'location') return s.location ?? '';
      return byId.get(s.parent ?? s.id)?.name ?? s.name;
    }),
  );
  const [only] = values;
  return values.size === 1 && only !== undefined && only !== '' ? only : null;
}

/** In characters. */
export const pressureTextLimit = 300;

export type PressureReading =
  | { readonly ok: true; readonly report: { readonly source: PressureSource; readonly body: string } | null }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/**
 * A report of pressure as a form or program sent it. Nothing and `none` are not a report; text without a source gets the source
 * `other`.
 */
export function readPressure(source: unknown, text: unknown): PressureReading {
  const issues: Issue[] = [];
  const blank = source === undefined || source === null || source === '' || source === 'none';
  const known = blank ? undefined : pressureSourceSchema.safeParse(source);
  if (known?.success === false)
    issues.push({
      path: '_pressure',
      message: 'questionnaire.answer.unknown-option',
      params: { id: '_pressure' },
    });
  const body =
    text === undefined || text === null
      ? ''
      : typeof text === 'string'
        ? normaliseText(text, pressureTextLimit)
        : null;
  if (body === null)
    issues.push({
      path: '_pressure-text',
      message: 'questionnaire.answer.text-too-long',
      params: { max: pressureTextLimit, id: '_pressure-text' },
    });
  if (issues.length > 0 || body === null) return { ok: false, issues };
  if (known?.success) return { ok: true, report: { source: known.data, body } };
  return { ok: true, report: body === '' ? null : { source: 'other', body } };
}
