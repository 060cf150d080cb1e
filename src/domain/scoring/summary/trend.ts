/**
 * A county's official figure compared with that of an earlier campaign: only if the same groups were asked the same questions,
 * and counted by the same formula. Both figures are shown ones, so the difference reveals nothing new.
 */
import { settle, type Estimate, type Interval } from '../figure.ts';
import { criticalValue } from '../statistics/interval.ts';
import type { Summary } from './summary-types.ts';

/** Texts are `trend.<why>` of messages/<language>/results.json. */
export type NotComparable = 'absent' | 'figure' | 'verdict' | 'formula' | 'weights' | 'items' | 'error';

export type Trend =
  | {
      readonly kind: 'difference';
      /** Now less before, in points. */
      readonly value: number;
      /** For the difference, not the difference of the intervals. */
      readonly interval: Pick<Interval, 'low' | 'high' | 'level'>;
      /** `unclear`: the interval holds 0. */
      readonly change: 'up' | 'down' | 'unclear';
    }
  | { readonly kind: 'not-comparable'; readonly why: NotComparable };

type Comparable = Pick<Summary, 'official' | 'verdict' | 'formulas' | 'groups' | 'profile'>;

/**
 * The samples are independent, so the variances add up: se² = se₁² + se₂², with Welch and Satterthwaite's degrees of freedom
 * under the t method. Source: B. L. Welch, *Biometrika* 34 (1947) 28–35; R's `t.test(var.equal = FALSE)`.
 */
export function compareWith(now: Comparable, before: Comparable | null): Trend {
  const not = (why: NotComparable): Trend => ({ kind: 'not-comparable', why });
  if (before === null) return not('absent');
  const { official: a } = now;
  const { official: b } = before;
  if (a.kind !== 'estimate' || b.kind !== 'estimate') return not('figure');
  if (now.verdict.kind === 'insufficient' || before.verdict.kind === 'insufficient') return not('verdict');
  if (formulaOf(now) !== formulaOf(before)) return not('formula');
  if (weightsOf(now) !== weightsOf(before)) return not('weights');
  if (itemsOf(now) !== itemsOf(before)) return not('items');
  return differenceOf(a, b, now.profile.interval);
}

/** @param now and before from independent samples */
export function differenceOf(now: Estimate, before: Estimate, rule: Summary['profile']['interval']): Trend {
  const not = (why: NotComparable): Trend => ({ kind: 'not-comparable', why });
  const [left, right] = [errorOf(now), errorOf(before)];
  if (left === null || right === null) return not('error');
  const variance = left.variance + right.variance;
  const df =
    variance === 0
      ? Infinity
      : variance ** 2 / (left.variance ** 2 / left.df + right.variance ** 2 / right.df);
  const { method, level } = rule;
  if (method === 'none') return not('error');
  const critical = variance === 0 ? 0 : criticalValue(method, level, df);
  if (critical === null) return not('error');
  const value = settle(now.value - before.value);
  const margin = critical * Math.sqrt(variance);
  const low = settle(value - margin);
  const high = settle(value + margin);
  return {
    kind: 'difference',
    value,
    interval: { low, high, level },
    change: low > 0 ? 'up' : high < 0 ? 'down' : 'unclear',
  };
}

/** A census has no sampling error; for a sample without spread it is unknown. */
function errorOf(figure: Estimate): { readonly variance: number; readonly df: number } | null {
  if (figure.interval?.method === 'census') return { variance: 0, df: Infinity };
  if (figure.se === undefined) return null;
  return { variance: figure.se ** 2, df: figure.df ?? Infinity };
}

/** The official formula without its names: equal if figures are computed alike. */
export function formulaOf({ formulas }: Pick<Comparable, 'formulas'>): string {
  const found = formulas.find((f) => f.official)?.formula;
  if (!found) return '';
  const { id: _id, title: _title, ...rest } = found;
  return JSON.stringify(
    Object.entries(rest)
      .map(([name, value]) => [
        name,
        value !== null && typeof value === 'object' && !Array.isArray(value)
          ? Object.entries(value).sort()
          : value,
      ])
      .sort(),
  );
}

function weightsOf({ groups }: Comparable): string {
  const weighted = groups.filter((g) => g.weight > 0);
  const total = weighted.reduce((sum, g) => sum + g.weight, 0);
  return JSON.stringify(weighted.map((g) => [g.group, settle(Math.round((g.weight / total) * 1e9))]).sort());
}

function itemsOf({ groups }: Comparable): string {
  return JSON.stringify(
    groups
      .filter((g) => g.weight > 0)
      .map((g) => [
        g.group,
        g.items
          .filter((item) => item.type === 'rating')
          .map((item) => item.id)
          .sort(),
      ])
      .sort(),
  );
}
