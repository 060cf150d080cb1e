import type { Group } from '../../model/vocabulary.ts';
import type { Figure } from '../figure.ts';
import type { RuleProfile } from '../rules/profile.ts';

/** Why no verdict is possible; texts are `verdict.reason.<code>` of messages/<language>/scoring.json. */
export type VerdictReason =
  | { readonly code: 'group-missing'; readonly group: Group }
  | {
      readonly code: 'below-min-valid';
      readonly group: Group;
      readonly valid: number;
      readonly minValid: number;
    }
  /** `group` null: all groups together. Percent. */
  | {
      readonly code: 'return-rate-below-floor';
      readonly group: Group | null;
      readonly rate: number;
      readonly floor: number;
    }
  /** The same two where their numbers may not be shown. */
  | { readonly code: 'too-few-valid'; readonly group: Group; readonly minValid: number }
  | { readonly code: 'return-rate-too-low'; readonly group: Group | null; readonly floor: number }
  /** The denominator of the return rate is not known. */
  | { readonly code: 'frame-missing'; readonly group: Group | null }
  | { readonly code: 'void'; readonly group: Group; readonly reason: string }
  /** One reporting stratum is void, and the profile does not let its group stand without it. */
  | { readonly code: 'void-stratum'; readonly group: Group; readonly reason: string }
  | { readonly code: 'no-data' }
  /** The profile decides by interval, and there is none. */
  | { readonly code: 'interval-missing' }
  /** The official figure itself may not be shown. */
  | { readonly code: 'suppressed' }
  /** The tables that the figure is computed from are not what the evidence log says. */
  | { readonly code: 'audit-failed'; readonly differences: number };

/** It never repeats the value, so that a suppressed figure cannot leak through its verdict. */
export type Verdict =
  | { readonly kind: 'met' }
  | { readonly kind: 'not-met' }
  /** Interval rule: the threshold lies within the interval. */
  | { readonly kind: 'undecided' }
  | { readonly kind: 'insufficient'; readonly reasons: readonly VerdictReason[] };

/**
 * Judges the official figure, unrounded: 85 meets the threshold 85. Any reason against it makes the verdict "insufficient",
 * whatever the figure: without the parents, or with a third of the responses, it cannot pass.
 */
export function computeVerdict(
  profile: Pick<RuleProfile, 'threshold' | 'decision'>,
  official: Figure,
  reasons: readonly VerdictReason[],
): Verdict {
  const { value: threshold } = profile.threshold;
  const all: VerdictReason[] = [...reasons];
  if (official.kind === 'suppressed') all.push({ code: 'suppressed' });
  else if (official.kind !== 'estimate') {
    if (all.length === 0) all.push({ code: 'no-data' });
  } else if (profile.decision === 'interval' && !official.interval) all.push({ code: 'interval-missing' });
  if (all.length > 0 || official.kind !== 'estimate') return { kind: 'insufficient', reasons: all };
  if (profile.decision === 'interval' && official.interval) {
    if (official.interval.low >= threshold) return { kind: 'met' };
    if (official.interval.high < threshold) return { kind: 'not-met' };
    return { kind: 'undecided' };
  }
  return { kind: official.value >= threshold ? 'met' : 'not-met' };
}
