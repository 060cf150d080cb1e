/**
 * Flags of one county at close, from counts by reporting stratum. Service and verifier share it. The verifier recounts what the
 * bundle holds (answers, re-answers, roll); what only the running service saw (hours, speed, reports of pressure) it takes from
 * the leaves.
 */
import { BLANK, DONT_KNOW, NOT_ASKED, type CompiledQuestionnaire } from '../../questionnaire/compiled.ts';
import type { ReportingStratum } from '../../frame/strata.ts';
import type { Group } from '../../model/vocabulary.ts';
import { compareFlags, type Flag, type FlagKind } from './flags.ts';
import {
  defaultAlarm,
  findHighShares,
  findIdenticalVectors,
  findLowEntropy,
  findOddCoverage,
  independentSheetShare,
  type AlarmRule,
  type ShareCount,
  type StratumSignal,
} from './integrity.ts';

/** Flags that anyone can recompute from a bundle. */
export const recountableFlags: ReadonlySet<FlagKind> = new Set([
  'reanswers',
  'identical',
  'uniform',
  'thin-roll',
  'padded-roll',
]);

interface Sheet {
  readonly codes: readonly number[];
  count: number;
}
interface StratumSheets {
  n: number;
  /** 53-bit digest of the rating codes → how often. A collision among a stratum's sheets is less likely than one in 10⁵ at 100,000 of them. */
  readonly sheets: Map<number, Sheet>;
}

/** Counts last answers for the signals that need them; the order does not matter. */
export interface SheetCounter {
  add(reportingStratum: number, q: CompiledQuestionnaire, answers: Uint8Array): void;
  readonly strata: ReadonlyMap<number, StratumSheets>;
}

/** An empty counter of the sheets of one county. */
export function createSheetCounter(): SheetCounter {
  const strata = new Map<number, StratumSheets>();
  const offsets = new WeakMap<CompiledQuestionnaire, readonly number[]>();
  return {
    strata,
    add(reportingStratum, q, answers) {
      let ratings = offsets.get(q);
      if (!ratings) {
        ratings = q.items.filter((item) => item.type === 'rating').map((item) => item.offset);
        offsets.set(q, ratings);
      }
      let own = strata.get(reportingStratum);
      if (!own) strata.set(reportingStratum, (own = { n: 0, sheets: new Map() }));
      own.n++;
      const codes = ratings.map((offset) => answers[offset]!);
      const key = digest(codes);
      const sheet = own.sheets.get(key);
      if (sheet) sheet.count++;
      else own.sheets.set(key, { codes, count: 1 });
    },
  };
}

/** FNV-1a with two seeds, 53 bits in total. */
function digest(codes: readonly number[]): number {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (const code of codes) {
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ (code + 1), 0x01000193);
  }
  return (a >>> 0) * 0x20_0000 + ((b >>> 0) & 0x1f_ffff);
}

export interface RollCount {
  readonly reportingStratum: number;
  readonly contacts: number;
  /** Pupils (parents), staff (teachers) in the school register. */
  readonly register: number;
}

/** Contacts relative to the school register, by reporting stratum, if all its schools have a number there. */
export function countRolls(
  strata: readonly ReportingStratum[],
  schools: readonly {
    readonly id: string;
    readonly pupils: number | null;
    readonly staff: number | null;
  }[],
  contacts: (group: Group, school: string) => number,
): readonly RollCount[] {
  const byId = new Map(schools.map((school) => [school.id, school]));
  return strata.flatMap((stratum) => {
    if (stratum.group !== 'parent' && stratum.group !== 'teacher') return [];
    if (stratum.schools.length === 0) return [];
    let register = 0;
    let count = 0;
    for (const id of stratum.schools) {
      const school = byId.get(id);
      const size = stratum.group === 'parent' ? school?.pupils : school?.staff;
      if (size === null || size === undefined) return [];
      register += size;
      count += contacts(stratum.group, id);
    }
    return [{ reportingStratum: stratum.no, contacts: count, register }];
  });
}

/**
 * Counts of one kind of share, tested against each other. Counts below the minimum cell are not stated, because they would count
 * single people.
 */
export function flagShares(
  kind: FlagKind,
  counts: readonly ShareCount[],
  minimum: number,
  lot: number | null = null,
  rule: AlarmRule = defaultAlarm,
): readonly Flag[] {
  return toFlags(kind, findHighShares(counts, rule), minimum, lot);
}

/** Flags that follow from answers, re-answers and roll. `minimum`: the minimum cell. Sorted. */
export function findRecountableFlags(
  strata: readonly ReportingStratum[],
  counted: {
    readonly sheets: SheetCounter;
    readonly reanswers: readonly ShareCount[];
    readonly rolls: readonly RollCount[];
  },
  minimum: number,
): readonly Flag[] {
  const groups = [...new Set(strata.map((stratum) => stratum.group))];
  const flags: Flag[] = [...flagShares('reanswers', counted.reanswers, minimum)];
  for (const group of groups) {
    const own = strata.flatMap((stratum) => {
      const found = stratum.group === group ? counted.sheets.strata.get(stratum.no) : undefined;
      return found && found.n >= minimum ? [{ stratum: stratum.no, ...found }] : [];
    });
    flags.push(...sheetFlags(own, minimum));
    const rolls = counted.rolls
      .filter((roll) => strata.some((s) => s.no === roll.reportingStratum && s.group === group))
      .map(({ reportingStratum, contacts, register }) => ({
        stratum: reportingStratum,
        contacts,
        register,
      }));
    for (const signal of findOddCoverage(rolls))
      if (signal.alarm) flags.push(flagOf(signal.direction === 'thin' ? 'thin-roll' : 'padded-roll', signal));
  }
  return flags.sort(compareFlags);
}

function sheetFlags(
  strata: readonly (StratumSheets & { readonly stratum: number })[],
  minimum: number,
): readonly Flag[] {
  const shares: Map<number, number>[] = [];
  let all = 0;
  const options = strata.map(({ stratum, n, sheets }) => {
    const counts = new Map<number, number>();
    for (const { codes, count } of sheets.values()) {
      all += count;
      codes.forEach((code, i) => {
        const own = (shares[i] ??= new Map<number, number>());
        own.set(code, (own.get(code) ?? 0) + count);
        if (code !== BLANK && code !== NOT_ASKED && code !== DONT_KNOW)
          counts.set(code, (counts.get(code) ?? 0) + count);
      });
    }
    return { stratum, n, options: [...counts].sort(([a], [b]) => a - b).map(([, count]) => count) };
  });
  if (all === 0) return [];
  for (const own of shares) for (const [code, count] of own) own.set(code, count / all);
  const codesOf = new Map<number, readonly number[]>();
  const sheets = strata.map(({ stratum, sheets: own }) => {
    const counts = new Map<number, number>();
    for (const [key, { codes, count }] of own) {
      counts.set(key, count);
      codesOf.set(key, codes);
    }
    return { stratum, sheets: counts };
  });
  const identical = findIdenticalVectors(sheets, (key) => independentSheetShare(codesOf.get(key)!, shares));
  return [
    ...toFlags('identical', identical, minimum, null),
    ...findLowEntropy(options).flatMap((signal) => (signal.alarm ? [flagOf('uniform', signal)] : [])),
  ];
}

function toFlags(
  kind: FlagKind,
  signals: readonly StratumSignal[],
  minimum: number,
  lot: number | null,
): readonly Flag[] {
  return signals.flatMap((signal) =>
    signal.alarm && signal.observed >= minimum && signal.n >= minimum ? [flagOf(kind, signal, lot)] : [],
  );
}

function flagOf(
  kind: FlagKind,
  { stratum, observed, n, expected }: StratumSignal,
  lot: number | null = null,
): Flag {
  const round = (x: number) => Number(x.toFixed(3));
  return { kind, reportingStratum: stratum, lot, observed: round(observed), n, expected: round(expected) };
}
