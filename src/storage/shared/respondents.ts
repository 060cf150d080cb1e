/** Merges answers and codes, each read once in the order of pseudonyms, into respondents. */
import { comparePseudonyms, corrupt, pseudonymSize, type Places } from './places.ts';
import type { StoredAnswer } from './recount.ts';

/** Rows that the engine concatenated into one block, read from start to end. */
export interface GluedRows {
  readonly more: boolean;
  number(): number;
  /** @returns where the bytes begin */
  skip(length: number): number;
}

/**
 * One respondent. `revisions`: in ascending order. `set`: index in `issuedSets`; -1: no code of the campaign, but an open link.
 * List and block are valid until the next respondent.
 */
export type TakeRespondent = (
  revisions: readonly StoredAnswer[],
  block: Uint8Array,
  samplingStratum: number,
  set: number,
) => void;

/**
 * @param places of the county's codes
 * @returns a function that takes the blocks of the county's answers in order. Each row has: length of the pseudonym, revision,
 * questionnaire, reporting stratum, channel, length of the answers + 1 (0: erased), pseudonym, answers. Throws AppError corrupt
 */
export function createRespondentMerge(
  places: Places,
  take: TakeRespondent,
): (block: Uint8Array, rows: GluedRows) => void {
  const revisions: StoredAnswer[] = [];
  let place = 0;
  const finish = (block: Uint8Array, pseudonym: number): void => {
    let order = 1;
    while (place < places.size) {
      order = comparePseudonyms(places.pseudonyms, place * pseudonymSize, block, pseudonym);
      if (order >= 0) break;
      place++;
    }
    if (order === 0) take(revisions, block, places.samplingStrata[place]!, places.sets[place]!);
    else take(revisions, block, 0, -1);
    revisions.length = 0;
  };
  return (block, rows) => {
    let current = -1;
    while (rows.more) {
      if (rows.number() !== pseudonymSize) throw corrupt('responses.pseudonym');
      const revision = rows.number();
      const questionnaire = rows.number();
      const reportingStratum = rows.number();
      const channel = rows.number();
      const length = rows.number() - 1;
      const pseudonym = rows.skip(pseudonymSize);
      const start = length < 0 ? -1 : rows.skip(length);
      const order = current < 0 ? -1 : comparePseudonyms(block, current, block, pseudonym);
      // Checks the key order, on which the merge depends and which no standard guarantees.
      if (order > 0 || (order === 0 && revisions.at(-1)!.revision >= revision))
        throw corrupt('responses.pseudonym');
      if (order !== 0) {
        if (current >= 0) finish(block, current);
        current = pseudonym;
      }
      revisions.push({ revision, channel, questionnaire, reportingStratum, start, length });
    }
    if (current >= 0) finish(block, current);
  };
}
