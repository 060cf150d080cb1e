/** Commitments of leaves to codes: cells of stratum, questionnaire and set, in ascending order. */
import { createListHash, type StateLeafBody } from '../evidence/leaf.ts';
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
  const commitment = createCodeCommitment();
  for (const code of codes) commitment.add(code);
  return commitment.cells();
}

/** Like `commitToCodes`, with only the cells in memory: codes are added in ascending order of pseudonyms. */
export function createCodeCommitment() {
  type Cell = Omit<IssueCommitment['codes'][number], 'count' | 'pseudonyms'>;
  const cells = new Map<string, { cell: Cell; count: number; hash: ReturnType<typeof createListHash> }>();
  return {
    add(code: IssuedCode): void {
      const key = cellName(code);
      let found = cells.get(key);
      if (!found) {
        const { questionnaire, samplingStratum, reportingStratum, set } = code;
        const cell = { questionnaire, samplingStratum, reportingStratum, set };
        cells.set(key, (found = { cell, count: 0, hash: createListHash() }));
      }
      found.count++;
      found.hash.add(code.pseudonym);
    },
    cells(): IssueCommitment['codes'] {
      return sortCells(
        [...cells.values()].map(({ cell, count, hash }) => ({ ...cell, count, pseudonyms: hash.digest() })),
      );
    },
  };
}

/** Names of the fields, as the leaf has them. */
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
