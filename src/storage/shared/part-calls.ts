/** The calls of which the operations in parts.ts consist; an adapter runs each in its own transaction. */
import type { CountyCount } from '../../domain/campaign/decide-count.ts';
import type { ExpiryStep } from '../../domain/campaign/life-cycle.ts';
import type { IssueCommitment } from '../../domain/code/commitment.ts';
import type { ReportingStratum, SamplingStratum } from '../../domain/frame/strata.ts';
import type { Fate } from '../../domain/messaging/fate.ts';
import type { PlacedCanary } from '../../domain/model/canary.ts';
import type { ContactFate } from '../../domain/model/contact.ts';
import type { SealingPoint } from '../../domain/model/evidence.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { Stamp } from '../../domain/model/stamp.ts';
import type { StratumFates } from '../../domain/scoring/summary/summary-types.ts';
import type { PackedCells } from './packed-cells.ts';

/** Operations of the port that consist of several calls. */
export type PartedOperation =
  | 'discardImport'
  | 'withdrawImport'
  | 'eraseStatements'
  | 'closeRollFile'
  | 'resetDraw'
  | 'finishDraw'
  | 'saveFates'
  | 'countClosing'
  | 'sealLot'
  | 'eraseSuperseded'
  | 'eraseContents'
  | 'completeExpiryStep';

/** One revision of a code. */
export type AnswerKey = readonly [pseudonym: Uint8Array, revision: number];
export type TallyTable = 'tallies' | 'first_tallies';
/** A county's count with its cells in parts, as `saveCells` takes them. */
export type PackedCount = Omit<CountyCount, 'cells' | 'firstCells'> & {
  readonly cells: readonly PackedCells[];
  readonly firstCells: readonly PackedCells[];
};
export interface DrawnPart {
  readonly pseudonyms: readonly Uint8Array[];
  readonly entries: readonly Uint8Array[];
}

type InCounty<A extends readonly unknown[], R> = (id: CampaignId, county: CountyCode, ...args: A) => R;
type StampedInCounty<A extends readonly unknown[], R> = (
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  ...args: A
) => R;

/** Calls that erase or list take a limit; those that erase return how many rows. */
export interface PartCalls {
  markDiscarded(stamp: Stamp, importId: string): void;
  eraseStaged(importId: string, limit: number): number;
  beginWithdrawal(stamp: Stamp, importId: string, reason: string): void;
  listNamed(importId: string, after: Uint8Array | null, limit: number): readonly Uint8Array[];
  withdrawListed(stamp: Stamp, importId: string, entries: readonly Uint8Array[], isLast: boolean): void;
  erasePartOfStatements: InCounty<[limit: number], number>;
  markFileClosed(
    stamp: Stamp,
    id: string,
    why: 'applied' | 'discarded' | 'expired',
    leftOut?: { readonly rows: number; readonly sealed: Uint8Array },
  ): void;
  eraseFilePages(id: string, limit: number): number;
  listDrawn: InCounty<[last: DrawnPart | null, limit: number], DrawnPart>;
  forgetDrawn: InCounty<[drawn: DrawnPart], void>;
  readIssueCommitment: InCounty<[], IssueCommitment>;
  completeDraw: StampedInCounty<
    [
      sampling: readonly SamplingStratum[],
      reporting: readonly ReportingStratum[],
      canaries: readonly PlacedCanary[],
      commitment: IssueCommitment,
    ],
    void
  >;
  putFates: InCounty<[fates: readonly ContactFate[]], void>;
  recordFates: StampedInCounty<
    [file: { readonly name: string; readonly hash: string }, counts: Readonly<Partial<Record<Fate, number>>>],
    void
  >;
  countCounty: InCounty<[cellsPerPart: number], PackedCount | undefined>;
  eraseCells: InCounty<[table: TallyTable, limit: number], number>;
  saveCells: InCounty<[table: TallyTable, cells: PackedCells], void>;
  saveCounts: StampedInCounty<
    [counted: Omit<CountyCount, 'cells' | 'firstCells'> & { readonly fates: readonly StratumFates[] }],
    void
  >;
  eraseFates: InCounty<[limit: number], number>;
  eraseMessages: InCounty<[limit: number], number>;
  findSealable: InCounty<[minimum: number], Pick<SealingPoint, 'strata' | 'waiting'>>;
  listSealable: InCounty<
    [strata: readonly number[], after: Pick<SealingPoint, 'pseudonym' | 'revision'> | null, limit: number],
    { readonly keys: readonly AnswerKey[]; readonly more: boolean }
  >;
  sealListed: InCounty<
    [
      part: {
        readonly at: number;
        readonly keys: readonly AnswerKey[];
        readonly waiting: number;
        readonly isLast: boolean;
        readonly scheduled: boolean;
      },
    ],
    { readonly lot: number; readonly responses: number }
  >;
  listSuperseded: InCounty<
    [after: Uint8Array | null, limit: number],
    { readonly keys: readonly AnswerKey[]; readonly next: Uint8Array | null }
  >;
  eraseRevisions: InCounty<[keys: readonly AnswerKey[]], void>;
  listContents: InCounty<[after: AnswerKey | null, limit: number], readonly AnswerKey[]>;
  eraseListed: InCounty<[keys: readonly AnswerKey[]], void>;
  eraseLeftovers: InCounty<[limit: number], number>;
  countRemaining(id: CampaignId): number;
  hashTallies(id: CampaignId): Readonly<Record<CountyCode, string>>;
  markExpiryStep(
    stamp: Stamp,
    id: CampaignId,
    step: ExpiryStep,
    details: Readonly<Record<string, unknown>>,
    tallies: Readonly<Record<CountyCode, string>>,
  ): void;
}

/** Runs each call according to its mode. */
export type CallPart = <K extends keyof PartCalls>(
  name: K,
  ...args: Parameters<PartCalls[K]>
) => Promise<ReturnType<PartCalls[K]>>;
