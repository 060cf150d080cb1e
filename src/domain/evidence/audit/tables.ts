/**
 * The rows of one county that an audit reads, as their tables hold them. Codes, contacts and answers, of which there may be
 * millions, are streamed separately.
 */
import type { TallyCell } from '../../scoring/tally/tally.ts';
import type { CommittedText } from '../texts.ts';
import type { TrailState } from '../trail.ts';
import type { Row } from './rows.ts';

/** Column names are those of the table; byte strings are hexadecimal. */
export interface AuditTables {
  readonly campaign: Row;
  readonly county: Row;
  /** Of the whole installation. */
  readonly documents: readonly Row[];
  /** Content hash of the committed schools; null: they cannot be read. */
  readonly schools: string | null;
  readonly samplingStrata: readonly Row[];
  readonly reportingStrata: readonly Row[];
  readonly imports: readonly Row[];
  readonly links: readonly Row[];
  readonly codeExports: readonly Row[];
  readonly sendings: readonly Row[];
  /** Of the county and of the whole campaign. */
  readonly voids: readonly Row[];
  readonly ineligibles: readonly Row[];
  /** Of the whole campaign. */
  readonly proposals: readonly Row[];
  readonly reanswers: readonly Row[];
  readonly fateCounts: readonly Row[];
  readonly flags: readonly Row[];
  readonly tallies: readonly TallyCell[];
  readonly firstTallies: readonly TallyCell[];
  readonly comments: readonly CommittedText[];
  readonly reports: readonly CommittedText[];
  readonly snapshots: readonly Row[];
  /** With the hash of the body. */
  readonly inspection: readonly Row[];
  readonly checkpoints: readonly { readonly size: number; readonly at: number; readonly note: string }[];
  /** First line of the checkpoints, as the log's row has it. */
  readonly origin: string | null;
  readonly trail: TrailState;
}
