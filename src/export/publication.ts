/**
 * What the public gets of a county: figures after suppression, roots and checkpoints. No contents of leaves, no pseudonyms, no
 * comments: those are only in the inspectors' bundle. `publication-page.ts` makes the page.
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
