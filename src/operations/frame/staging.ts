/** Stages rows of a roll: seals and counts them, and checks them for inconsistencies. */
import type { Actor } from '../../domain/campaign/permissions.ts';
import { householdDigest, phoneDigest } from '../../domain/code/pseudonym.ts';
import type { Issue } from '../../domain/errors.ts';
import { createRunFinder, findDoubts } from '../../domain/frame/roll/doubts.ts';
import type { FrameEntry, FrameRowResult } from '../../domain/frame/roll/frame-row.ts';
import type { RowFault as FieldFault } from '../../domain/frame/roll/table.ts';
import { storedFileName } from '../../domain/file-name.ts';
import { hmacSha256 } from '../../domain/hash.ts';
import type { SchoolId } from '../../domain/model/ids.ts';
import type { ImportSummary, RollImport, RowFault, StagedRow } from '../../domain/model/import.ts';
import type { School } from '../../domain/model/school.ts';
import type { Group } from '../../domain/model/vocabulary.ts';
import { campaignKey, getVisibleCampaign } from '../campaign/lookup.ts';
import { stamp, type Deps } from '../deps.ts';
import { sealPhone } from '../evidence/sealing.ts';
import { claimJob, startJob, type Job } from '../jobs.ts';
import { createWarnings } from './warnings.ts';
import { countRoll } from './counts.ts';

const chunkSize = 500;
/** Number of contacts sampled to find which applied roll a file repeats. */
const sampleSize = 200;

export type StagingTarget = Pick<
  RollImport,
  'campaign' | 'county' | 'group' | 'fileName' | 'lateReason' | 'file'
>;

/**
 * Creates an import and reads its rows into it, as a job. Faults of the rows reject `done`; then nothing is kept.
 * @param read passes every row to the staging; returns the hash of the file and its notices
 */
export async function beginStaging(
  deps: Deps,
  actor: Actor,
  target: StagingTarget,
  schools: readonly School[],
  read: (
    staging: Staging,
    job: Job,
  ) => Promise<{ readonly hash: string; readonly notices: readonly Issue[] }>,
): Promise<{ readonly id: string; readonly done: Promise<RollImport> }> {
  const campaign = await getVisibleCampaign(deps, actor, target.campaign);
  const contactsKey = campaignKey(deps, campaign, 'contacts');
  const id = deps.newId();
  const own = await claimJob(deps, id);
  try {
    await deps.storage.createImport(stamp(deps, actor), {
      ...target,
      id,
      fileName: storedFileName(target.fileName),
    });
  } catch (error) {
    await own?.release();
    throw error;
  }
  const reading = (job: Job) =>
    finishReading(deps, actor, id, async () => {
      const staging = await createStaging(deps, contactsKey, id, target, schools);
      const { hash, notices } = await read(staging, job);
      await staging.flush();
      const summary = await staging.summary(hash);
      return { hash, summary: { ...summary, warnings: [...notices, ...summary.warnings] } };
    });
  const done = startJob(deps, id, reading, own);
  // A waiting caller gets the error; otherwise the page of the import shows it.
  done.catch(() => undefined);
  return { id, done };
}

/** reading → staged, or discarded. */
async function finishReading(
  deps: Deps,
  actor: Actor,
  id: string,
  read: () => Promise<{ readonly hash: string; readonly summary: ImportSummary }>,
): Promise<RollImport> {
  try {
    const { hash, summary } = await read();
    await deps.storage.finishStaging(stamp(deps, actor), id, hash, summary);
  } catch (error) {
    await deps.storage.discardImport(stamp(deps, actor), id).catch((err: unknown) => {
      deps.log.warn({ import: id, err }, 'roll.discard-failed');
    });
    throw error;
  }
  return (await deps.storage.findImport(id))!;
}

interface Place {
  readonly row: number;
  readonly sheet: string;
}
/** Takes the rows of a file, parsed one by one. */
export interface Staging {
  take(row: FrameRowResult): void;
  unmapped(columns: number): void;
  isFull(): boolean;
  flush(): Promise<void>;
  /** After the last row. */
  summary(hash: string): Promise<ImportSummary>;
}

async function createStaging(
  deps: Deps,
  contactsKey: Uint8Array,
  importId: string,
  target: StagingTarget,
  schools: readonly School[],
): Promise<Staging> {
  const { group } = target;
  // After the freeze the roll also has test contacts: nothing may reveal whether a number is one of theirs.
  const frame = target.lateReason === null ? await countRoll(deps, target.campaign, target.county) : [];
  /** Groups that already have contacts: a number may be on the roll of each. */
  const others = [...new Set(frame.filter((c) => c.contacts > 0).map((c) => c.group))];
  const inOtherGroups = new Map<Group, number>();
  const bySchool = new Map<SchoolId | null, number>();
  const runs = createRunFinder();
  let known = 0;
  const sample: Uint8Array[] = [];
  let phones: string[] = [];
  let rows: StagedRow[] = [];
  let faults: RowFault[] = [];
  const counts = { good: 0, bad: 0, skipped: 0, unmappedColumns: 0 };
  const warnings = createWarnings();
  const consecutive = new Map<string, number>();
  const phoneless = new Set<SchoolId | null>();
  let before: { readonly school: SchoolId | null; readonly phone: number } | undefined;

  /**
   * Equal phones of a group are one contact. Contacts without a phone cannot be distinguished by anything that may be stored (no
   * name, no class). So each row is one contact, with a digest of import and position. A digest of its cells would merge all
   * contacts without a phone of a school's grade, in this file or another class's. The same file again is recognised by its hash,
   * and an edited one causes a warning.
   */
  function digestOf(phone: string): Uint8Array {
    if (phone !== '') return phoneDigest(contactsKey, group, phone);
    return hmacSha256(contactsKey, 'n', importId, '\0', String(counts.good)).subarray(0, 16);
  }

  function countConsecutive(school: SchoolId | null, mobile: string | undefined): void {
    const phone = Number(mobile);
    if (mobile !== undefined && before?.school === school && phone === before.phone + 1) {
      const key = school ?? '';
      consecutive.set(key, (consecutive.get(key) ?? 0) + 1);
    }
    before = mobile === undefined ? undefined : { school, phone };
  }

  function add(
    place: Place,
    { school, grade, phones: mobiles, landlines, household }: FrameEntry,
    notes: readonly FieldFault[],
  ): void {
    counts.good += 1;
    const [mobile] = mobiles;
    bySchool.set(school, (bySchool.get(school) ?? 0) + 1);
    runs.add(place, mobile);
    // A landline is kept for an interviewer; hasPhone means that the contact can get messages.
    const phone = mobile ?? landlines[0] ?? '';
    countConsecutive(school, mobile);
    if (phone === '') phoneless.add(school);
    else if (others.length > 0) phones.push(phone);
    const random = deps.randomBytes(32);
    const entry = random.subarray(0, 16);
    rows.push({
      row: place.row,
      sheet: place.sheet,
      group,
      school,
      grade,
      digest: digestOf(phone),
      entry,
      sealed: sealPhone(contactsKey, entry, random.subarray(16), phone),
      hasPhone: mobile !== undefined,
      household: household.length > 0 ? householdDigest(contactsKey, group, household) : null,
    });
    notes.forEach(warnings.add);
  }

  function refuse({ row, sheet }: Place, found: readonly FieldFault[]): void {
    counts.bad += 1;
    runs.add({ row, sheet }, undefined);
    before = undefined;
    for (const { field, message, params } of found)
      faults.push({ row, sheet, field, message, params: params ?? {} });
  }

  /** Which of these numbers the county's roll already has, in this group and in others. */
  async function lookUp(): Promise<void> {
    const asked = phones;
    phones = [];
    if (asked.length === 0) return;
    for (const other of others) {
      const digests = asked.map((phone) => phoneDigest(contactsKey, other, phone));
      const found = await deps.storage.findContacts(target.campaign, target.county, digests);
      const entries = found.filter((entry) => entry !== null);
      if (other !== group) {
        inOtherGroups.set(other, (inOtherGroups.get(other) ?? 0) + entries.length);
        continue;
      }
      known += entries.length;
      if (sample.length < sampleSize) sample.push(...entries.slice(0, sampleSize - sample.length));
    }
  }

  return {
    take(row) {
      if (row.kind === 'entry') add(row, row.entry, row.warnings);
      else if (row.kind === 'fault') refuse(row, row.faults);
      else counts.skipped += 1;
    },
    unmapped(columns) {
      counts.unmappedColumns += columns;
    },
    isFull: () => rows.length >= chunkSize || faults.length >= chunkSize,
    async flush() {
      if (rows.length === 0 && faults.length === 0) return;
      const [good, bad] = [rows, faults];
      rows = [];
      faults = [];
      await deps.storage.stageRows(importId, good, bad);
      await lookUp();
    },
    async summary(hash) {
      const sources =
        sample.length > 0 ? await deps.storage.countSources(target.campaign, target.county, sample) : [];
      const applied = await deps.storage.listImports(target.campaign, target.county);
      const same = applied.find((i) => i.state === 'applied' && i.group === group && i.fileHash === hash);
      const doubts = findDoubts({
        ...{ group, rows: counts.good, bySchool, schools, inOtherGroups, known },
        repeats: same?.fileName ?? sources[0]?.fileName ?? null,
        isSameFile: same !== undefined,
      });
      return {
        ...counts,
        consecutive: Object.fromEntries(consecutive),
        warnings: [...warnings.list(), ...(await phonelessAgain(deps, target, phoneless))],
        doubts: [...doubts, ...runs.list()],
      };
    },
  };
}

/** Contacts without a phone cannot be recognised, so a corrected roll would add them again. */
async function phonelessAgain(
  deps: Deps,
  file: StagingTarget,
  schools: ReadonlySet<SchoolId | null>,
): Promise<readonly Issue[]> {
  if (schools.size === 0) return [];
  const frame = await countRoll(deps, file.campaign, file.county);
  const again = frame.filter(
    (c) => c.group === file.group && schools.has(c.school) && c.contacts > c.withPhone,
  );
  return again.length === 0
    ? []
    : [{ path: 'phone', message: 'roll.phoneless-again', params: { schools: again.length } }];
}
