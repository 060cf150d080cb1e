/**
 * A county's roll: read from a clerk's file in constant memory, reviewed, then applied to the frame or discarded. Data other than
 * group, school, grade and phone never leave the row parser; the phone is sealed before it is stored.
 */
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { AppError, type Issue } from '../../domain/errors.ts';
import { assertMay, may, type Action, type Actor } from '../../domain/campaign/permissions.ts';
import { createFrameRowParser } from '../../domain/frame/roll/frame-row.ts';
import {
  frameHeader,
  scoreHeader,
  type FrameField,
  type MappingOverride,
} from '../../domain/frame/roll/header.ts';
import { reasonOf } from '../../domain/frame/decide-withdrawal.ts';
import { createSchoolIndex, type SchoolIndex } from '../../domain/frame/roll/school-index.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { Group, Language } from '../../domain/model/vocabulary.ts';
import { translator } from '../../texts/texts.ts';
import type { Campaign, CampaignCounty } from '../../domain/model/campaign.ts';
import type { RollImport } from '../../domain/model/import.ts';
import { readTable } from '../../tabular/read.ts';
import { csvChunks } from '../../tabular/write.ts';
import { createYielder } from '../yield-to-event-loop.ts';
import { stamp, type Deps } from '../deps.ts';
import { publishCheckpoints } from '../evidence/evidence.ts';
import { claimJob, viewJob, startJob, type Job, type JobView } from '../jobs.ts';
import { getCampaignCounty, questionnaireOf } from '../campaign/lookup.ts';
import type { UploadedFile } from './schools.ts';
import { closeAppliedFile } from './left-out.ts';
import { readSheets } from './sheets.ts';
import { beginStaging, type Staging } from './staging.ts';
import { controlMessage, isVisible } from '../../domain/line.ts';
import { hashBytes } from './hash-bytes.ts';

const applySize = 250;
const faultPage = 1_000;
const minimumReason = 5;

export interface RollFile extends UploadedFile {
  readonly campaign: CampaignId;
  readonly county: CountyCode;
  readonly group: Group;
  /** Why contacts are added after the freeze. They stay outside every denominator. */
  readonly lateReason?: string | undefined;
  /** Chosen by a person for a file whose header is not recognised. */
  readonly mapping?: MappingOverride<FrameField> | undefined;
  /** Which grade 初一 is. */
  readonly system?: '6-3' | '5-4' | undefined;
}

export interface RollReading {
  readonly id: string;
  /** Once every byte of the file has arrived; reading may continue for minutes. */
  readonly received: Promise<void>;
  readonly done: Promise<RollImport>;
}

/** Reads the file, to the end. See startReading. */
export async function readRoll(deps: Deps, actor: Actor, file: RollFile): Promise<RollImport> {
  return (await startReading(deps, actor, file)).done;
}

/**
 * Starts reading the file into the staging area. Nothing of it is in the frame until applyRoll. Faults of the file itself reject
 * `done`.
 * @throws AppError conflict `frame.frozen`, `frame.between`, `roll.late-too-early`, `roll.no-schools`; invalid
 * `roll.group-not-asked`, `roll.reason`, `roll.header.…`, `tabular.…`; too-large. After such an error nothing of the file is
 * kept.
 */
export async function startReading(deps: Deps, actor: Actor, file: RollFile): Promise<RollReading> {
  // A form also sends empty fields.
  const lateReason = file.lateReason?.trim() || null;
  assertMay(actor, lateReason === null ? 'roll.prepare' : 'frame.late', file.county);
  const { campaign, county } = await getCampaignCounty(deps, actor, file.campaign, file.county);
  assertReadable(campaign, county, file, lateReason);
  const schools = await deps.storage.listSchools(file.campaign, file.county);
  if (schools.length === 0 && (file.group === 'parent' || file.group === 'teacher'))
    throw new AppError('conflict', 'roll.no-schools');
  let markReceived: () => void = () => undefined;
  const received = new Promise<void>((resolve) => (markReceived = resolve));
  const { campaign: campaignId, county: code, group, fileName } = file;
  const target = { campaign: campaignId, county: code, group, fileName, lateReason, file: null };
  const staging = await beginStaging(deps, actor, target, schools, async (rows, job) => {
    const hash = createHash('sha256');
    const read = { ...file, source: hashBytes(file.source, hash, markReceived) };
    const notices = await readInto(rows, read, createSchoolIndex(schools), job);
    return { hash: hash.digest('hex'), notices };
  });
  return { ...staging, received };
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
): Promise<readonly Issue[]> {
  const yieldToEventLoop = createYielder();
  const kind = frameHeader(file.group);
  const items = readTable(file.source, {
    fileName: file.fileName,
    score: (rows) => scoreHeader(rows, kind),
    ...(file.hiddenRows && { hiddenRows: file.hiddenRows }),
  });
  return readSheets(items, { kind, mapping: file.mapping }, (mapping) => {
    staging.unmapped(mapping.unmapped);
    const parser = createFrameRowParser({
      group: file.group,
      schools,
      mapping,
      ...(file.system ? { system: file.system } : {}),
    });
    return async (row) => {
      job.done += 1;
      staging.take(parser.parse(row));
      if (staging.isFull()) await staging.flush();
      await yieldToEventLoop();
    };
  });
}

async function getStored(deps: Deps, id: string): Promise<RollImport> {
  const found = await deps.storage.findImport(id);
  if (!found) throw new AppError('not-found', 'import.not-found');
  return found;
}

/** An import of another county is treated as not found. */
async function getOwn(deps: Deps, actor: Actor, action: Action, id: string): Promise<RollImport> {
  assertMay(actor, action);
  const found = await getStored(deps, id);
  if (!may(actor, action, found.county)) throw new AppError('not-found', 'import.not-found');
  return found;
}

/**
 * Applies the valid rows to the frame; resumes an interrupted import. The same file again adds nothing.
 * @throws AppError conflict `roll.bad-rows` if there are bad rows and `keepGood` is false, `roll.reading`, `roll.discarded`,
 * `frame.frozen`
 */
export async function applyRoll(
  deps: Deps,
  actor: Actor,
  id: string,
  options: { readonly keepGood: boolean; readonly reason?: string | undefined },
): Promise<RollImport> {
  const staged = await getOwn(deps, actor, 'roll.prepare', id);
  if (staged.lateReason !== null) assertMay(actor, 'frame.late', staged.county);
  if (staged.state === 'discarded') throw new AppError('conflict', 'roll.discarded');
  if (staged.state === 'reading' || staged.summary === null) throw new AppError('conflict', 'roll.reading');
  if (staged.state === 'staged' && staged.summary.bad > 0 && !options.keepGood)
    throw new AppError('conflict', 'roll.bad-rows', { params: { bad: staged.summary.bad } });
  const reason =
    options.reason === undefined || options.reason.trim() === '' ? null : reasonOf(options.reason);
  const applying = async (job: Job) => {
    for (;;) {
      const { done, added, duplicates, joined } = await deps.storage.applyImport(
        stamp(deps, actor),
        id,
        applySize,
        reason,
      );
      job.done = added + duplicates + joined;
      if (done) break;
      await setImmediate();
    }
    if (staged.lateReason !== null) await publishCheckpoints(deps, staged.campaign, staged.county);
    if (staged.file !== null) await closeAppliedFile(deps, actor, staged.file, id);
    return getStored(deps, id);
  };
  // Two concurrent calls do no harm: each part is applied once.
  return startJob(deps, id, applying, await claimJob(deps, id));
}

/**
 * Withdraws an applied roll, until the freeze; what other rolls say stays.
 * @throws AppError conflict `frame.frozen`, `import.state`, `import.busy`, `import.withdraw-late`, `import.withdraw-old`,
 * `import.repeated-later`; invalid `roll.reason`
 */
export async function withdrawRoll(
  deps: Deps,
  actor: Actor,
  id: string,
  reason: string,
): Promise<RollImport> {
  const { county } = await getOwn(deps, actor, 'roll.prepare', id);
  assertMay(actor, 'roll.prepare', county);
  const withdrawing = async () => {
    await deps.storage.withdrawImport(stamp(deps, actor), id, reason);
    return getStored(deps, id);
  };
  return startJob(deps, id, withdrawing, await claimJob(deps, id));
}

export async function discardRoll(deps: Deps, actor: Actor, id: string): Promise<void> {
  const staged = await getOwn(deps, actor, 'roll.prepare', id);
  if (staged.lateReason !== null) assertMay(actor, 'frame.late', staged.county);
  await deps.storage.discardImport(stamp(deps, actor), id);
}

/**
 * Discards imports that a stopped process was reading.
 * @param failed imports to skip; failing ones are added
 */
export async function discardReadings(deps: Deps, actor: Actor, failed = new Set<string>()): Promise<void> {
  assertMay(actor, 'draw.resume');
  // Discarding may have been interrupted before all its rows were deleted.
  for (const state of ['reading', 'discarded'] as const)
    for (const { id, campaign, county } of await deps.storage.listImportsIn(state)) {
      const own = failed.has(id) ? null : await claimJob(deps, id);
      if (own === null) continue;
      try {
        await deps.storage.discardImport(stamp(deps, actor), id);
      } catch (err) {
        failed.add(id);
        // The rest waits for the next start, and the service starts anyway.
        deps.log.error({ err, campaign, county, import: id }, 'import.discard-failed');
      } finally {
        await own.release();
      }
    }
}

/**
 * Resumes imports that a stopped process was applying.
 * @param failed as above
 */
export async function resumeImports(deps: Deps, actor: Actor, failed = new Set<string>()): Promise<void> {
  assertMay(actor, 'draw.resume');
  const goOn = {
    applying: (id: string) => applyRoll(deps, actor, id, { keepGood: true }),
    withdrawing: (id: string) => deps.storage.withdrawImport(stamp(deps, actor), id, null),
  };
  for (const state of ['applying', 'withdrawing'] as const)
    for (const { id, campaign, county } of await deps.storage.listImportsIn(state)) {
      const own = failed.has(id) ? null : await claimJob(deps, id);
      if (own === null) continue;
      try {
        await goOn[state](id);
      } catch (err) {
        failed.add(id);
        deps.log.error({ err, campaign, county, import: id }, 'import.resume-failed');
      } finally {
        await own.release();
      }
    }
}

/** The reading or applying of an import, with its progress if this process knows it. */
export async function findImportJob(deps: Deps, actor: Actor, id: string): Promise<JobView | undefined> {
  await getOwn(deps, actor, 'roll.view', id);
  return viewJob(deps, id);
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

/** Every bad row as a CSV file: position, field, remedy. Contains no phone and nothing of unmapped columns. */
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
