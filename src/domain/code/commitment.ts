/** What leaves commit to of codes: cells of stratum, questionnaire and set, in ascending order. */
import { sortedListHash, type StateLeafBody } from '../evidence/leaf.ts';
import { compareBytes } from '../frame/sample.ts';
import { toHex } from '../hash.ts';
import type { IssuedCode } from '../model/code.ts';
import { issuedSets } from '../model/vocabulary.ts';

export type IssueCommitment = Pick<StateLeafBody<'issue'>, 'codes' | 'contacts'>;

function cellName(code: Omit<IssuedCode, 'pseudonym'>): string {
  return [code.questionnaire, code.samplingStratum, code.reportingStratum, issuedSets.indexOf(code.set)]
    .map((n) => String(n).padStart(10, '0'))
    .join(' ');
}

/** Each cell with the hash of its pseudonyms. `codes`: in ascending order of pseudonyms. */
export function commitToCodes(codes: readonly IssuedCode[]): IssueCommitment['codes'] {
  const cells = new Map<string, { code: IssuedCode; pseudonyms: Uint8Array[] }>();
  for (const code of codes) {
    const key = cellName(code);
    const cell = cells.get(key);
    if (cell) cell.pseudonyms.push(code.pseudonym);
    else cells.set(key, { code, pseudonyms: [code.pseudonym] });
  }
  return sortCells(
    [...cells.values()].map(({ code, pseudonyms }) => ({
      questionnaire: code.questionnaire,
      samplingStratum: code.samplingStratum,
      reportingStratum: code.reportingStratum,
      set: code.set,
      count: pseudonyms.length,
      pseudonyms: sortedListHash(pseudonyms),
    })),
  );
}

export function sortCells(codes: IssueCommitment['codes']): IssueCommitment['codes'] {
  return codes.toSorted((a, b) => (cellName(a) < cellName(b) ? -1 : 1));
}

/** For a few codes: the pseudonyms themselves. */
export function lateCommitment(codes: readonly IssuedCode[]): StateLeafBody<'late-issue'>['codes'] {
  const cells = new Map<string, IssuedCode[]>();
  for (const code of codes) cells.set(cellName(code), [...(cells.get(cellName(code)) ?? []), code]);
  return [...cells]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, list]) => {
      const { questionnaire, samplingStratum, reportingStratum, set } = list[0]!;
      const sorted = list.map((c) => c.pseudonym).sort(compareBytes);
      return {
        questionnaire,
        samplingStratum,
        reportingStratum,
        set,
        count: list.length,
        pseudonyms: sorted.map((p) => toHex(p)).join(''),
      };
    });
}
