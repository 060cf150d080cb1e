/**
 * In which order a code sees the options of a reversible scale, so that the top option draws no more answers than the bottom one over all. The code alone
 * decides: no cookie, no time, the same on a second visit. It is a hash of its own, not a bit of the pseudonym: whoever has seen
 * a page could otherwise halve, after close, the answers among which a code's lies.
 */
import { sha256 } from '../hash.ts';
import type { Questionnaire } from './template.ts';

/** Half of all codes see reversible scales from the other end: by a bit of the code’s hash, so that a reload shows the same. */
export function isReversed(code: string): boolean {
  return (sha256(`option order ${code}`)[0]! & 1) === 1;
}

/** Whether any item has a scale that may be turned round. */
export function hasReversible(q: Questionnaire): boolean {
  return q.items.some((item) => item.type === 'rating' && q.scales[item.scale]?.reversible === true);
}

/** As written, or in reverse; 不了解 is last in either. */
export function inOrder<T extends { readonly dontKnow?: true | undefined }>(
  options: readonly T[],
  reversed: boolean,
): readonly T[] {
  if (!reversed) return options;
  const isLast = (option: T) => option.dontKnow === true;
  return [...options.filter((o) => !isLast(o)).reverse(), ...options.filter(isLast)];
}
