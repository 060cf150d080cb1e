/**
 * The only place that hands out codes: as a file for the bureau's SMS platform, or as codes to print (operations/message sends
 * them by itself). The file is made in memory and never written to disk. The trail records its hash and count before its bytes
 * are handed out.
 */
import { createHash } from 'node:crypto';
import { AppError } from '../../domain/errors.ts';
import { isScoreVisible, type CampaignState } from '../../domain/campaign/life-cycle.ts';
import { assertMay, isBoundRole, type Actor } from '../../domain/campaign/permissions.ts';
import { assertExportable } from '../../domain/code/decide-export.ts';
import { pseudonymOf } from '../../domain/code/pseudonym.ts';
import { numberDigest } from '../../domain/messaging/recipient.ts';
import { findReportingStratum } from '../../domain/frame/reporting-strata.ts';
import { safeFileName } from '../../domain/file-name.ts';
import type { ReportingStratum } from '../../domain/frame/strata.ts';
import type { CampaignId, CountyCode, SchoolId } from '../../domain/model/ids.ts';
import {
  composeSms,
  defaultSmsTemplates,
  fillSms,
  formatClosing,
  type SmsText,
  type SmsValues,
  type TextedKind,
} from '../../domain/messaging/sms-text.ts';
import type { CountedSet, Group, Language } from '../../domain/model/vocabulary.ts';
import { mainLanguage, translator } from '../../texts/texts.ts';
import type { Campaign, CampaignCounty } from '../../domain/model/campaign.ts';
import type { CodeExport } from '../../domain/model/code.ts';
import type { MessageContact } from '../../domain/model/contact.ts';
import { csvChunks, xlsxChunks } from '../../tabular/write.ts';
import type { Row } from '../../tabular/cells.ts';
import { createYielder } from '../yield-to-event-loop.ts';
import { stamp, type Deps } from '../deps.ts';
import { publishCheckpoints } from '../evidence/evidence.ts';
import { campaignKey, getCampaignCounty } from '../campaign/lookup.ts';
import type { OnProgress } from './export-progress.ts';
import { sampleCode } from '../message/text.ts';
import { unsealCode, unsealPhone } from '../evidence/sealing.ts';

const pageSize = 1_000;
/** Share of the time that an export takes, in percent; the rest is writing the file. */
const unsealingShare = 75;

export interface MessageRequest {
  readonly campaign: CampaignId;
  readonly county: CountyCode;
  /**
   * `invitation`: contacts of the sample that can get messages. `replacement`, `late`: likewise. `reminder`: everyone invited so
   * far by message who has not answered at this moment. `slips`: codes to print or send by letter, for the planned slips and for
   * invited contacts that get no message.
   */
  readonly kind: CodeExport['kind'];
  readonly format: 'xlsx' | 'csv';
  readonly language?: Language | undefined;
  /** As registered with the SMS platform; default: the commissioner. */
  readonly signature?: string | undefined;
  /** With {address} and {code}, each once. */
  readonly template?: string | undefined;
}

export interface MessageFile {
  readonly fileName: string;
  readonly contentType: string;
  readonly body: readonly Uint8Array[];
  readonly export: Omit<CodeExport, 'by' | 'at'>;
  /** Of each message, including the signature: all have the same length. Null for slips. */
  readonly message: { readonly units: number; readonly segments: number } | null;
}

const contentTypes = {
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  csv: 'text/csv; charset=utf-8',
} as const;

/**
 * @param tell is called with the progress
 * @throws AppError conflict `codes.not-drawn`, `codes.not-open`, `codes.none`; invalid `codes.text` with the text's faults
 * (`sms.long` …)
 */
export async function exportMessages(
  deps: Deps,
  actor: Actor,
  request: MessageRequest,
  tell: OnProgress = () => undefined,
): Promise<MessageFile> {
  assertMay(actor, 'codes.export', request.county);
  const { campaign, county } = await getCampaignCounty(deps, actor, request.campaign, request.county);
  assertExportable(campaign.state, county.frameState, request.kind);
  const values = smsValues(deps, campaign, county, request);
  const sample = request.kind === 'slips' ? null : messageText(values, request);
  if (sample !== null && sample.issues.length > 0)
    throw new AppError('invalid', 'codes.text', { issues: sample.issues });
  const textFor = (code: string) => (sample === null ? '' : fillSms(sample.template, { ...values, code }));
  const rows = await buildRows(deps, campaign, request, textFor, (share, codes) =>
    tell({ percent: unsealingShare * share, codes }),
  );
  if (rows.length === 0) throw new AppError('conflict', 'codes.none');

  const t = translator(request.language ?? mainLanguage);
  const kind = t(`codes.kind.${request.kind}`);
  const header = columns.map((column) => t(`codes.column.${column}`));
  const yieldToEventLoop = createYielder();
  async function* cells(): AsyncGenerator<Row> {
    for (const [i, row] of rows.entries()) {
      yield row.cells(t);
      tell({
        percent: unsealingShare + ((100 - unsealingShare) * (i + 1)) / rows.length,
        codes: rows.length,
      });
      await yieldToEventLoop();
    }
  }
  const chunks =
    request.format === 'csv'
      ? csvChunks(header, cells())
      : xlsxChunks([{ name: kind, header, rows: cells() }]);
  const hash = createHash('sha256');
  const body: Uint8Array[] = [];
  for await (const chunk of chunks) {
    hash.update(chunk);
    body.push(chunk);
  }
  const made: Omit<CodeExport, 'by' | 'at'> = {
    id: deps.newId(),
    campaign: campaign.id,
    county: county.code,
    kind: request.kind,
    format: request.format,
    groups: [...new Set(rows.map((row) => row.group))].sort(),
    count: rows.length,
    fileHash: hash.digest('hex'),
  };
  await deps.storage.recordExport(stamp(deps, actor), made);
  await publishCheckpoints(deps, campaign.id, county.code);
  return {
    fileName: safeFileName(`${campaign.name}-${county.name}-${kind}`, request.format),
    contentType: contentTypes[request.format],
    body,
    export: made,
    message: sample && { units: sample.length, segments: sample.segments },
  };
}

/**
 * The text as it will be sent, with a sample code, its length and its faults. Without a custom text: the longest default text
 * that fits.
 */
export async function previewMessage(
  deps: Deps,
  actor: Actor,
  request: Pick<MessageRequest, 'campaign' | 'county' | 'signature' | 'template'> & {
    readonly kind: TextedKind;
  },
): Promise<SmsText & { readonly values: SmsValues }> {
  assertMay(actor, 'codes.export', request.county);
  const { campaign, county } = await getCampaignCounty(deps, actor, request.campaign, request.county);
  const values = smsValues(deps, campaign, county, request);
  return { ...messageText(values, request), values };
}

const columns = ['phone', 'text', 'code', 'link', 'school', 'group', 'row'] as const;

interface MessageRow {
  readonly group: Group;
  cells(t: (key: string) => string): Row;
}

async function buildRows(
  deps: Deps,
  campaign: Campaign,
  request: MessageRequest,
  textFor: (code: string) => string,
  tell: (share: number, codes: number) => void,
): Promise<readonly MessageRow[]> {
  const { county, kind } = request;
  const contactsKey = campaignKey(deps, campaign, 'contacts');
  const { reporting } = await deps.storage.readStrata(campaign.id, county);
  const schools = await deps.storage.listSchools(campaign.id, county);
  const names = new Map<SchoolId, string>(schools.map((s) => [s.id, s.name]));
  const pseudonymKey = kind === 'reminder' ? campaignKey(deps, campaign, 'pseudonym') : null;
  const hasBarred = (await deps.storage.countBarred()) > 0;
  const yieldToEventLoop = createYielder();
  const rows: MessageRow[] = [];
  const issued = reporting.reduce(
    (sum, { issued: { drawn, replacement, other } }) =>
      sum + (kind === 'replacement' ? replacement : kind === 'late' ? other : drawn),
    0,
  );
  let looked = 0;
  const count = (contacts: number) => (looked += contacts);
  for await (const page of contactPages(deps, campaign, request, count)) {
    tell(Math.min(1, looked / Math.max(1, issued)), rows.length);
    const possible = page.filter((c) => !isContactVoided(campaign, county, reporting, c));
    const barred = hasBarred && kind !== 'slips' ? await findBarredContacts(deps, contactsKey, possible) : [];
    const wanted = possible.filter((_, i) => barred[i] !== true);
    const codes = wanted.map((c) => unsealCode(contactsKey, c.entry, c.sealedCode));
    const answered = pseudonymKey
      ? await deps.storage.haveAnswered(
          campaign.id,
          county,
          codes.map((code) => pseudonymOf(pseudonymKey, code)),
        )
      : null;
    for (const [i, contact] of wanted.entries()) {
      if (answered?.[i] === true) continue;
      const code = codes[i] as string;
      const phone = phoneOf(contactsKey, contact);
      const text = contact.hasPhone ? textFor(code) : '';
      const no = contact.slipNo ?? rows.length + 1;
      const school = contact.school === null ? '' : (names.get(contact.school) ?? contact.school);
      const link = `${deps.publicUrl}/s/${code}`;
      rows.push({
        group: contact.group,
        cells: (t) => [phone, text, code, link, school, t(`codes.group.${contact.group}`), no],
      });
      await yieldToEventLoop();
    }
  }
  return rows;
}

/** By position: whether the number is on the do-not-contact list. */
async function findBarredContacts(
  deps: Deps,
  contactsKey: Uint8Array,
  contacts: readonly MessageContact[],
): Promise<readonly boolean[]> {
  const key = deps.keys.service('numbers');
  return deps.storage.findBarred(contacts.map((c) => numberDigest(key, phoneOf(contactsKey, c))));
}

/** A landline is given for the interviewer; it gets no message. */
function phoneOf(contactsKey: Uint8Array, contact: MessageContact): string {
  return contact.sealedPhone === null
    ? ''
    : unsealPhone(contactsKey, contact.entry, contact.sealedPhone).phone;
}

/** All values of a text, with a sample code. */
function smsValues(
  deps: Deps,
  campaign: Campaign,
  county: Pick<CampaignCounty, 'name'>,
  request: Pick<MessageRequest, 'signature'> = {},
): SmsValues {
  return {
    signature: request.signature ?? campaign.commissioner,
    county: county.name,
    closes: formatClosing(campaign.closesAt),
    address: deps.publicUrl.replace(/^https?:\/\//, ''),
    code: sampleCode,
  };
}

function messageText(
  values: SmsValues,
  { kind, template }: Pick<MessageRequest, 'kind' | 'template'>,
): SmsText {
  const templates = defaultSmsTemplates[kind === 'reminder' ? 'reminder' : 'invitation'];
  return composeSms({ ...values, templates: template === undefined ? templates : [template] });
}

export async function* contactPages(
  deps: Deps,
  campaign: Campaign,
  request: Pick<MessageRequest, 'county' | 'kind'>,
  count: (contacts: number) => void = () => undefined,
): AsyncGenerator<readonly MessageContact[], void, undefined> {
  const { county, kind } = request;
  const list = async function* (sets: readonly CountedSet[], slips: boolean, reached: boolean) {
    let after: Uint8Array | null = null;
    for (;;) {
      const page: readonly MessageContact[] = await deps.storage.listMessageContacts(
        campaign.id,
        county,
        { sets, slips },
        after,
        pageSize,
      );
      count(page.length);
      yield page.filter((c) => c.hasPhone === reached);
      const last = page.at(-1);
      if (last === undefined || page.length < pageSize) return;
      after = last.entry;
    }
  };
  switch (kind) {
    case 'invitation':
      return yield* list(['drawn'], false, true);
    case 'replacement':
      return yield* list(['replacement'], false, true);
    case 'late':
      return yield* list(['other'], false, true);
    case 'reminder':
      return yield* list(await invitedSets(deps, campaign, county), false, true);
    case 'slips':
      yield* list(['drawn'], true, false);
      return yield* list(await invitedSets(deps, campaign, county), false, false);
  }
}

/** Replacements and late contacts are invited once their codes have been exported; before that they get no reminder. */
async function invitedSets(
  deps: Deps,
  campaign: Campaign,
  county: CountyCode,
): Promise<readonly CountedSet[]> {
  const kinds = new Set((await deps.storage.listExports(campaign.id, county)).map((e) => e.kind));
  const sets: CountedSet[] = ['drawn'];
  if (kinds.has('replacement')) sets.push('replacement');
  if (kinds.has('late')) sets.push('other');
  return sets;
}

export function isContactVoided(
  campaign: Campaign,
  county: CountyCode,
  reporting: readonly ReportingStratum[],
  contact: Pick<MessageContact, 'group' | 'school'>,
): boolean {
  return campaign.voids.some((v) => {
    if (v.county !== null && v.county !== county) return false;
    if (v.group !== null && v.group !== contact.group) return false;
    if (v.reportingStratum === null) return true;
    return findReportingStratum(reporting, contact.group, contact.school)?.no === v.reportingStratum;
  });
}

export async function listExports(
  deps: Deps,
  actor: Actor,
  campaign: CampaignId,
  county: CountyCode,
): Promise<readonly ShownExport[]> {
  assertMay(actor, 'draw.view', county);
  const found = await getCampaignCounty(deps, actor, campaign, county);
  const exports = await deps.storage.listExports(campaign, county);
  const isHidden = hidesResponseCounts(actor, found.campaign.state);
  return exports.map((e) => ({ ...e, count: isHidden && e.kind === 'reminder' ? null : e.count }));
}

/** `count` null: it would tell how many have answered, finer than the rates do. */
export type ShownExport = Omit<CodeExport, 'count'> & { readonly count: number | null };

/** An account bound to a county learns how many have not answered only from the rates while the survey is open. */
export function hidesResponseCounts(actor: Actor, state: CampaignState): boolean {
  return actor.role !== 'system' && isBoundRole(actor.role) && !isScoreVisible(state);
}
