/** Staging, applying and discarding a roll. Rows are applied in parts; each part is decided in its own transaction. */
import type { CampaignState, FrameState } from '../campaign/life-cycle.ts';
import { AppError } from '../errors.ts';
import { sortedListHash } from '../evidence/leaf.ts';
import { toHex } from '../hash.ts';
import type { Decision } from '../model/decision.ts';
import type { SchoolId } from '../model/ids.ts';
import type { ImportState, ImportSummary, RollImport, StagedRow } from '../model/import.ts';
import { stampOf, type Stamp } from '../model/stamp.ts';
import { decideAffiliation, type KnownGrade } from './roll/affiliation.ts';
import { compareBytes } from './sample.ts';

/** @throws AppError conflict `frame.between`, `frame.frozen` */
export function assertImportable(frameState: FrameState, lateReason: string | null): void {
  if (frameState === 'preparing') return;
  if (frameState !== 'drawn') throw new AppError('conflict', 'frame.between');
  if (lateReason === null) throw new AppError('conflict', 'frame.frozen');
}

function refuseState(state: ImportState): AppError {
  return new AppError('conflict', 'import.state', { params: { state } });
}

/** @throws AppError conflict `import.state` */
export function assertReading(state: ImportState): void {
  if (state !== 'reading') throw refuseState(state);
}

/** reading → staged. @throws AppError conflict `import.state` */
export function decideStaged(
  roll: Pick<RollImport, 'id' | 'state' | 'county' | 'group'>,
  fileHash: string,
  summary: ImportSummary,
): Decision<{ readonly state: 'staged'; readonly fileHash: string }> {
  assertReading(roll.state);
  const { good, bad } = summary;
  const details = { import: roll.id, group: roll.group, fileHash, good, bad };
  return {
    changes: { state: 'staged', fileHash },
    leaves: [],
    trail: [{ action: 'import.read', county: roll.county, details }],
  };
}

/**
 * null: it was discarded.
 * @throws AppError conflict `import.state`
 */
export function decideDiscard(
  roll: Pick<RollImport, 'id' | 'state' | 'county'>,
): Decision<{ readonly state: 'discarded' } | null> {
  if (roll.state === 'discarded') return { changes: null, leaves: [], trail: [] };
  if (roll.state !== 'staged' && roll.state !== 'reading') throw refuseState(roll.state);
  return {
    changes: { state: 'discarded' },
    leaves: [],
    trail: [{ action: 'import.discard', county: roll.county, details: { import: roll.id } }],
  };
}

export type PartRow = Omit<StagedRow, 'row' | 'sheet'>;

export interface KnownContact {
  readonly entry: Uint8Array;
  /** 0: of the frame; 1: added after the freeze; 2: a test contact. */
  readonly late: number;
}

/** The roll before this part, looked up row by row, because a part needs little of it. */
export interface KnownRoll {
  findByDigest(digest: Uint8Array): KnownContact | undefined;
  findByHousehold(household: Uint8Array): KnownContact | undefined;
  listGrades(entry: Uint8Array, school: SchoolId): readonly KnownGrade[];
}

export interface ImportPart {
  readonly import: Pick<
    RollImport,
    | 'id'
    | 'county'
    | 'group'
    | 'state'
    | 'fileHash'
    | 'lateReason'
    | 'added'
    | 'duplicates'
    | 'joined'
    | 'corrected'
  > & {
    /** Its position among all imports: tells which roll was applied last. */
    readonly no: number;
  };
  readonly campaignState: CampaignState;
  readonly frameState: FrameState;
  /** The same file was applied before: it adds nobody. */
  readonly isRepeated: boolean;
  /** Another roll of the county is being withdrawn. */
  readonly isOtherWithdrawn: boolean;
  /** Number of plausibility warnings from reading. */
  readonly doubts: number;
  /** Why it is applied anyway. */
  readonly reason: string | null;
  readonly rows: readonly PartRow[];
  readonly isLast: boolean;
  readonly known: KnownRoll;
}

export interface Affiliation {
  readonly entry: Uint8Array;
  readonly school: SchoolId;
  readonly grade: number;
}
export type AffiliationStep = Affiliation & { readonly op: 'write' | 'remove' };

/** A contact as the roll names it: without a school if the roll gives none. */
export interface NamedBy {
  readonly entry: Uint8Array;
  readonly school: SchoolId | null;
  readonly grade: number;
}

export interface ImportTotals {
  readonly added: number;
  readonly duplicates: number;
  readonly joined: number;
  readonly corrected: number;
}

export interface PartChanges {
  readonly state: 'applying' | 'applied';
  readonly totals: ImportTotals;
  readonly late: 0 | 1;
  readonly contacts: readonly PartRow[];
  /** In this order: a grade that one row of the part removes may be added again by another. */
  readonly affiliations: readonly AffiliationStep[];
  /** What the roll says, by contact: withdrawing it keeps what other rolls say. None after the freeze. */
  readonly statements: readonly NamedBy[];
  /** Whether any entry of the roll has changed. */
  readonly isAltered: boolean;
}

/**
 * staged → applying → applied. @throws AppError conflict `import.state`, `frame.between`, `frame.frozen`; at its first part `campaign.not-draft`,
 * `roll.late-too-late`, `roll.doubts`, `import.withdrawing`
 */
export function decideImportPart(part: ImportPart, stamp: Stamp): Decision<PartChanges> {
  const { import: roll, frameState, campaignState, isLast } = part;
  if (roll.state !== 'staged' && roll.state !== 'applying') throw refuseState(roll.state);
  assertImportable(frameState, roll.lateReason);
  const late = frameState === 'preparing' ? 0 : 1;
  // An import that has begun must be finished; otherwise the next start would find it incomplete forever.
  if (roll.state === 'staged') {
    assertInTime(campaignState, late === 1);
    const { doubts } = part;
    // A late roll needs its own reason.
    if (doubts > 0 && (part.reason ?? roll.lateReason) === null)
      throw new AppError('conflict', 'roll.doubts', { params: { doubts } });
    if (part.isOtherWithdrawn) throw new AppError('conflict', 'import.withdrawing');
  }
  const changes = mergeRows(part, late);
  const fresh = changes.contacts.map((c) => c.entry).sort(compareBytes);
  const { id, county, group, lateReason: reason, fileHash: file } = roll;
  const trail = [];
  if (roll.state === 'staged')
    trail.push({
      action: 'import.apply',
      county,
      details: {
        ...{ import: id, group, late: late === 1, reason },
        ...(part.doubts > 0 && { doubts: part.doubts, why: part.reason }),
      },
    });
  if (isLast) trail.push({ action: 'import.applied', county, details: { import: id, ...changes.totals } });
  return {
    changes: { ...changes, state: isLast ? 'applied' : 'applying', late },
    leaves:
      late === 1 && fresh.length > 0
        ? [
            {
              county,
              type: 'late-edit',
              body: {
                ...{ import: id, group, reason, file },
                added: fresh.length,
                entries: sortedListHash(fresh),
                ids: fresh.map(toHex).join(''),
                ...stampOf(stamp),
              },
            },
          ]
        : [],
    trail,
  };
}

function assertInTime(state: CampaignState, isLate: boolean): void {
  if (!isLate && state !== 'draft') throw new AppError('conflict', 'campaign.not-draft');
  if (isLate && state !== 'draft' && state !== 'open') throw new AppError('conflict', 'roll.late-too-late');
}

function mergeRows(
  { import: roll, isRepeated, rows, known }: ImportPart,
  late: 0 | 1,
): Omit<PartChanges, 'state' | 'late'> {
  let { added, duplicates, joined, corrected } = roll;
  let isAltered = false;
  const contacts: PartRow[] = [];
  const affiliations: AffiliationStep[] = [];
  const statements: NamedBy[] = [];
  const roster = createRoster(known);
  for (const row of rows) {
    const existing = roster.find(row);
    let { entry } = row;
    if (!existing && !isRepeated) {
      added++;
      isAltered = true;
      contacts.push(row);
      roster.add(row, late);
    } else {
      duplicates++;
      // After the freeze, a contact of the frozen frame keeps its schools.
      if (!existing || existing.late !== late) continue;
      ({ entry } = existing);
    }
    const { school } = row;
    if (late === 0) statements.push({ entry, school, grade: school === null ? 0 : (row.grade ?? 0) });
    if (school === null) continue;
    const said = { grade: row.grade ?? 0, source: roll.no };
    const before = roster.grades(entry, school, !existing);
    const { removed, written, outcome } = decideAffiliation(before, said);
    for (const grade of removed) affiliations.push({ op: 'remove', entry, school, grade });
    if (written) affiliations.push({ op: 'write', entry, school, grade: said.grade });
    if (written && !before.some((k) => k.grade === said.grade)) isAltered = true;
    roster.setGrades(entry, school, [
      ...before.filter((k) => !removed.includes(k.grade) && !(written && k.grade === said.grade)),
      ...(written ? [said] : []),
    ]);
    if (existing && outcome === 'joined') joined++;
    if (outcome === 'corrected') corrected++;
  }
  return { totals: { added, duplicates, joined, corrected }, contacts, affiliations, statements, isAltered };
}

/** The roll as left by the earlier rows of this part. */
function createRoster(known: KnownRoll) {
  const digests = new Map<string, KnownContact>();
  const households = new Map<string, KnownContact>();
  const grades = new Map<string, readonly KnownGrade[]>();
  const placeOf = (entry: Uint8Array, school: SchoolId) => `${toHex(entry)} ${school}`;
  return {
    find: ({ digest, household }: PartRow): KnownContact | undefined =>
      digests.get(toHex(digest)) ??
      known.findByDigest(digest) ??
      (household ? (households.get(toHex(household)) ?? known.findByHousehold(household)) : undefined),
    add({ entry, digest, household }: PartRow, late: 0 | 1): void {
      digests.set(toHex(digest), { entry, late });
      if (household) households.set(toHex(household), { entry, late });
    },
    grades: (entry: Uint8Array, school: SchoolId, isNew: boolean): readonly KnownGrade[] =>
      grades.get(placeOf(entry, school)) ?? (isNew ? [] : known.listGrades(entry, school)),
    setGrades(entry: Uint8Array, school: SchoolId, list: readonly KnownGrade[]): void {
      grades.set(placeOf(entry, school), list);
    },
  };
}
