import type { InspectionRecord } from '../inspection/record-names.ts';

/** One version of one document of a county's inspection, without its content. */
export interface InspectionEntry {
  /** From 1 in the county, over all documents. */
  readonly no: number;
  readonly record: InspectionRecord;
  /** From 1 in the document. */
  readonly version: number;
  /** What was done. */
  readonly change: string;
  readonly reason: string | null;
  readonly at: number;
  readonly by: { readonly id: string | null; readonly name: string; readonly role: string };
}

export interface InspectionVersion extends InspectionEntry {
  /** Canonical JSON; its leaf commits to it. */
  readonly body: string;
}
