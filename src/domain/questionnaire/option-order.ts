/**
 * The order in which a code sees the options of a reversible scale, so that on the whole the top option gets no more answers than
 * the bottom one because of its position. Only the code decides: no cookie, no time, the same on a second visit. It uses its own
 * hash and not a bit of the pseudonym. Otherwise a person who has seen a page could, after close, halve the answers among which
 * the code's answer is.
 */
import { sha256 } from '../hash.ts';
import type { Questionnaire } from './template.ts';

/** Half of all codes see reversible scales reversed: by a bit of the code’s hash, so that a reload shows the same. */
export function isReversed(code: string): boolean {
  return (sha256(`option order ${code}`)[0]! & 1) === 1;
}

/** Whether any item has a reversible scale. */
export function hasReversible(q: Questionnaire): boolean {
  return q.items.some((item) => item.type === 'rating' && q.scales[item.scale]?.reversible === true);
}

/** As written, or reversed; 不了解 is last in both. */
export function inOrder<T extends { readonly dontKnow?: true | undefined }>(
  options: readonly T[],
  reversed: boolean,
): readonly T[] {
  if (!reversed) return options;
  const isLast = (option: T) => option.dontKnow === true;
  return [...options.filter((o) => !isLast(o)).reverse(), ...options.filter(isLast)];
}
