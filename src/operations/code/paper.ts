/**
 * Codes on paper: sealed letters, numbered slips, and how many of the slips were answered. A letter names a school and a group
 * and no person, because the roll has no names. As with every export of codes, the trail records a sheet with its hash before
 * anyone sees it.
 */
import { createHash } from 'node:crypto';
import { AppError } from '../../domain/errors.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import type { CampaignId, CountyCode, SchoolId } from '../../domain/model/ids.ts';
import { decodeTally } from '../../domain/scoring/tally/tally-bytes.ts';
import type { Group } from '../../domain/model/vocabulary.ts';
import type { Campaign, CampaignCounty } from '../../domain/model/campaign.ts';
import type { CodeExport, SlipCount } from '../../domain/model/code.ts';
import type { MessageContact } from '../../domain/model/contact.ts';
import { createYielder } from '../yield-to-event-loop.ts';
import { assertExportable } from '../../domain/code/decide-export.ts';
import { contactPages, isContactVoided } from './codes.ts';
import { stamp, type Deps } from '../deps.ts';
import { publishCheckpoints } from '../evidence/evidence.ts';
import { campaignKey, getCampaignCounty, getQuestionnaire } from '../campaign/lookup.ts';
import { unsealCode } from '../evidence/sealing.ts';

/**
 * `letters`: invited contacts that get no message. `all-letters`: every contact of the sample. `slips`: planned codes without a
 * contact.
 */
export const paperKinds = ['letters', 'all-letters', 'slips'] as const;
export type PaperKind = (typeof paperKinds)[number];

export interface PaperCode {
  readonly code: string;
  /** Opens the questionnaire of this code. */
  readonly link: string;
  readonly group: Group;
  /** null: the contact has none. */
  readonly school: string | null;
  /** A slip's own number; a letter's position in this sheet. */
  readonly number: number;
}
export interface PaperSheet {
  readonly kind: PaperKind;
  readonly campaign: Campaign;
  readonly county: CampaignCounty;
  readonly address: string;
  readonly codes: readonly PaperCode[];
}

/**
 * `print` makes the page, whose hash is recorded.
 * @throws AppError conflict `codes.not-drawn`, `codes.not-open`, `codes.none`
 */
export async function printCodes(
  deps: Deps,
  actor: Actor,
  request: { readonly campaign: CampaignId; readonly county: CountyCode; readonly kind: PaperKind },
  print: (sheet: PaperSheet) => string,
): Promise<string> {
  assertMay(actor, 'codes.export', request.county);
  const { campaign, county } = await getCampaignCounty(deps, actor, request.campaign, request.county);
  const exported: CodeExport['kind'] = request.kind === 'slips' ? 'slips' : 'invitation';
  assertExportable(campaign.state, county.frameState, exported);
  const codes = await collect(deps, campaign, county, request.kind);
  if (codes.length === 0) throw new AppError('conflict', 'codes.none');
  const page = print({ kind: request.kind, campaign, county, address: shownAddress(deps), codes });
  await deps.storage.recordExport(stamp(deps, actor), {
    id: deps.newId(),
    campaign: campaign.id,
    county: county.code,
    kind: exported,
    format: 'html',
    groups: [...new Set(codes.map((c) => c.group))].sort(),
    count: codes.length,
    fileHash: createHash('sha256').update(page).digest('hex'),
  });
  await publishCheckpoints(deps, campaign.id, county.code);
  return page;
}

/** As people type it. */
export function shownAddress(deps: Pick<Deps, 'publicUrl'>): string {
  return deps.publicUrl.replace(/^https?:\/\//, '');
}

async function collect(
  deps: Deps,
  campaign: Campaign,
  county: CampaignCounty,
  kind: PaperKind,
): Promise<readonly PaperCode[]> {
  const contactsKey = campaignKey(deps, campaign, 'contacts');
  const { reporting } = await deps.storage.readStrata(campaign.id, county.code);
  const schools = await deps.storage.listSchools(campaign.id, county.code);
  const names = new Map<SchoolId, string>(schools.map((s) => [s.id, s.name]));
  const place = { campaign: campaign.id, county: county.code };
  const wanted = (c: MessageContact) => (kind === 'slips' ? c.slipNo !== null : c.slipNo === null);
  const yieldToEventLoop = createYielder();
  const codes: PaperCode[] = [];
  for (const exported of kind === 'all-letters' ? (['invitation', 'slips'] as const) : (['slips'] as const)) {
    for await (const page of contactPages(deps, campaign, { ...place, kind: exported })) {
      for (const contact of page) {
        if (!wanted(contact) || isContactVoided(campaign, county.code, reporting, contact)) continue;
        const code = unsealCode(contactsKey, contact.entry, contact.sealedCode);
        codes.push({
          code,
          link: `${deps.publicUrl}/s/${code}`,
          group: contact.group,
          school: contact.school === null ? null : (names.get(contact.school) ?? contact.school),
          number: contact.slipNo ?? 0,
        });
        await yieldToEventLoop();
      }
    }
  }
  if (kind === 'slips') return codes.sort((a, b) => a.number - b.number);
  // By school, so that a school's letters are together; within it by code, which reveals nothing.
  const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  codes.sort(
    (a, b) => order(a.school ?? '', b.school ?? '') || order(a.group, b.group) || order(a.code, b.code),
  );
  return codes.map((c, i) => ({ ...c, number: i + 1 }));
}

const openStep = 5;
const largest = (exports: readonly CodeExport[]) => Math.max(0, ...exports.map((e) => e.count));

export async function countSlips(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
): Promise<SlipCount> {
  assertMay(actor, 'codes.export', code);
  const { campaign } = await getCampaignCounty(deps, actor, id, code);
  const { sampling } = await deps.storage.readStrata(id, code);
  const slips = new Map(sampling.filter((s) => s.kind === 'slips').map((s) => [s.no, s.drawn]));
  const exports = (await deps.storage.listExports(id, code)).filter((e) => e.kind === 'slips');
  const questionnaires = new Map(
    await Promise.all(
      campaign.questionnaires.map(async (q) => [q.no, await getQuestionnaire(deps, q.hash)] as const),
    ),
  );
  let used = 0;
  // While the survey is open, this counts its answers: skipped for the many campaigns without slips.
  for (const cell of slips.size === 0 ? [] : await deps.storage.readTallies(id, code)) {
    const q = questionnaires.get(cell.questionnaire);
    if (q && slips.has(cell.samplingStratum)) used += decodeTally(q, cell.bytes).n;
  }
  return {
    planned: [...slips.values()].reduce((sum, n) => sum + n, 0),
    printed: largest(exports.filter((e) => e.format === 'html')),
    inFile: largest(exports.filter((e) => e.format !== 'html')),
    used: campaign.state === 'open' ? used - (used % openStep) : used,
  };
}
