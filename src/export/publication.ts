/**
 * What the public gets of a county: figures after suppression, roots and checkpoints. No contents of any leaf, no pseudonym, no comment: those stand in the
 * inspectors' bundle alone. `publication-page.ts` makes the page of it.
 */
import type { ReportedSummary } from './summary-csv.ts';

export interface Publication {
  readonly manyi: 'publication';
  readonly version: 1;
  /** Milliseconds since 1970. */
  readonly publishedAt: number;
  readonly service: string;
  readonly demo: boolean;
  /** Suppressed, as every page and file shows it. */
  readonly summary: ReportedSummary;
  /** The frozen roll, and the dice that the sample was drawn by. */
  readonly roll: {
    readonly root: string;
    readonly size: number;
    readonly dice: string;
    readonly seed: string;
  } | null;
  /** Verifier key of the log's checkpoints. */
  readonly key: string;
  /** Signed notes with their witnesses' signatures, oldest first. */
  readonly checkpoints: readonly string[];
}

export function publicationJson(publication: Publication): string {
  return `${JSON.stringify(publication, null, 2)}\n`;
}
