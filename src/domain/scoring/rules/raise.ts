/**
 * A campaign that invites more people than its rules require, because fewer will answer. The raise is part of its quota rule, and
 * the reason part of its sources. So the draw, its replay and all readers of the result use the same quotas. All counties are
 * raised in proportion.
 */
import { AppError } from '../../errors.ts';
import type { RuleProfile } from './profile.ts';
import { maxTimes, raiseOf, type QuotaRule, type Raise } from './quota-rule.ts';

const marks = { 'zh-CN': ['【增发：', '】'], en: ['[More codes: ', ']'] } as const;
type Marked = keyof typeof marks;

/** The quota rule as published. */
export function bareRule(rule: QuotaRule): QuotaRule {
  if (!('raised' in rule)) return rule;
  const { raised: _, ...bare } = rule;
  return bare;
}

/** The rules as they were before `raiseQuotas`. */
export function withoutRaise(profile: RuleProfile): RuleProfile {
  if (raiseOf(profile) === null) return profile;
  const bare = (language: Marked) => {
    const [from, to] = marks[language];
    const text = profile.source[language];
    const at = text.indexOf(from);
    return at < 0 ? text : text.slice(0, at).trimEnd() + text.slice(text.indexOf(to, at) + to.length);
  };
  return {
    ...profile,
    quota: bareRule(profile.quota),
    source: { 'zh-CN': bare('zh-CN'), en: bare('en') },
  };
}

/**
 * @param note why, in both languages
 * @throws AppError invalid `quota.not-raised` for a rule without quotas, `quota.times` if it is no raise, or beyond `maxTimes`
 */
export function raiseQuotas(
  profile: RuleProfile,
  { from, to }: Raise,
  note: Readonly<Record<Marked, string>>,
): RuleProfile {
  const bare = withoutRaise(profile);
  if (bare.quota.kind !== 'per-mille' && bare.quota.kind !== 'tiers')
    throw new AppError('invalid', 'quota.not-raised');
  if (!(to > from && to <= maxTimes * from))
    throw new AppError('invalid', 'quota.times', { params: { most: maxTimes } });
  const marked = (language: Marked) => {
    const [before, after] = marks[language];
    return `${bare.source[language]} ${before}${note[language].replace(/[【】[\]]/g, ' ')}${after}`;
  };
  return {
    ...bare,
    quota: { ...bare.quota, raised: { from, to } },
    source: { 'zh-CN': marked('zh-CN'), en: marked('en') },
  };
}

/**
 * Quotas multiplied by to ⁄ from, by largest remainders: their sum is rounded up and each is rounded down. The rest goes to those
 * with the largest remainders, in their order if equal.
 */
export function raised<K>(
  quotas: readonly (readonly [K, number])[],
  { from, to }: Raise,
): readonly (readonly [K, number])[] {
  const whole = (n: number) => (n * to - ((n * to) % from)) / from;
  const parts = quotas.map(([, n], i) => ({ i, whole: whole(n), rest: (n * to) % from }));
  const sum = quotas.reduce((total, [, n]) => total + n, 0);
  const wanted = whole(sum) + ((sum * to) % from > 0 ? 1 : 0);
  const left = wanted - parts.reduce((total, part) => total + part.whole, 0);
  const more = new Set(
    [...parts]
      .sort((a, b) => b.rest - a.rest)
      .slice(0, left)
      .map(({ i }) => i),
  );
  return quotas.map(([key], i) => [key, parts[i]!.whole + (more.has(i) ? 1 : 0)] as const);
}
