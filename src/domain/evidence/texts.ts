/** What the log commits to of comments and reports of pressure: their number in each reporting stratum, and a hash over them. */
import { canonicalJson, contentHash } from '../hash.ts';

/** One of them, with its random id: without the row nobody can guess it from the hash. */
export interface CommittedText {
  readonly reportingStratum: number;
  readonly content: readonly (string | number)[];
}

export interface TextCommitment {
  readonly reportingStratum: number;
  readonly count: number;
  readonly hash: string;
}

/** By reporting stratum; the hash is over the list of contents, in the order of their canonical JSON. */
export function commitToTexts(texts: readonly CommittedText[]): readonly TextCommitment[] {
  const byStratum = new Map<number, string[]>();
  for (const { reportingStratum, content } of texts) {
    const list = byStratum.get(reportingStratum);
    if (list) list.push(canonicalJson(content));
    else byStratum.set(reportingStratum, [canonicalJson(content)]);
  }
  return [...byStratum]
    .sort(([a], [b]) => a - b)
    .map(([reportingStratum, list]) => ({
      reportingStratum,
      count: list.length,
      hash: contentHash(list.sort()),
    }));
}
