/**
 * A county's roll: read from a clerk's file in flat memory, looked at, then applied to the frame or thrown away. What is not group, school, grade or
 * phone never leaves the row parser; the phone is sealed before it is stored.
 */
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { AppError, type Issue } from '../../domain/errors.ts';
import { assertMay, may, type Action, type Actor } from '../../domain/campaign/permissions.ts';
import { householdDigest, phoneDigest } from '../../domain/code/pseudonym.ts';
import { createFrameRowParser, type FrameEntry } from '../../domain/frame/roll/frame-row.ts';
import {
  frameHeader,
  scoreHeader,
  type FrameField,
  type MappingOverride,
} from '../../domain/frame/roll/header.ts';
import { createSchoolIndex, type SchoolIndex } from '../../domain/frame/roll/school-index.ts';
import { type RowFault as FieldFault } from '../../domain/frame/roll/table.ts';
import { hmacSha256 } from '../../domain/hash.ts';
import type { CampaignId, CountyCode, SchoolId } from '../../domain/model/ids.ts';
import type { Group, Language } from '../../domain/model/vocabulary.ts';
import { translator } from '../../texts/texts.ts';
import type { Campaign, CampaignCounty } from '../../domain/model/campaign.ts';
import type { ImportSummary, RollImport, RowFault, StagedRow } from '../../domain/model/import.ts';
import { readTable } from '../../tabular/read.ts';
import { csvChunks } from '../../tabular/write.ts';
import { createBreather } from '../breathe.ts';
import { stamp, type Deps } from '../deps.ts';
import { publishCheckpoints } from '../evidence/evidence.ts';
import { findJob, startJob, type Job, type JobView } from '../jobs.ts';
import { campaignKey, getCampaignCounty, questionnaireOf } from '../campaign/lookup.ts';
import type { UploadedFile } from './schools.ts';
import { sealPhone } from '../evidence/sealing.ts';
import { readSheets } from './sheets.ts';
import { controlMessage, isVisible } from '../../domain/line.ts';
import { storedFileName } from '../../domain/file-name.ts';
import { createWarnings } from './warnings.ts';

const chunkSize = 500;
const applySize = 250;
const faultPage = 1_000;
const minimumReason = 5;

export interface RollFile extends UploadedFile {
  readonly campaign: CampaignId;
  readonly county: CountyCode;
  readonly group: Group;
  /** Why contacts are added after the freeze. They stay outside every denominator. */
  readonly lateReason?: string | undefined;
  /** Chosen by a person for a file whose header is not understood. */
  readonly mapping?: MappingOverride<FrameField> | undefined;
  /** Which grade 初一 is. */
  readonly system?: '6-3' | '5-4' | undefined;
}

export interface RollReading {
  readonly id: string;
  /** Once every byte of the file has come; the reading may go on for minutes. */
  readonly received: Promise<void>;
  readonly done: Promise<RollImport>;
}

/** Reads the file, to the end. See startReading. */
export async function readRoll(deps: Deps, actor: Actor, file: RollFile): Promise<RollImport> {
  return (await startReading(deps, actor, file)).done;
}

/**
 * Begins to read the file into the staging area. Nothing of it is in the frame until applyRoll. Refusals of the file itself come from `done`.
 * @throws AppError conflict `frame.frozen`, `frame.between`, `roll.late-too-early`, `roll.no-schools`; invalid `roll.group-not-asked`, `roll.reason`,
 * `roll.header.…`, `tabular.…`; too-large. After such a refusal nothing of the file is kept.
 */
export async function startReading(deps: Deps, actor: Actor, file: RollFile): Promise<RollReading> {
  // A form sends an empty field along.
  const lateReason = file.lateReason?.trim() || null;
  assertMay(actor, lateReason === null ? 'roll.prepare' : 'frame.late', file.county);
  const { campaign, county } = await getCampaignCounty(deps, actor, file.campaign, file.county);
  assertReadable(campaign, county, file, lateReason);
  const schools = await deps.storage.listSchools(file.campaign, file.county);
  if (schools.length === 0 && (file.group === 'parent' || file.group === 'teacher'))
    throw new AppError('conflict', 'roll.no-schools');
  const contactsKey = campaignKey(deps, campaign, 'contacts');
  const id = deps.newId();
  await deps.storage.createImport(stamp(deps, actor), {
    id,
    campaign: file.campaign,
    county: file.county,
    group: file.group,
    fileName: storedFileName(file.fileName),
    lateReason,
  });
  let markReceived: () => void = () => undefined;
  const received = new Promise<void>((resolve) => (markReceived = resolve));
  const done = startJob(deps, id, (job) =>
    finishReading(deps, actor, id, async () => {
      const staging = createStaging(deps, contactsKey, id, file.group);
      const hash = createHash('sha256');
      const summary = await readInto(
        staging,
        { ...file, source: hashed(file.source, hash, markReceived) },
        createSchoolIndex(schools),
        job,
      );
      const warnings = [
        ...summary.warnings,
        ...(await phonelessAgain(deps, file, staging.phonelessSchools())),
      ];
      return { hash: hash.digest('hex'), summary: { ...summary, warnings } };
    }),
  );
  // Whoever waits hears of a refusal; the page of the import shows it otherwise.
  done.catch(() => undefined);
  return { id, received, done };
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
  return getStored(deps, id);
}

async function* hashed(
  source: AsyncIterable<Uint8Array>,
  hash: { update(bytes: Uint8Array): unknown },
  atEnd: () => void,
): AsyncGenerator<Uint8Array> {
  for await (const bytes of source) {
    hash.update(bytes);
    yield bytes;
  }
  atEnd();
}

function assertReadable(
  campaign: Campaign,
  county: CampaignCounty,
  file: RollFile,
  lateReason: string | null,
): void {
  if (!questionnaireOf(campaign, file.group))
    throw new AppError('invalid', 'roll.group-not-asked', { params: { group: file.group } });
  if (lateReason === null) {
    if (campaign.state !== 'draft' || county.frameState !== 'preparing')
      throw new AppError('conflict', 'frame.frozen');
    return;
  }
  if (lateReason.length < minimumReason) throw new AppError('invalid', 'roll.reason');
  if (!isVisible(lateReason)) throw new AppError('invalid', controlMessage);
  if (county.frameState === 'preparing') throw new AppError('conflict', 'roll.late-too-early');
  if (campaign.state !== 'draft' && campaign.state !== 'open')
    throw new AppError('conflict', 'roll.late-too-late');
}

async function readInto(
  staging: Staging,
  file: RollFile,
  schools: SchoolIndex,
  job: Job,
): Promise<ImportSummary> {
  const breathe = createBreather();
  const kind = frameHeader(file.group);
  const items = readTable(file.source, {
    fileName: file.fileName,
    score: (rows) => scoreHeader(rows, kind),
    ...(file.hiddenRows && { hiddenRows: file.hiddenRows }),
  });
  const notices = await readSheets(items, { kind, mapping: file.mapping }, (mapping) => {
    staging.unmapped(mapping.unmapped);
    const parser = createFrameRowParser({
      group: file.group,
      schools,
      mapping,
      ...(file.system ? { system: file.system } : {}),
    });
    return async (row) => {
      job.done += 1;
      const read = parser.parse(row);
      if (read.kind === 'entry') staging.add(read, read.entry, read.warnings);
      else if (read.kind === 'fault') staging.refuse(read, read.faults);
      else staging.skip();
      if (staging.isFull()) await staging.flush();
      await breathe();
    };
  });
  await staging.flush();
  const summary = staging.summary();
  return { ...summary, warnings: [...notices, ...summary.warnings] };
}

interface Place {
  readonly row: number;
  readonly sheet: string;
}
interface Staging {
  add(place: Place, entry: FrameEntry, warnings: readonly FieldFault[]): void;
  refuse(place: Place, faults: readonly FieldFault[]): void;
  skip(): void;
  unmapped(columns: number): void;
  isFull(): boolean;
  flush(): Promise<void>;
  summary(): ImportSummary;
  phonelessSchools(): ReadonlySet<SchoolId | null>;
}

function createStaging(deps: Deps, contactsKey: Uint8Array, importId: string, group: Group): Staging {
  let rows: StagedRow[] = [];
  let faults: RowFault[] = [];
  const counts = { good: 0, bad: 0, skipped: 0, unmappedColumns: 0 };
  const warnings = createWarnings();
  const consecutive = new Map<string, number>();
  const phoneless = new Set<SchoolId | null>();
  let before: { readonly school: SchoolId | null; readonly phone: number } | undefined;

  /**
   * Equal phones of a group are one contact. Contacts without a phone cannot be told apart by anything that may be kept (no name, no class), so each row is one, under a
   * digest of import and position: a digest of its cells would make one contact of all the phoneless of a school's grade, in this file or another
   * class's. The same file again is known by its hash, and an edited one is warned of.
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

  return {
    add(place, { school, grade, phones, landlines, household }, notes) {
      counts.good += 1;
      const [mobile] = phones;
      // A landline is kept for an interviewer; hasPhone means that messages reach it.
      const phone = mobile ?? landlines[0] ?? '';
      countConsecutive(school, mobile);
      if (phone === '') phoneless.add(school);
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
    },
    refuse({ row, sheet }, found) {
      counts.bad += 1;
      before = undefined;
      for (const { field, message, params } of found)
        faults.push({ row, sheet, field, message, params: params ?? {} });
    },
    skip() {
      counts.skipped += 1;
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
    },
    summary: () => ({
      ...counts,
      consecutive: Object.fromEntries(consecutive),
      warnings: warnings.list(),
    }),
    phonelessSchools: () => phoneless,
  };
}

/** Contacts without a phone cannot be recognised, so a corrected roll would enter them again. */
async function phonelessAgain(
  deps: Deps,
  file: RollFile,
  schools: ReadonlySet<SchoolId | null>,
): Promise<readonly Issue[]> {
  if (schools.size === 0) return [];
  const frame = await deps.storage.countFrame(file.campaign, file.county);
  const again = frame.filter(
    (c) => c.group === file.group && schools.has(c.school) && c.contacts > c.withPhone,
  );
  return again.length === 0
    ? []
    : [{ path: 'phone', message: 'roll.phoneless-again', params: { schools: again.length } }];
}

async function getStored(deps: Deps, id: string): Promise<RollImport> {
  const found = await deps.storage.findImport(id);
  if (!found) throw new AppError('not-found', 'import.not-found');
  return found;
}

/** Another county's import is answered like none at all. */
async function getOwn(deps: Deps, actor: Actor, action: Action, id: string): Promise<RollImport> {
  assertMay(actor, action);
  const found = await getStored(deps, id);
  if (!may(actor, action, found.county)) throw new AppError('not-found', 'import.not-found');
  return found;
}

/**
 * Puts the good rows into the frame; resumes what a stopped process left half done. The same file again adds nothing.
 * @throws AppError conflict `roll.bad-rows` if there are bad rows and `keepGood` is false, `roll.reading`, `roll.discarded`, `frame.frozen`
 */
export async function applyRoll(
  deps: Deps,
  actor: Actor,
  id: string,
  options: { readonly keepGood: boolean },
): Promise<RollImport> {
  const staged = await getOwn(deps, actor, 'roll.prepare', id);
  if (staged.lateReason !== null) assertMay(actor, 'frame.late', staged.county);
  if (staged.state === 'discarded') throw new AppError('conflict', 'roll.discarded');
  if (staged.state === 'reading' || staged.summary === null) throw new AppError('conflict', 'roll.reading');
  if (staged.state === 'staged' && staged.summary.bad > 0 && !options.keepGood)
    throw new AppError('conflict', 'roll.bad-rows', { params: { bad: staged.summary.bad } });
  return startJob(deps, id, async (job) => {
    for (;;) {
      const { done, added, duplicates, joined } = await deps.storage.applyImport(
        stamp(deps, actor),
        id,
        applySize,
      );
      job.done = added + duplicates + joined;
      if (done) break;
      await setImmediate();
    }
    if (staged.lateReason !== null) await publishCheckpoints(deps, staged.campaign, staged.county);
    return getStored(deps, id);
  });
}

export async function discardRoll(deps: Deps, actor: Actor, id: string): Promise<void> {
  const staged = await getOwn(deps, actor, 'roll.prepare', id);
  if (staged.lateReason !== null) assertMay(actor, 'frame.late', staged.county);
  await deps.storage.discardImport(stamp(deps, actor), id);
}

/** For the start of the service, before it serves: forgets what a stopped process was still reading. */
export async function discardReadings(deps: Deps, actor: Actor): Promise<void> {
  assertMay(actor, 'draw.resume');
  // A discarding may have been stopped before all its rows were gone.
  for (const state of ['reading', 'discarded'] as const)
    for (const { id, campaign, county } of await deps.storage.listImportsIn(state)) {
      try {
        await deps.storage.discardImport(stamp(deps, actor), id);
      } catch (err) {
        // What is left of it waits for the next start, and the service starts all the same.
        deps.log.error({ err, campaign, county, import: id }, 'import.discard-failed');
      }
    }
}

/** For the start of the service: goes on with what was being applied. */
export async function resumeImports(deps: Deps, actor: Actor): Promise<void> {
  assertMay(actor, 'draw.resume');
  for (const { id, campaign, county } of await deps.storage.listImportsIn('applying')) {
    try {
      await applyRoll(deps, actor, id, { keepGood: true });
    } catch (err) {
      deps.log.error({ err, campaign, county, import: id }, 'import.resume-failed');
    }
  }
}

/** How far the reading or applying of an import is, if this process knows. */
export async function findImportJob(deps: Deps, actor: Actor, id: string): Promise<JobView | undefined> {
  await getOwn(deps, actor, 'roll.view', id);
  return findJob(deps, id);
}

export async function getImport(deps: Deps, actor: Actor, id: string): Promise<RollImport> {
  return getOwn(deps, actor, 'roll.view', id);
}

export async function listImports(
  deps: Deps,
  actor: Actor,
  campaign: CampaignId,
  county: CountyCode,
): Promise<readonly RollImport[]> {
  assertMay(actor, 'roll.view', county);
  await getCampaignCounty(deps, actor, campaign, county);
  return deps.storage.listImports(campaign, county);
}

/** Every bad row as a CSV file: where it stands, which field, what to do. Holds no phone and nothing of unmapped columns. */
export async function* faultFile(
  deps: Deps,
  actor: Actor,
  id: string,
  language: Language,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { fileName } = await getOwn(deps, actor, 'roll.view', id);
  const t = translator(language);
  async function* lines() {
    let after = 0;
    for (;;) {
      const page = await deps.storage.listFaults(id, after, faultPage);
      for (const f of page)
        yield [
          fileName,
          f.sheet,
          f.row,
          f.params['column'] ?? '',
          f.field === '' ? '' : t(`roll.field.${f.field}`),
          t(f.message, f.params),
        ];
      const last = page.at(-1);
      if (last === undefined || page.length < faultPage) return;
      after = last.no;
    }
  }
  const header = ['file', 'sheet', 'row', 'column', 'field', 'remedy'].map((column) =>
    t(`roll.fault-file.${column}`),
  );
  yield* csvChunks(header, lines());
}
