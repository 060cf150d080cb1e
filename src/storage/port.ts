/**
 * The storage port: whole asynchronous operations over structured-cloneable data (design 1). Each operation is one transaction, atomic and
 * durable when its promise resolves, unless its comment says otherwise. Operations that take a `Stamp` change state and write their
 * entry of the audit trail in the same transaction. What is decided inside an operation is a pure function of the domain that the adapter
 * calls. Errors are AppErrors of the kinds named; anything else is a bug or a broken disk.
 *
 * PostgreSQL form of the hardest one (`recordResponses`): one transaction per batch, `INSERT … ON CONFLICT` of the rows with the
 * pseudonyms' advisory locks taken in ascending order, `SELECT … FOR UPDATE` of the touched tally cells in key order, fold, `UPDATE`. Nothing here
 * assumes a single process.
 */
import type { Issue, MessageParams } from '../domain/errors.ts';
import type { CanaryFault, CanaryRecord } from '../domain/evidence/canaries.ts';
import type { CheckpointPost, PostFailure } from '../domain/evidence/witness.ts';
import type { CampaignState, ClosingStep, ExpiryStep, FrameState } from '../domain/fieldwork/campaign.ts';
import type { Fate } from '../domain/fieldwork/fate.ts';
import type { Actor } from '../domain/fieldwork/permissions.ts';
import type { ProposalContent } from '../domain/fieldwork/proposal.ts';
import type { ListedSchoolRecord, PlacedSchool, SchoolPlan } from '../domain/fieldwork/roll/school-plan.ts';
import type { ReportingStratum, SamplingStratum } from '../domain/fieldwork/strata.ts';
import type { ServiceTime } from '../domain/service-time.ts';
import type { CampaignId, ContentHash, CountyCode, SchoolId, UserId } from '../domain/ids.ts';
import type { Flag as StatedSignal } from '../domain/scoring/flags.ts';
import type { DeclaredIneligible, StratumFates } from '../domain/scoring/summary-types.ts';
import type { TallyCell } from '../domain/scoring/tally.ts';
import type {
  Channel,
  CountedSet,
  Group,
  IssuedSet,
  PressureSource,
  Purpose,
  Role,
} from '../domain/vocabulary.ts';

/** Who does it and when (milliseconds since 1970, from the service's one clock). */
export interface Stamp {
  readonly at: number;
  readonly actor: Actor;
}

// ── users ────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface User {
  readonly id: UserId;
  /** Unique without regard to case. */
  readonly login: string;
  readonly name: string;
  readonly role: Role;
  readonly counties: readonly CountyCode[];
  /** argon2id, PHC string. */
  readonly passwordHash: string;
  readonly disabled: boolean;
  /** Grows when sessions must end (password changed, disabled). */
  readonly sessionEpoch: number;
  readonly createdAt: number;
}
export type UserPatch = Partial<Pick<User, 'name' | 'role' | 'counties' | 'passwordHash' | 'disabled'>>;

// ── campaigns ────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface CampaignQuestionnaire {
  /** From 1 within the campaign; the number in tallies and issued codes. */
  readonly no: number;
  readonly hash: ContentHash;
  /** Groups that answer it in this campaign; each group has at most one questionnaire. */
  readonly groups: readonly Group[];
}

/** Codes without a contact (其他群众, school gate): how many to print. */
export interface SlipPlan {
  readonly group: Group;
  readonly count: number;
}

export interface CampaignCounty {
  readonly code: CountyCode;
  readonly name: string;
  /** Resident population and the day it holds for (YYYY-MM-DD). */
  readonly residents: { readonly count: number; readonly asOf: string } | null;
  readonly slips: readonly SlipPlan[];
  readonly frameState: FrameState;
  /** Set by freezeFrame. */
  readonly frame: { readonly root: Uint8Array; readonly size: number; readonly frozenAt: number } | null;
  /** Set by beginDraw; never changed after. */
  readonly draw: {
    readonly dice: string;
    readonly seed: Uint8Array;
    readonly by: string;
    readonly at: number;
    /** Quota moved between groups because a population was smaller than its quota. */
    readonly moves: readonly { readonly from: Group; readonly to: Group; readonly count: number }[];
    readonly quotas: Readonly<Partial<Record<Group, number>>>;
  } | null;
}

export interface CampaignDraft {
  readonly id: CampaignId;
  readonly name: string;
  readonly purpose: Purpose;
  /** The authority above the judged counties that asks, and its phone number for distrustful respondents. */
  readonly commissioner: string;
  readonly commissionerPhone: string;
  readonly closesAt: number;
  /** End of the storage period; contacts die then. */
  readonly storageUntil: number;
  /** Hosted by the judged county itself: printed on every figure. */
  readonly selfAdministered: boolean;
  /** Fictional demonstration data: printed on every page. */
  readonly demo: boolean;
  readonly profile: ContentHash;
  readonly questionnaires: readonly CampaignQuestionnaire[];
  readonly counties: readonly Pick<CampaignCounty, 'code' | 'name' | 'residents' | 'slips'>[];
}

export interface Campaign extends Omit<CampaignDraft, 'counties'> {
  readonly state: CampaignState;
  readonly counties: readonly CampaignCounty[];
  readonly createdAt: number;
  readonly openedAt: number | null;
  /** Next step to be done while closing, or after an open campaign was voided whole. */
  readonly closingStep: ClosingStep | null;
  readonly closedAt: number | null;
  readonly releasedAt: number | null;
  /** Next step to be done at the end of the storage period. */
  readonly expiryStep: ExpiryStep | null;
  /** When the storage period had ended and everything of it was done. */
  readonly expiredAt: number | null;
  /** Fingerprints of the campaign's keys, to refuse a wrong key file: name → hex. */
  readonly keyChecks: Readonly<Record<string, string>>;
  readonly voids: readonly Void[];
}

/** A confirmed void: the whole campaign (county null), a county, a group, or one reporting stratum. */
export interface Void {
  readonly county: CountyCode | null;
  readonly group: Group | null;
  readonly reportingStratum: number | null;
  readonly reason: string;
  readonly at: number;
}

/** A mark on a stratum, a group, or the county (both null). */
export interface Flag {
  readonly group: Group | null;
  readonly reportingStratum: number | null;
  readonly reason: string;
}

/** Needs a second person (design 16). */
export interface Proposal {
  readonly id: string;
  readonly campaign: CampaignId;
  readonly content: ProposalContent;
  readonly reason: string;
  readonly proposedBy: { readonly id: string; readonly name: string };
  readonly proposedAt: number;
  readonly decision: 'pending' | 'confirmed' | 'rejected';
  readonly decidedBy: { readonly id: string; readonly name: string } | null;
  readonly decidedAt: number | null;
}

export interface Document {
  readonly hash: ContentHash;
  readonly kind: 'questionnaire' | 'profile';
  /** The exact document as JSON. */
  readonly body: string;
}

// ── schools and frame ────────────────────────────────────────────────────────────────────────────────────────────────

/** As the roll's schools are found: `code` only of a school that was first listed without one. */
export type School = ListedSchoolRecord;

export interface StagedRow {
  /** Where it stood: file (index of the import's files), sheet and row as the clerk counts. */
  readonly row: number;
  readonly sheet: string;
  readonly group: Group;
  readonly school: SchoolId | null;
  readonly grade: number | null;
  /** Keyed digest of the phone, or, without a phone, of file and row: equal digests are one contact. */
  readonly digest: Uint8Array;
  /** salt ‖ phone, sealed under the contacts key with the entry id as context. */
  readonly entry: Uint8Array;
  readonly sealed: Uint8Array;
  readonly hasPhone: boolean;
  /** Keyed digest of all numbers, where the row has several. */
  readonly household: Uint8Array | null;
}
export interface RowFault {
  readonly row: number;
  readonly sheet: string;
  readonly field: string;
  readonly message: string;
  readonly params: MessageParams;
}
export type ImportState = 'reading' | 'staged' | 'applying' | 'applied' | 'discarded';
export interface ImportSummary {
  readonly good: number;
  readonly bad: number;
  /** Blank, total and sample rows. */
  readonly skipped: number;
  readonly unmappedColumns: number;
  /** By school: how many phone numbers follow the one in the row above by one. */
  readonly consecutive: Readonly<Record<string, number>>;
  readonly warnings: readonly Issue[];
}
export interface RollImport {
  readonly id: string;
  readonly campaign: CampaignId;
  readonly county: CountyCode;
  readonly group: Group;
  readonly fileName: string;
  readonly fileHash: string | null;
  readonly state: ImportState;
  readonly summary: ImportSummary | null;
  readonly by: string;
  readonly at: number;
  /** After applying. */
  readonly added: number;
  readonly duplicates: number;
  /** Duplicates that named another school: the contact's multiplicity grew. */
  readonly joined: number;
  /** Duplicates whose grade this file replaced. */
  readonly corrected: number;
  /** For a late import after the freeze. */
  readonly lateReason: string | null;
}

export interface FrameCount {
  readonly group: Group;
  readonly school: SchoolId | null;
  /** Contacts affiliated with the school (a contact of two schools counts in both). */
  readonly contacts: number;
  readonly withPhone: number;
  /** Contacts with more than one school. */
  readonly shared: number;
  readonly late: number;
}

/** One contact of the frame with everything that freezing and drawing need; order: ascending entry id. */
export interface FrameEntry {
  readonly entry: Uint8Array;
  readonly group: Group;
  /** salt ‖ phone; null after the storage period, when there is `commitment` instead. */
  readonly sealed: Uint8Array | null;
  /** SHA-256(salt ‖ phone), kept when they are erased; null before, and if the key had been lost by then. */
  readonly commitment: Uint8Array | null;
  readonly affiliations: readonly { readonly school: SchoolId; readonly grade: number | null }[];
}

/** A contact that still holds something sealed. */
export interface SealedContact {
  readonly entry: Uint8Array;
  /** salt ‖ phone; null for slips. */
  readonly sealed: Uint8Array | null;
  /** One of the frozen roll: its commitment is kept. */
  readonly inRoll: boolean;
}

export interface DrawnContact {
  /** Entry id; null: a slip, which gets a contact row of its own with `slipNo`. */
  readonly entry: Uint8Array;
  readonly slip: { readonly group: Group; readonly no: number } | null;
  readonly school: SchoolId | null;
  readonly set: CountedSet;
  /** Reporting stratum, so that voiding and messages can be by stratum. */
  readonly reportingStratum: number;
  readonly sealedCode: Uint8Array;
}
/** An inspector's test contact, with the code that it will have. */
export interface NewCanary {
  readonly entry: Uint8Array;
  readonly group: Group;
  readonly digest: Uint8Array;
  readonly sealed: Uint8Array;
  readonly school: SchoolId | null;
  readonly sealedCode: Uint8Array;
  readonly pseudonym: Uint8Array;
  readonly questionnaire: number;
}
export interface PlacedCanary {
  readonly entry: Uint8Array;
  readonly samplingStratum: number;
  readonly reportingStratum: number;
}
/** What a code's answer is counted under. Holds no contact, school or time. */
export interface IssuedCode {
  readonly pseudonym: Uint8Array;
  readonly samplingStratum: number;
  readonly reportingStratum: number;
  readonly questionnaire: number;
  readonly set: IssuedSet;
}
export interface Issued extends IssuedCode {
  readonly county: CountyCode;
}

export interface MessageContact {
  readonly entry: Uint8Array;
  readonly group: Group;
  /** null for slips. */
  readonly sealedPhone: Uint8Array | null;
  readonly hasPhone: boolean;
  readonly sealedCode: Uint8Array;
  readonly set: CountedSet;
  readonly school: SchoolId | null;
  readonly slipNo: number | null;
  readonly reportingStratum: number;
}

export interface CodeExport {
  readonly id: string;
  readonly campaign: CampaignId;
  readonly county: CountyCode;
  readonly kind: 'invitation' | 'reminder' | 'replacement' | 'late' | 'slips';
  readonly format: 'xlsx' | 'csv' | 'html';
  readonly groups: readonly Group[];
  readonly count: number;
  readonly fileHash: string;
  readonly by: string;
  readonly at: number;
}

export interface OpenLink {
  /** Random part of /q/{link}. */
  readonly id: string;
  readonly campaign: CampaignId;
  readonly county: CountyCode;
  readonly group: Group;
  readonly school: SchoolId | null;
  readonly reportingStratum: number;
  readonly questionnaire: number;
  readonly createdAt: number;
}

// ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface ResponseEntry {
  readonly campaign: CampaignId;
  /** null: wherever the code was issued. */
  readonly county: CountyCode | null;
  readonly pseudonym: Uint8Array;
  readonly channel: Channel;
  /** The link's id where channel is `link`: there is no issued code then. */
  readonly link: string | null;
  /** Number of the questionnaire that the answers were parsed by. */
  readonly questionnaire: number;
  /** 16 random bytes, unique to the revision: keeps equal answers' leaves apart. */
  readonly nonce: Uint8Array;
  readonly answers: Uint8Array;
  readonly textId: Uint8Array;
  /** Replace whatever comments stand under `textId`; empty removes them. */
  readonly texts: readonly { readonly item: string; readonly body: string }[];
  /** "I was told what to answer". Whatever was reported before stays, also where this entry reports nothing. */
  readonly pressure?: SentPressure | undefined;
  /** Handed in sooner than it can be read. Counted by stratum in memory while open, never stored. */
  readonly fast?: boolean | undefined;
}
export interface SentPressure {
  /** Of the code, unrelated to its pseudonym and to `textId`. */
  readonly id: Uint8Array;
  readonly source: PressureSource;
  /** Empty: nothing was added. */
  readonly body: string;
}
/** What one respondent reported of one source. */
export interface PressureReport extends SentPressure {
  readonly reportingStratum: number;
}
/**
 * `stored`: durable and, if it is the effective revision, counted. `closed`: not open (any more). `voided`: its stratum is void. `unknown`: no such
 * code or link. `other-questionnaire`: it belongs to a code that answers another one. `failed`: this one entry could not be stored; the
 * others of the batch were.
 */
export type RecordResult = 'stored' | 'closed' | 'voided' | 'unknown' | 'other-questionnaire' | 'failed';

export interface StratumCount {
  readonly reportingStratum: number;
  readonly set: CountedSet;
  readonly channel: Channel;
  readonly answered: number;
  readonly valid: number;
}
export interface RateSnapshot {
  readonly day: string;
  readonly at: number;
  /** Already coarse (steps of 5 points), already without cells below the minimum. */
  readonly body: string;
}
export interface ClosingCounts {
  readonly first: readonly TallyCell[];
  /** Respondents with more than one revision, by reporting stratum. */
  readonly reanswered: readonly {
    readonly reportingStratum: number;
    readonly respondents: number;
    readonly reanswered: number;
  }[];
  readonly fates: readonly StratumFates[];
  /** Closed by a version that left the part of N of a void stratum where it was: its log states no fates. */
  readonly keepsVoidedFrame: boolean;
  readonly flags: readonly StatedSignal[];
}
/** What a platform says of the messages to one contact. */
export interface ContactFate {
  readonly entry: Uint8Array;
  readonly fate: Fate;
}
/** A comment as kept: with its reporting stratum, without anything that ties it to ratings, code or time. */
export interface StoredText {
  readonly questionnaire: number;
  readonly item: string;
  readonly reportingStratum: number;
  readonly body: string;
}
export interface TallyDifference {
  readonly county: CountyCode;
  readonly cell: string;
  readonly what: string;
  readonly stored: string;
  readonly recounted: string;
}
export interface RecountResult {
  readonly responses: number;
  readonly cells: number;
  /** The storage period has ended: there are no answers to recount, and only the numbers of respondents were held against the tallies. */
  readonly erased: boolean;
  readonly differences: readonly TallyDifference[];
}

/** What SQLite's check of its file found. */
export interface Damage {
  readonly table: string | null;
  readonly page: number | null;
  /** As the engine says it. */
  readonly detail: string;
}

export interface TrailEntry {
  readonly no: number;
  readonly at: number;
  readonly actor: string;
  readonly role: string;
  readonly via: string;
  readonly action: string;
  readonly campaign: CampaignId | null;
  readonly county: CountyCode | null;
  readonly details: Readonly<Record<string, unknown>>;
}

// ── evidence log ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** Head of the evidence log of a campaign and county. */
export interface LogHead {
  /** First line of its checkpoints; null before the first one. */
  readonly origin: string | null;
  readonly size: number;
  readonly root: Uint8Array;
  /** When what waited was last gone through for a lot. */
  readonly sealedAt: number | null;
}
export interface StoredCheckpoint {
  readonly size: number;
  readonly at: number;
  /** Signed note. */
  readonly note: string;
}
export interface StoredCosignature {
  readonly size: number;
  /** Name of the witness's key. */
  readonly witness: string;
  readonly at: number;
  /** Signature line of the note. */
  readonly line: string;
}
/** How far a witness is with one log. */
export interface WitnessProgress {
  readonly witness: string;
  /** The largest size that was delivered. */
  readonly held: { readonly size: number; readonly at: number } | null;
  readonly waiting: number;
  /** Of the oldest post that waits, if it was tried. */
  readonly failure:
    (PostFailure & { readonly at: number; readonly attempts: number; readonly nextAt: number }) | null;
}
/** A leaf as its rows give it now, whatever was appended once: `hash` is what was appended. */
export interface StoredLeaf {
  readonly no: number;
  /** null: its row is gone. */
  readonly data: Uint8Array | null;
  readonly hash: Uint8Array;
  /** nonce ‖ answers of a response, unless erased. */
  readonly contents: Uint8Array | null;
}

export interface BackupKey {
  readonly campaign: CampaignId;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

export interface StorageHealth {
  readonly schemaVersion: number;
  readonly writerAlive: boolean;
  /** Room for the database. */
  readonly freeBytes: number;
}

/** How far the sealing of one moment's waiting responses has come. */
export interface SealingPoint {
  readonly pseudonym: Uint8Array;
  readonly revision: number;
  /** Reporting strata whose responses are sealed. */
  readonly strata: readonly number[];
  /** Responses that were waiting at that moment and are not sealed yet. */
  readonly waiting: number;
}

export interface LogKeyChange {
  /** Ed25519 public keys, hexadecimal. */
  readonly before: string;
  readonly after: string;
}

export interface Storage {
  // the log's key
  /** Another key signs from now on; each log says so with a leaf. @throws conflict `log.key-changed` if `before` is not the present one */
  replaceLogKey(stamp: Stamp, change: LogKeyChange): Promise<void>;
  /** Changes of the log's key, oldest first. */
  listRekeys(campaign: CampaignId, county: CountyCode): Promise<readonly LogKeyChange[]>;
  /** Writes and syncs a few bytes. @throws unavailable if the disk takes none */
  probeWrite(): Promise<void>;

  // users
  /** @throws conflict `user.login-taken` */
  createUser(stamp: Stamp, user: User): Promise<void>;
  /**
   * Patches role, counties, password … and ends the user's sessions.
   * @returns the user after the change
   * @throws not-found, and as `decideAccountChange`
   */
  updateUser(stamp: Stamp, id: UserId, patch: UserPatch): Promise<User>;
  findUserByLogin(login: string): Promise<User | undefined>;
  findUser(id: UserId): Promise<User | undefined>;
  listUsers(): Promise<readonly User[]>;
  /** Somebody logged out: this session is over, although its cookie is good until `expiresAt`. Twice is as good as once. Not in the trail. */
  endSession(id: string, expiresAt: number): Promise<void>;
  isSessionEnded(id: string): Promise<boolean>;
  /** Ended sessions whose cookies have expired at `now`. Forgets nothing while a jump of the clock waits to be confirmed. */
  forgetEndedSessions(now: number): Promise<void>;

  // divisions
  /** Replaces the whole list. */
  replaceDivisions(
    stamp: Stamp,
    list: {
      readonly asOf: string;
      readonly rows: readonly { readonly code: CountyCode; readonly name: string }[];
    },
  ): Promise<void>;
  findDivision(code: CountyCode): Promise<{ readonly name: string; readonly asOf: string } | undefined>;
  countDivisions(): Promise<number>;

  // campaigns
  /** Stores the documents that are not there yet, and the draft. @throws conflict `campaign.exists` */
  createCampaign(
    stamp: Stamp,
    draft: CampaignDraft,
    documents: readonly Document[],
    keyChecks: Readonly<Record<string, string>>,
  ): Promise<void>;
  /** Only in draft. Counties that are already frozen stay as they are. @throws conflict `campaign.not-draft` */
  updateCampaign(
    stamp: Stamp,
    id: CampaignId,
    patch: Partial<Omit<CampaignDraft, 'id' | 'demo'>>,
    documents: readonly Document[],
  ): Promise<void>;
  findCampaign(id: CampaignId): Promise<Campaign | undefined>;
  listCampaigns(): Promise<readonly Campaign[]>;
  findDocument(hash: ContentHash): Promise<Document | undefined>;
  /** draft → open. @throws conflict `campaign.not-drawn` unless every county is drawn */
  openCampaign(stamp: Stamp, id: CampaignId): Promise<void>;
  releaseCampaign(stamp: Stamp, id: CampaignId): Promise<void>;
  /** @throws AppError as `assertMayPropose` */
  createProposal(
    stamp: Stamp,
    proposal: Pick<Proposal, 'id' | 'campaign' | 'content' | 'reason'>,
  ): Promise<void>;
  /** Confirmed: carries it out at once; a campaign that is voided whole while it is open enters the closing sequence. @throws AppError not-found `proposal.not-found`; as `assertMayDecide` */
  decideProposal(stamp: Stamp, id: string, decision: 'confirmed' | 'rejected'): Promise<void>;
  listProposals(campaign: CampaignId): Promise<readonly Proposal[]>;

  // schools and frame
  /** Writes what `planSchools` makes of the list and of the schools that are known; nothing if that finds a fault. @throws conflict `frame.frozen` once the county's frame is frozen */
  putSchools(
    stamp: Stamp,
    campaign: CampaignId,
    county: CountyCode,
    list: readonly PlacedSchool[],
  ): Promise<SchoolPlan>;
  /** @throws not-found `school.not-found`; conflict `frame.frozen`, `school.used` (a roll, staged or applied, names it), `school.has-points` */
  removeSchool(stamp: Stamp, campaign: CampaignId, county: CountyCode, school: SchoolId): Promise<void>;
  listSchools(campaign: CampaignId, county: CountyCode): Promise<readonly School[]>;
  createImport(
    stamp: Stamp,
    created: Pick<RollImport, 'id' | 'campaign' | 'county' | 'group' | 'fileName' | 'lateReason'>,
  ): Promise<void>;
  /** A bounded chunk (≤ 2,000 rows) of a file being read. */
  stageRows(importId: string, rows: readonly StagedRow[], faults: readonly RowFault[]): Promise<void>;
  /** reading → staged. */
  finishStaging(stamp: Stamp, importId: string, fileHash: string, summary: ImportSummary): Promise<void>;
  findImport(id: string): Promise<RollImport | undefined>;
  listImports(campaign: CampaignId, county: CountyCode): Promise<readonly RollImport[]>;
  /** Of all campaigns: what a stop has interrupted. */
  listImportsIn(state: RollImport['state']): Promise<readonly RollImport[]>;
  listFaults(
    importId: string,
    after: number,
    limit: number,
  ): Promise<readonly (RowFault & { readonly no: number })[]>;
  /**
   * staged → applying → applied, at most `limit` rows a call, each call atomic; call until `done`. The same file again (equal hash, county and group) adds
   * nothing. Resumes where a killed process stopped. @throws conflict `frame.frozen` unless the import is a late one
   */
  applyImport(
    stamp: Stamp,
    importId: string,
    limit: number,
  ): Promise<{
    readonly done: boolean;
    readonly added: number;
    readonly duplicates: number;
    readonly joined: number;
    readonly corrected: number;
  }>;
  /** Forgets the staged rows and the faults, also of imports that were still being read. Of a discarded one: what a stopped process left of them. */
  discardImport(stamp: Stamp, importId: string): Promise<void>;
  countFrame(campaign: CampaignId, county: CountyCode): Promise<readonly FrameCount[]>;
  /** Frame without late additions, ascending entry id, after `after`. */
  listFrame(
    campaign: CampaignId,
    county: CountyCode,
    after: Uint8Array | null,
    limit: number,
  ): Promise<readonly FrameEntry[]>;
  /** preparing → frozen. @throws conflict `frame.import-pending` while an import is staged or applying */
  freezeFrame(
    stamp: Stamp,
    campaign: CampaignId,
    county: CountyCode,
    frame: { readonly root: Uint8Array; readonly size: number },
  ): Promise<void>;
  /** frozen → drawing: the seed and the strata, once and for all. @throws conflict `draw.done` if there is a seed already */
  beginDraw(
    stamp: Stamp,
    campaign: CampaignId,
    county: CountyCode,
    draw: {
      readonly dice: string;
      readonly seed: Uint8Array;
      readonly moves: readonly { readonly from: Group; readonly to: Group; readonly count: number }[];
      readonly quotas: Readonly<Partial<Record<Group, number>>>;
    },
  ): Promise<void>;
  /** Forgets codes of an interrupted draw, so that it can be repeated with the same seed. Only while drawing. */
  resetDraw(campaign: CampaignId, county: CountyCode): Promise<void>;
  /** A bounded chunk; the two lists are unrelated in order. */
  saveDrawn(
    campaign: CampaignId,
    county: CountyCode,
    contacts: readonly DrawnContact[],
    issued: readonly IssuedCode[],
  ): Promise<void>;
  /** drawing → drawn. Test contacts become contacts like the others, and what told them apart is deleted. */
  finishDraw(
    stamp: Stamp,
    campaign: CampaignId,
    county: CountyCode,
    sampling: readonly SamplingStratum[],
    reporting: readonly ReportingStratum[],
    canaries?: readonly PlacedCanary[],
  ): Promise<void>;
  /** Test contacts, once a county, after the freeze and before the draw. @throws conflict `canaries.not-now`, `canaries.in-roll` */
  sealCanaries(
    stamp: Stamp,
    campaign: CampaignId,
    county: CountyCode,
    sealed: { readonly commitment: string; readonly canaries: readonly NewCanary[] },
  ): Promise<void>;
  /** Those that wait for the draw. */
  listCanaries(campaign: CampaignId, county: CountyCode): Promise<readonly NewCanary[]>;
  /** The commitment of the log and its size; undefined if there is none. */
  findCanaries(
    campaign: CampaignId,
    county: CountyCode,
  ): Promise<{ readonly commitment: string; readonly count: number } | undefined>;
  /** Position by position: what each pseudonym was issued as, and its answers that count. */
  readCanaries(
    campaign: CampaignId,
    county: CountyCode,
    pseudonyms: readonly Uint8Array[],
  ): Promise<readonly CanaryRecord[]>;
  /** Appends what the opened commitment showed. */
  recordOpenedCanaries(
    stamp: Stamp,
    campaign: CampaignId,
    county: CountyCode,
    opened: { readonly commitment: string; readonly faults: Readonly<Record<CanaryFault, number>> },
  ): Promise<void>;
  readStrata(
    campaign: CampaignId,
    county: CountyCode,
  ): Promise<{
    readonly sampling: readonly SamplingStratum[];
    readonly reporting: readonly ReportingStratum[];
  }>;
  /** Late contacts that have no code yet; they report, outside every denominator. */
  listLateContacts(campaign: CampaignId, county: CountyCode, limit: number): Promise<readonly FrameEntry[]>;
  issueLate(
    stamp: Stamp,
    campaign: CampaignId,
    county: CountyCode,
    contacts: readonly DrawnContact[],
    issued: readonly IssuedCode[],
  ): Promise<void>;

  // codes out
  listMessageContacts(
    campaign: CampaignId,
    county: CountyCode,
    filter: { readonly sets: readonly CountedSet[]; readonly slips: boolean },
    after: Uint8Array | null,
    limit: number,
  ): Promise<readonly MessageContact[]>;
  /** Which of these pseudonyms have answered, at this moment (position by position). */
  haveAnswered(
    campaign: CampaignId,
    county: CountyCode,
    pseudonyms: readonly Uint8Array[],
  ): Promise<readonly boolean[]>;
  recordExport(stamp: Stamp, made: Omit<CodeExport, 'by' | 'at'>): Promise<void>;
  listExports(campaign: CampaignId, county: CountyCode): Promise<readonly CodeExport[]>;
  /** By keyed digest of the phone, position by position: the contact that has it. */
  findContacts(
    campaign: CampaignId,
    county: CountyCode,
    digests: readonly Uint8Array[],
  ): Promise<readonly (Uint8Array | null)[]>;
  /** The newest fate of a contact counts. @throws conflict `fates.closed` unless draft or open */
  saveFates(
    stamp: Stamp,
    campaign: CampaignId,
    county: CountyCode,
    fates: readonly ContactFate[],
    file: { readonly name: string; readonly hash: string },
  ): Promise<void>;
  listFates(campaign: CampaignId, county: CountyCode): Promise<readonly ContactFate[]>;
  /** Confirmed declarations of ineligible contacts, oldest first. */
  listIneligible(campaign: CampaignId, county: CountyCode): Promise<readonly DeclaredIneligible[]>;
  /** Drawn codes by sampling and reporting stratum; reads every code. */
  countDrawnCodes(
    campaign: CampaignId,
    county: CountyCode,
  ): Promise<
    readonly { readonly samplingStratum: number; readonly reportingStratum: number; readonly drawn: number }[]
  >;
  /** Of these the first of each place that has none yet. @throws conflict `links.not-drawn` */
  createLinks(stamp: Stamp, links: readonly OpenLink[]): Promise<void>;
  findLink(id: string): Promise<OpenLink | undefined>;
  listLinks(campaign: CampaignId, county: CountyCode): Promise<readonly OpenLink[]>;

  // answers
  findIssued(campaign: CampaignId, pseudonym: Uint8Array): Promise<Issued | undefined>;
  /**
   * All entries in one transaction, in order; if that fails, one by one, so that only the bad one is refused. For each: insert as the next revision, take the
   * superseded answer out of the tallies, put this one in, replace the comments; keep the report of pressure, whatever channel it came by.
   */
  recordResponses(batch: readonly ResponseEntry[]): Promise<readonly RecordResult[]>;
  /** All reports of pressure of a county, by the random-looking id. Not for anybody bound to the county. */
  listPressure(campaign: CampaignId, county: CountyCode): Promise<readonly PressureReport[]>;
  readTallies(campaign: CampaignId, county: CountyCode): Promise<readonly TallyCell[]>;
  /** Respondents by reporting stratum, set and channel, from the tallies. */
  countResponses(campaign: CampaignId, county: CountyCode): Promise<readonly StratumCount[]>;
  /** One a day and county: a second one for the same day is ignored. */
  saveSnapshot(campaign: CampaignId, county: CountyCode, snapshot: RateSnapshot): Promise<void>;
  findLatestSnapshot(campaign: CampaignId, county: CountyCode): Promise<RateSnapshot | undefined>;
  /**
   * Decodes every row and counts without the writer's fold; names what differs. Runs beside the writer, each county on one read transaction. One result a
   * county, in their order.
   */
  recount(campaign: CampaignId, counties: readonly CountyCode[]): Promise<readonly RecountResult[]>;
  /** Reads every page and index of the file, beside the writer. Empty: it is sound. */
  findDamage(): Promise<readonly Damage[]>;

  // closing
  /** open → closing. After this no answer is accepted. @throws conflict `clock.unconfirmed` unless a person closes */
  beginClosing(stamp: Stamp, id: CampaignId): Promise<void>;
  /**
   * Ends a slot of the counters that the writer keeps in memory of every open survey (answers, re-answers and fast ones by reporting stratum), and keeps what stands
   * above the alarm level in it, never a count below the minimum cell. About once an hour. A restart begins with empty counters.
   */
  endSlot(): Promise<void>;
  /**
   * Counts first answers and re-answers of one county and its flags, keeps them with the fates given, appends the county's dispositions and flags to its log,
   * and erases what platforms said of single contacts. In parts, between which answers of other campaigns are stored. Repeatable: a county that is
   * counted is not counted again.
   */
  countClosing(
    stamp: Stamp,
    campaign: CampaignId,
    county: CountyCode,
    fates: readonly StratumFates[],
  ): Promise<void>;
  readClosingCounts(campaign: CampaignId, county: CountyCode): Promise<ClosingCounts | undefined>;
  /** Comments in the order of their random ids, which is nobody's order. */
  listTexts(campaign: CampaignId, county: CountyCode): Promise<readonly StoredText[]>;
  /** Marks `step` as done. @throws conflict if `step` is not the next one */
  completeClosingStep(
    stamp: Stamp,
    id: CampaignId,
    step: ClosingStep,
    details: Readonly<Record<string, unknown>>,
  ): Promise<void>;
  /**
   * Appends waiting responses to the evidence log as the next lot, in ascending order of their leaf hashes, at most `limit` of them, so that answers never wait
   * long behind it. A reporting stratum with fewer waiting than `minimum` is carried on. No lot is made of nothing. `next`: the limit left some that
   * could be sealed; give it back for the following part.
   */
  sealLot(
    campaign: CampaignId,
    county: CountyCode,
    how: {
      readonly at: number;
      readonly minimum: number;
      readonly limit: number;
      readonly after: SealingPoint | null;
      /** Sealed by the clock alone. @throws conflict `clock.unconfirmed` */
      readonly scheduled?: boolean;
    },
  ): Promise<{ readonly lot: number; readonly responses: number; readonly next: SealingPoint | null }>;
  /** Erases answers and nonces of superseded revisions, in parts; what their leaves commit to stays. Returns of how many respondents. Repeatable. */
  eraseSuperseded(campaign: CampaignId, county: CountyCode): Promise<number>;
  /**
   * VACUUM and truncation of the WAL, so that erased bytes leave the file. Nothing can be stored meanwhile, seconds in a large database. @throws unavailable
   * `storage.busy` if somebody reads an old state
   */
  compact(): Promise<void>;
  /** Remembers that it is to be done, and since when; an earlier moment stays. */
  deferCompaction(at: number): Promise<void>;
  /** Since when it is to be done, to the hour; null: nothing was put off. */
  findDeferredCompaction(): Promise<number | null>;

  // end of the storage period
  /** Enters the sequence. @throws conflict `clock.unconfirmed`, `clock.not-held`, `expiry.too-early`, `expiry.not-closed`, `campaign.expired` */
  beginExpiry(stamp: Stamp, id: CampaignId): Promise<void>;
  /** Contacts after `after` that still hold something sealed, ascending entry id. */
  listSealedContacts(
    campaign: CampaignId,
    county: CountyCode,
    after: Uint8Array | null,
    limit: number,
  ): Promise<readonly SealedContact[]>;
  /** Erases phones, salts, codes and digests of these contacts for good; their commitments, which tell nothing without the salts, stay. */
  eraseContacts(
    campaign: CampaignId,
    county: CountyCode,
    erased: readonly { readonly entry: Uint8Array; readonly commitment: Uint8Array | null }[],
  ): Promise<void>;
  /**
   * Erases answers and nonces of all responses, what their leaves commit to stays; then comments, reports of pressure, and what imports left. In parts, and
   * repeatable.
   */
  eraseContents(campaign: CampaignId, county: CountyCode): Promise<void>;
  /**
   * Erases all that in every copy of the database in `directory`, and in those that upgrades left beside the database. Each is replaced whole. Names what
   * held anything of the campaign, and what could not be read.
   */
  eraseCopies(
    id: CampaignId,
    directory: string | null,
  ): Promise<{ readonly erased: readonly string[]; readonly failed: readonly string[] }>;
  /** Marks `step` as done; the last one appends to the log that the keys are gone, with the hash of the tallies that stay. @throws conflict if `step` is not the next one */
  completeExpiryStep(
    stamp: Stamp,
    id: CampaignId,
    step: ExpiryStep,
    details: Readonly<Record<string, unknown>>,
  ): Promise<void>;

  // evidence log
  /** Undefined before the frame is frozen. */
  findLog(campaign: CampaignId, county: CountyCode): Promise<LogHead | undefined>;
  /** Hashes of a tile as far as there are any; undefined if there are none. */
  findTile(
    campaign: CampaignId,
    county: CountyCode,
    tile: { readonly level: number; readonly index: number },
  ): Promise<Uint8Array | undefined>;
  /**
   * Keeps a signed checkpoint, and queues it for each of the witnesses; fixes the log's origin if it is the first. A second one of the same size is
   * ignored.
   */
  saveCheckpoint(
    campaign: CampaignId,
    county: CountyCode,
    checkpoint: StoredCheckpoint & { readonly origin: string },
    witnesses: readonly string[],
  ): Promise<void>;
  /** Newest first. */
  listCheckpoints(
    campaign: CampaignId,
    county: CountyCode,
    limit: number,
  ): Promise<readonly StoredCheckpoint[]>;
  findCheckpoint(
    campaign: CampaignId,
    county: CountyCode,
    size: number,
  ): Promise<StoredCheckpoint | undefined>;
  /** The newest one of each witness and size is kept. */
  saveCosignature(campaign: CampaignId, county: CountyCode, given: StoredCosignature): Promise<void>;
  listCosignatures(campaign: CampaignId, county: CountyCode): Promise<readonly StoredCosignature[]>;
  /** Hash of the leaf that the revision with this nonce has or will have; undefined if there is none, or its contents are erased. */
  findLeafHash(
    campaign: CampaignId,
    county: CountyCode,
    pseudonym: Uint8Array,
    nonce: Uint8Array,
  ): Promise<Uint8Array | undefined>;
  /** Where a response's leaf stands, by its hash: a search in each lot, which is sorted by it. */
  findLeaf(campaign: CampaignId, county: CountyCode, hash: Uint8Array): Promise<number | undefined>;
  /** Queues every log's newest checkpoint for the witnesses that it was not queued for: those that were named after it was signed. */
  queueNewest(witnesses: readonly string[], at: number): Promise<void>;
  /** What waits for this witness and may be sent at `at`, by log and ascending size. */
  listDuePosts(witness: string, at: number, limit: number): Promise<readonly CheckpointPost[]>;
  /** Delivered, with the witness's signature if he gave one. */
  recordDelivery(
    stamp: Stamp,
    witness: string,
    post: Omit<CheckpointPost, 'note'>,
    cosignature: StoredCosignature | null,
  ): Promise<void>;
  /** Not delivered: it, and whatever else waits for this witness, is not tried again before the delay of `retryDelay`. The trail has an entry of a post's first failure. */
  recordFailedPost(
    stamp: Stamp,
    witness: string,
    post: Omit<CheckpointPost, 'note'>,
    failure: PostFailure,
  ): Promise<void>;
  listWitnessProgress(campaign: CampaignId, county: CountyCode): Promise<readonly WitnessProgress[]>;
  /** Leaves `from` … `from + limit − 1`, as far as there are any. */
  listLeaves(
    campaign: CampaignId,
    county: CountyCode,
    from: number,
    limit: number,
  ): Promise<readonly StoredLeaf[]>;
  /** Codes issued by the draw (late ones stand in their leaves), ascending pseudonym, after `after`. */
  listIssued(
    campaign: CampaignId,
    county: CountyCode,
    after: Uint8Array | null,
    limit: number,
  ): Promise<readonly IssuedCode[]>;
  /** Appends a flag. Nothing is counted otherwise by it. */
  recordFlag(stamp: Stamp, campaign: CampaignId, county: CountyCode, flag: Flag): Promise<void>;
  /** Appends that the log's contents are handed to the actor. */
  recordBundle(stamp: Stamp, campaign: CampaignId, county: CountyCode): Promise<void>;

  // trail, upkeep
  listTrail(filter: {
    readonly campaign: CampaignId | null;
    readonly counties: readonly CountyCode[] | null;
    readonly before: number | null;
    readonly limit: number;
  }): Promise<readonly TrailEntry[]>;
  /** For events that change no other table (log-in refused too often, backup made). */
  appendTrail(
    stamp: Stamp,
    entry: {
      readonly action: string;
      readonly campaign: CampaignId | null;
      readonly county: CountyCode | null;
      readonly details: Readonly<Record<string, unknown>>;
    },
  ): Promise<void>;
  /**
   * A consistent copy at `path` (must not exist) while answering goes on. Of a campaign that takes answers, whatever would tell what came in between two
   * copies is encrypted under the key given for it, which dies at close: waiting answers, tallies, comments, reports of pressure.
   */
  backup(path: string, keys: readonly BackupKey[]): Promise<void>;
  /** Removes from a folder what killed processes left of copies. Returns the names. */
  removeUnfinished(directory: string): Promise<readonly string[]>;
  /** Campaigns of a restored backup of which something is still encrypted. */
  listSealed(): Promise<readonly CampaignId[]>;
  /** Puts it back. @throws corrupt `keys.unsealable` */
  unseal(key: BackupKey): Promise<void>;
  readTime(): Promise<ServiceTime>;
  /** Stores the time as it is now seen (domain/service-time.ts); a jump goes into the trail. `elapsed`: by the monotonic clock, null at start. */
  observeTime(stamp: Stamp, elapsed: number | null): Promise<ServiceTime>;
  /** A person confirms that `stamp.at` is right. */
  confirmTime(stamp: Stamp): Promise<void>;
  /** Fingerprint of the key that signs the evidence logs; null: none has signed yet. */
  findLogKey(): Promise<string | null>;
  recordLogKey(fingerprint: string): Promise<void>;
  health(): Promise<StorageHealth>;
  close(): Promise<void>;
}
