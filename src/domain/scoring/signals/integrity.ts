/**
 * Signals of answers that may not have been given freely, from counts by reporting stratum × time slot. They look at clusters,
 * never at a person; a signal names a stratum and deletes nothing. Each has a false-alarm rate: the chance that an honest county
 * raises it anywhere. That rate, `alarm`, is divided by the number of strata (Bonferroni), so it holds whatever the dependence
 * between them. Honest strata also differ (schools differ, parents of one school talk). So every test allows for a spread between
 * strata (`spread`, an intra-class correlation) by dividing counts by 1 + (n − 1)·spread before the binomial tail. Checked on
 * simulated honest counties in test/bench/coverage.ts.
 */
import { binomialUpperTail } from '../statistics/proportion.ts';

export interface AlarmRule {
  /** Chance of any alarm of this kind in an honest county. */
  readonly alarm: number;
  /** Intra-class correlation of honest strata, 0–1. */
  readonly spread: number;
}
export const defaultAlarm: AlarmRule = { alarm: 0.01, spread: 0.05 };

export interface StratumSignal {
  readonly stratum: number;
  /** Observed number out of `n`, of whatever the signal counts. */
  readonly observed: number;
  readonly n: number;
  /** Expected in an honest stratum of that size. */
  readonly expected: number;
  /** Chance of at least this in an honest stratum, before division by the number of strata. */
  readonly chance: number;
  readonly alarm: boolean;
}

/** Upper tail of a binomial with dependent trials: n and x over the design effect 1 + (n − 1)·spread. */
function clusteredTail(x: number, n: number, p: number, spread: number): number {
  if (x <= 0) return 1;
  if (p <= 0) return 0;
  if (p >= 1) return 1;
  const deff = 1 + (n - 1) * spread;
  // The incomplete beta function accepts real-valued arguments.
  return binomialUpperTail(Math.max(1e-9, x / deff), n / deff, p);
}

function signals(
  strata: readonly {
    readonly stratum: number;
    readonly observed: number;
    readonly n: number;
    readonly p: number;
  }[],
  rule: AlarmRule,
): readonly StratumSignal[] {
  const tested = strata.filter((s) => s.n > 0);
  return tested.map(({ stratum, observed, n, p }) => {
    const chance = clusteredTail(observed, n, p, rule.spread);
    return { stratum, observed, n, expected: n * p, chance, alarm: chance * tested.length < rule.alarm };
  });
}

export interface ShareCount {
  readonly stratum: number;
  /** Respondents. */
  readonly n: number;
  /** The part of them that the signal is about. */
  readonly x: number;
}

/**
 * A share (answered again, answered again in the last hours, took less than two seconds an item, answered after a reminder) that
 * is higher in one stratum than in all the others together. A single stratum cannot be compared.
 */
export function findHighShares(
  counts: readonly ShareCount[],
  rule: AlarmRule = defaultAlarm,
): readonly StratumSignal[] {
  const n = counts.reduce((sum, c) => sum + c.n, 0);
  const x = counts.reduce((sum, c) => sum + c.x, 0);
  return signals(
    counts
      .filter((c) => c.n > 0 && n > c.n)
      // Half a case more and less, so that "nobody elsewhere" is not "impossible".
      .map((c) => ({ stratum: c.stratum, observed: c.x, n: c.n, p: (x - c.x + 0.5) / (n - c.n + 1) })),
    rule,
  );
}

/**
 * Identical sheets: how often the most common one occurred in each stratum, compared with its expectation. That is its share
 * elsewhere, but at least what independent items would give, Π share of its options. (Honest people agree: all 满意 is common
 * everywhere, and no signal.)
 */
export function findIdenticalVectors<Sheet extends string | number>(
  strata: readonly {
    readonly stratum: number;
    /** Sheet (any encoding of it) → how often. */
    readonly sheets: ReadonlyMap<Sheet, number>;
  }[],
  independentShare: (sheet: Sheet) => number,
  rule: AlarmRule = defaultAlarm,
): readonly (StratumSignal & { readonly sheet: Sheet })[] {
  const all = new Map<Sheet, number>();
  let total = 0;
  for (const { sheets } of strata)
    for (const [sheet, count] of sheets) {
      all.set(sheet, (all.get(sheet) ?? 0) + count);
      total += count;
    }
  const commonest = strata.flatMap(({ stratum, sheets }) => {
    let top: [Sheet, number] | null = null;
    let n = 0;
    for (const [sheet, count] of sheets) {
      n += count;
      if (top === null || count > top[1] || (count === top[1] && sheet < top[0])) top = [sheet, count];
    }
    if (!top || total === n) return [];
    const elsewhere = (all.get(top[0])! - top[1] + 0.5) / (total - n + 1);
    return [
      { stratum, sheet: top[0], observed: top[1], n, p: Math.max(elsewhere, independentShare(top[0])) },
    ];
  });
  // The most common of m different sheets is the maximum of m counts, so m chances.
  const chances = strata.reduce((most, { sheets }) => Math.max(most, sheets.size), 1);
  const found = signals(commonest, { ...rule, alarm: rule.alarm / chances });
  const sheetOf = new Map(commonest.map((c) => [c.stratum, c.sheet]));
  return found.map((signal) => ({ ...signal, sheet: sheetOf.get(signal.stratum)! }));
}

/** Share of a sheet if items were answered independently: Π of its options' shares. `shares[i]` is item i's option code → share. */
export function independentSheetShare(
  codes: readonly number[],
  shares: readonly ReadonlyMap<number, number>[],
): number {
  return codes.reduce((product, code, i) => product * (shares[i]?.get(code) ?? 0), 1);
}

/** Shannon entropy of counts, in bits; 0 for none or one kind. Source: C. E. Shannon, Bell System Technical Journal 27 (1948) 379–423. */
export function entropy(counts: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (!(total > 0)) return 0;
  return counts.reduce(
    (bits, count) => (count > 0 ? bits - (count / total) * Math.log2(count / total) : bits),
    0,
  );
}

/**
 * Bursts: slots of a stratum with more answers than its share of that slot's answers everywhere. Because of the slot totals, a
 * reminder to all, or an evening, is not a burst.
 */
export function findBursts(
  strata: readonly { readonly stratum: number; readonly slots: readonly number[] }[],
  rule: AlarmRule = defaultAlarm,
): readonly (StratumSignal & { readonly slot: number })[] {
  const slots = Math.max(0, ...strata.map((s) => s.slots.length));
  const totals = Array.from({ length: slots }, (_, i) =>
    strata.reduce((sum, s) => sum + (s.slots[i] ?? 0), 0),
  );
  const all = totals.reduce((sum, count) => sum + count, 0);
  const tests = strata.flatMap(({ stratum, slots: own }) => {
    const n = own.reduce((sum, count) => sum + count, 0);
    if (n === 0 || n === all) return [];
    return own.map((observed, slot) => ({
      stratum,
      slot,
      observed,
      n,
      // Elsewhere's profile over time.
      p: (totals[slot]! - observed + 0.5) / (all - n + 0.5 * slots),
    }));
  });
  return tests.map((test) => {
    const { stratum, slot, observed, n, p } = test;
    const chance = clusteredTail(observed, n, p, rule.spread);
    return { stratum, slot, observed, n, expected: n * p, chance, alarm: chance * tests.length < rule.alarm };
  });
}

/**
 * Strata whose answers are spread over fewer options than elsewhere: entropy of the options chosen, against the median stratum's, in units of the strata's own spread
 * (1.4826 × median absolute deviation, at least `floor` bits) and of chance (√((Σ p log₂²p − H²) ⁄ n), n respondents, as if all items of one said the same).
 * Source of the variance: G. A. Miller, in *Information Theory in Psychology* (1955) 95–100.
 */
export function findLowEntropy(
  strata: readonly { readonly stratum: number; readonly n: number; readonly options: readonly number[] }[],
  rule: AlarmRule = defaultAlarm,
  floor = 0.2,
): readonly StratumSignal[] {
  const known = strata.filter((s) => s.n > 1 && s.options.some((count) => count > 0));
  const bits = known.map((s) => entropy(s.options));
  const centre = median(bits);
  const spread = Math.max(floor, 1.4826 * median(bits.map((b) => Math.abs(b - centre))));
  return known.length < 3
    ? []
    : known.map(({ stratum, n, options }, i) => {
        const own = bits[i]!;
        const total = options.reduce((sum, count) => sum + count, 0);
        const square = options.reduce(
          (sum, count) => (count > 0 ? sum + (count / total) * Math.log2(count / total) ** 2 : sum),
          0,
        );
        const z = (own - centre) / Math.sqrt(spread ** 2 + Math.max(0, square - own ** 2) / n);
        const chance = normalTail(-z);
        return {
          stratum,
          observed: own,
          n,
          expected: centre,
          chance,
          alarm: chance * known.length < rule.alarm,
        };
      });
}

/**
 * Rolls with fewer or more people than the others': contacts ÷ the school register's number (pupils, staff), on a log scale,
 * compared with the median school's, in units of the schools' own spread (at least `floor`). Schools without a number in the
 * register are left out.
 */
export function findOddCoverage(
  schools: readonly { readonly stratum: number; readonly contacts: number; readonly register: number }[],
  rule: AlarmRule = defaultAlarm,
  floor = 0.15,
): readonly (StratumSignal & { readonly direction: 'thin' | 'padded' })[] {
  const known = schools.filter((s) => s.register > 0);
  if (known.length < 3) return [];
  const ratios = known.map((s) => Math.log((s.contacts + 0.5) / s.register));
  const centre = median(ratios);
  const spread = Math.max(floor, 1.4826 * median(ratios.map((r) => Math.abs(r - centre))));
  return known.map(({ stratum, contacts, register }, i) => {
    // Family sizes at a school also vary by chance.
    const z = (ratios[i]! - centre) / Math.sqrt(spread ** 2 + 1 / register);
    const chance = 2 * normalTail(Math.abs(z));
    return {
      stratum,
      observed: contacts,
      n: register,
      expected: register * Math.exp(centre),
      chance,
      alarm: chance * known.length < rule.alarm,
      direction: z < 0 ? 'thin' : 'padded',
    };
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return 0;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** P(Z ≥ z), by the incomplete gamma's continued fraction far out and a series near 0. R: `pnorm(z, lower.tail = FALSE)`. */
function normalTail(z: number): number {
  if (z < 0) return 1 - normalTail(-z);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z > 3) {
    let tail = 0;
    for (let k = 60; k > 0; k--) tail = k / (z + tail);
    return density / (z + tail);
  }
  let term = z;
  let sum = z;
  for (let k = 1; k < 200; k++) {
    term *= (z * z) / (2 * k + 1);
    sum += term;
  }
  return 0.5 - density * sum;
}
