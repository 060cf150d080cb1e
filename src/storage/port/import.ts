import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { ImportSummary, RollImport, RowFault, StagedRow } from '../../domain/model/import.ts';
import type { Stamp } from '../../domain/model/stamp.ts';

export interface ImportReader {
  findImport(id: string): Promise<RollImport | undefined>;
  listImports(campaign: CampaignId, county: CountyCode): Promise<readonly RollImport[]>;
  /** Of all campaigns: imports interrupted by a stop. */
  listImportsIn(state: RollImport['state']): Promise<readonly RollImport[]>;
  listFaults(
    importId: string,
    after: number,
    limit: number,
  ): Promise<readonly (RowFault & { readonly no: number })[]>;
  /** How many of these contacts each applied roll names, most first; before the freeze. */
  countSources(
    campaign: CampaignId,
    county: CountyCode,
    entries: readonly Uint8Array[],
  ): Promise<readonly ImportSource[]>;
}

export interface ImportSource {
  readonly import: string;
  readonly fileName: string;
  readonly contacts: number;
}

export interface ImportWriter {
  createImport(
    stamp: Stamp,
    created: Pick<RollImport, 'id' | 'campaign' | 'county' | 'group' | 'fileName' | 'lateReason' | 'file'>,
  ): Promise<void>;
  /** A bounded chunk (≤ 2,000 rows) of a file being read. */
  stageRows(importId: string, rows: readonly StagedRow[], faults: readonly RowFault[]): Promise<void>;
  /** reading → staged. */
  finishStaging(stamp: Stamp, importId: string, fileHash: string, summary: ImportSummary): Promise<void>;
  /**
   * staged → applying → applied, at most `limit` rows per call, each call atomic; call until `done`. The same file again (equal
   * hash, county and group) adds nothing. `reason`: why it is applied in spite of doubts; kept from the first part. Resumes after
   * a kill.
   * @throws conflict `frame.frozen` unless the import is a late one; at its first part `campaign.not-draft`, or for a late one
   * `roll.late-too-late`
   */
  applyImport(
    stamp: Stamp,
    importId: string,
    limit: number,
    reason?: string | null,
  ): Promise<{
    readonly done: boolean;
    readonly added: number;
    readonly duplicates: number;
    readonly joined: number;
    readonly corrected: number;
  }>;
  /**
   * Deletes the staged rows and the faults, also of imports that were still being read. For a discarded one: the rest left by a
   * stopped process.
   */
  discardImport(stamp: Stamp, importId: string): Promise<void>;
  /**
   * applied → withdrawing → withdrawn: the roll becomes what the county's other rolls alone would have made. Repeatable: an
   * interrupted one resumes (without a reason).
   * @throws conflict `import.state`, `frame.frozen`, `roll.handed-in`, `import.withdraw-late`, `import.withdraw-old`,
   * `import.busy`, `import.repeated-later`; invalid `roll.reason`
   */
  withdrawImport(stamp: Stamp, importId: string, reason: string | null): Promise<void>;
  /** For a frozen roll: deletes what each import said, which is no longer needed. */
  eraseStatements(campaign: CampaignId, county: CountyCode): Promise<void>;
}
