/**
 * Delivery reports of the bureau's message platform: stored by contact while the survey is open, counted by stratum at close,
 * then deleted.
 */
import { createHash } from 'node:crypto';
import { AppError, type Issue } from '../../domain/errors.ts';
import { assertTakesFates } from '../../domain/messaging/decide-fates.ts';
import { fateHeader, readFateRow, type Fate, type FateField } from '../../domain/messaging/fate.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import { phoneDigest, pseudonymOf } from '../../domain/code/pseudonym.ts';
import { scoreHeader, type MappingOverride } from '../../domain/frame/roll/header.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { StratumFates } from '../../domain/scoring/summary/summary-types.ts';
import type { CountedSet, Group } from '../../domain/model/vocabulary.ts';
import type { Campaign } from '../../domain/model/campaign.ts';
import type { ContactFate } from '../../domain/model/contact.ts';
import type { RowFault } from '../../domain/model/import.ts';
import { readTable } from '../../tabular/read.ts';
import { createYielder } from '../yield-to-event-loop.ts';
import { stamp, type Deps } from '../deps.ts';
import { campaignKey, getCampaignCounty } from '../campaign/lookup.ts';
import type { UploadedFile } from '../frame/schools.ts';
import { unsealCode } from '../evidence/sealing.ts';
import { numberDigest } from '../../domain/messaging/recipient.ts';
import { sendDay } from '../../domain/messaging/send-window.ts';
import { numbersKey } from './numbers.ts';
import { storedFileName } from '../../domain/file-name.ts';
import { hashBytes } from '../frame/hash-bytes.ts';
import { readSheets } from '../frame/sheets.ts';

const maxRows = 500_000;
const perLookup = 1_000;
const shownFaults = 1_000;

export interface FateFile extends UploadedFile {
  /** Chosen by a person for a file whose columns are not recognised. */
  readonly mapping?: MappingOverride<FateField> | undefined;
}

export interface FateImport {
  /** Contacts whose outcome is now known. */
  readonly saved: number;
  /** Numbers that no contact has. */
  readonly unknown: number;
  readonly faults: readonly RowFault[];
  /** Faults beyond those named. */
  readonly more: number;
  /** What was read although it is hidden, and what was skipped. */
  readonly warnings: readonly Issue[];
}

/**
 * A table with a phone number and a word in each row (成功, 失败, 空号, 退订, DELIVRD …). Valid rows count even if others are bad; a
 * later file overrides an earlier one.
 * @throws AppError conflict `fates.closed`, `codes.not-drawn`; invalid `tabular.…`
 */
export async function importFates(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
  file: FateFile,
): Promise<FateImport> {
  assertMay(actor, 'codes.export', code);
  const { campaign, county } = await getCampaignCounty(deps, actor, id, code);
  assertTakesFates(campaign.state);
  if (county.frameState !== 'drawn') throw new AppError('conflict', 'codes.not-drawn');
  const key = campaignKey(deps, campaign, 'contacts');
  const hash = createHash('sha256');
  const read = new Map<string, Fate>();
  const faults: RowFault[] = [];
  let more = 0;
  const yieldToEventLoop = createYielder();
  const items = readTable(hashBytes(file.source, hash), {
    fileName: file.fileName,
    maxRows,
    score: (rows) => scoreHeader(rows, fateHeader),
    ...(file.hiddenRows && { hiddenRows: file.hiddenRows }),
  });
  const sheets = { kind: fateHeader, mapping: file.mapping, headless: true };
  const warnings = await readSheets(items, sheets, (mapping) => {
    const header = mapping.columns.phone.length > 0 ? mapping : undefined;
    return (row) => {
      const found = readFateRow(row, header, read.size === 0);
      if (found.kind === 'fate') read.set(found.phone, found.fate);
      else if (found.kind === 'fault') {
        const { field, message, params = {} } = found.fault;
        if (faults.length < shownFaults)
          faults.push({ row: row.row, sheet: row.sheet, field, message, params });
        else more++;
      }
      return yieldToEventLoop();
    };
  });
  const groups = [...new Set(campaign.questionnaires.flatMap((q) => q.groups))];
  const fates = new Map<string, ContactFate>();
  let unknown = 0;
  const phones = [...read];
  for (let from = 0; from < phones.length; from += perLookup) {
    const page = phones.slice(from, from + perLookup);
    const matched = new Set<string>();
    for (const group of groups) {
      const entries = await findEntries(deps, campaign, code, key, group, page);
      entries.forEach((entry, i) => {
        const [phone, fate] = page[i]!;
        if (!entry) return;
        matched.add(phone);
        fates.set(Buffer.from(entry).toString('hex'), { entry, fate });
      });
    }
    unknown += page.length - matched.size;
    await yieldToEventLoop();
  }
  await deps.storage.saveFates(stamp(deps, actor), id, code, [...fates.values()], {
    name: storedFileName(file.fileName),
    hash: hash.digest('hex'),
  });
  // A number that opted out at the platform gets no messages from us either, in any survey.
  const left = phones.filter(([, fate]) => fate === 'opted-out').map(([phone]) => phone);
  if (left.length > 0) {
    const numbers = numbersKey(deps);
    const digests = left.map((phone) => numberDigest(numbers, phone));
    await deps.storage.setBarred(stamp(deps, actor), digests, true, 'opted-out', sendDay(deps.now()));
  }
  return { saved: fates.size, unknown, faults, more, warnings };
}

function findEntries(
  deps: Deps,
  campaign: Campaign,
  county: CountyCode,
  key: Uint8Array,
  group: Group,
  page: readonly (readonly [string, Fate])[],
): Promise<readonly (Uint8Array | null)[]> {
  const digests = page.map(([phone]) => phoneDigest(key, group, phone));
  return deps.storage.findContacts(campaign.id, county, digests);
}

/**
 * At close, while both keys exist: the outcomes of codes without an answer, by reporting stratum and set. The codes themselves
 * are not kept.
 */
export async function countFates(
  deps: Deps,
  campaign: Campaign,
  county: CountyCode,
): Promise<readonly StratumFates[]> {
  const known = await deps.storage.listFates(campaign.id, county);
  if (known.length === 0) return [];
  const fates = new Map(known.map(({ entry, fate }) => [Buffer.from(entry).toString('hex'), fate]));
  const [contactsKey, pseudonymKey] = [
    campaignKey(deps, campaign, 'contacts'),
    campaignKey(deps, campaign, 'pseudonym'),
  ];
  const counts = new Map<string, { -readonly [K in keyof StratumFates]: StratumFates[K] }>();
  const yieldToEventLoop = createYielder();
  const sets: readonly CountedSet[] = ['drawn', 'replacement', 'other'];
  let after: Uint8Array | null = null;
  for (;;) {
    const page = await deps.storage.listMessageContacts(
      campaign.id,
      county,
      { sets, slips: false },
      after,
      perLookup,
    );
    const touched = page.filter((c) => fates.has(Buffer.from(c.entry).toString('hex')));
    const answered = await deps.storage.haveAnswered(
      campaign.id,
      county,
      touched.map((c) => pseudonymOf(pseudonymKey, unsealCode(contactsKey, c.entry, c.sealedCode))),
    );
    touched.forEach((contact, i) => {
      const fate = fates.get(Buffer.from(contact.entry).toString('hex'));
      if (answered[i] === true || fate === undefined || fate === 'delivered') return;
      const name = `${contact.reportingStratum} ${contact.set}`;
      const own = counts.get(name) ?? {
        reportingStratum: contact.reportingStratum,
        set: contact.set,
        optedOut: 0,
        wrongNumber: 0,
        undeliverable: 0,
      };
      if (fate === 'opted-out') own.optedOut++;
      else if (fate === 'wrong-number') own.wrongNumber++;
      else own.undeliverable++;
      counts.set(name, own);
    });
    const last = page.at(-1);
    if (last === undefined || page.length < perLookup) break;
    after = last.entry;
    await yieldToEventLoop();
  }
  return [...counts.values()].sort(
    (a, b) => a.reportingStratum - b.reportingStratum || sets.indexOf(a.set) - sets.indexOf(b.set),
  );
}
