/** Shows a number of the roll to a caller: first it is recorded that it is shown, to whom and when, then it is decrypted. */
import { AppError } from '../../domain/errors.ts';
import { fromHex } from '../../domain/hash.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import { calleeAt } from '../../domain/inspection/callees.ts';
import type { InspectionRecord } from '../../domain/inspection/record-names.ts';
import type { CallSheet } from '../../domain/inspection/interviews.ts';
import type { Symposium } from '../../domain/inspection/symposiums.ts';
import type { Campaign, CampaignCounty } from '../../domain/model/campaign.ts';
import type { School } from '../../domain/model/school.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { campaignKey, getCampaignCounty, visibleCampaign } from '../campaign/lookup.ts';
import type { Deps } from '../deps.ts';
import { unsealPhone } from '../evidence/sealing.ts';
import { readDocuments, type InspectionDocuments } from './documents.ts';
import { storeChange } from './inspection.ts';

/** Which list of people: the invited of a symposium, or a call sheet of interviews. */
export const callLists = ['symposiums', 'interviews'] as const satisfies readonly InspectionRecord[];
export type CallList = (typeof callLists)[number];

export interface ShownNumber {
  readonly list: CallList;
  /** Of the symposium or the sheet. */
  readonly no: number;
  /** Position in the list, from 1. */
  readonly at: number;
  /** '': the roll has none. */
  readonly phone: string;
  readonly school: string | null;
}

/** @throws AppError conflict `inspection.call.open`; gone when the storage period has ended */
export async function showNumber(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
  { list, no, at }: { readonly list: CallList; readonly no: number; readonly at: number },
): Promise<ShownNumber> {
  assertMay(actor, 'inspection.call', code);
  const { campaign } = await getCampaignCounty(deps, actor, id, code);
  const key = campaignKey(deps, campaign, 'contacts');
  await storeChange(deps, actor, id, code, list, { do: 'show', no, at });
  const entry = fromHex(
    calleeAt<{ readonly entry: string }>(peopleOf(await readDocuments(deps, id, code), list, no), at).entry,
  );
  const contact = await deps.storage.findFrameEntry(id, code, entry);
  if (!contact?.sealed) throw new AppError('conflict', 'inspection.call.erased');
  const school = [...contact.affiliations].map((a) => a.school).sort()[0];
  const schools = school === undefined ? [] : await deps.storage.listSchools(id, code);
  return {
    ...{ list, no, at },
    phone: unsealPhone(key, entry, contact.sealed).phone,
    school: schools.find((s) => s.id === school)?.name ?? null,
  };
}

function peopleOf({ symposiums, interviews }: InspectionDocuments, list: CallList, no: number) {
  if (list === 'interviews') return interviews.body.sheets.find((s) => s.no === no)?.people ?? [];
  return symposiums.body.meetings.find((m) => m.no === no)?.draw?.invited ?? [];
}

/** @throws AppError errors of the list's rules */
export async function noteCall(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
  {
    list,
    ...call
  }: { readonly list: CallList; readonly no: number; readonly at: number; readonly outcome: string },
): Promise<void> {
  assertMay(actor, 'inspection.call', code);
  await storeChange(deps, actor, id, code, list, { do: 'outcome', ...call });
}

export interface CallDesk {
  readonly campaign: Campaign;
  readonly county: CampaignCounty;
  readonly symposiums: readonly Symposium[];
  readonly sheets: readonly CallSheet[];
  readonly schools: readonly School[];
}

/** Everyone to be called in one county: progress, without numbers. */
export async function viewCalls(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
): Promise<CallDesk> {
  assertMay(actor, 'inspection.call', code);
  const { campaign, county } = await getCampaignCounty(deps, actor, id, code);
  const { symposiums, interviews } = await readDocuments(deps, id, code);
  return {
    ...{ campaign, county },
    symposiums: symposiums.body.meetings.filter((m) => m.draw !== null && m.held === null),
    sheets: interviews.body.sheets,
    schools: await deps.storage.listSchools(id, code),
  };
}

/** Lists with people to call, in the counties of this account. */
export async function listCalls(
  deps: Deps,
  actor: Actor,
): Promise<
  readonly { readonly campaign: Campaign; readonly county: CampaignCounty; readonly waiting: number }[]
> {
  assertMay(actor, 'inspection.call');
  const found = [];
  for (const any of await deps.storage.listCampaigns()) {
    const campaign = visibleCampaign(actor, any);
    if (!campaign || campaign.state === 'voided' || campaign.expiredAt !== null) continue;
    for (const county of campaign.counties) {
      if (county.frame === null) continue;
      const { symposiums, interviews } = await readDocuments(deps, campaign.id, county.code);
      const people = [
        ...symposiums.body.meetings.flatMap((m) => (m.held === null ? (m.draw?.invited ?? []) : [])),
        ...interviews.body.sheets.flatMap((s) => s.people),
      ];
      if (people.length > 0)
        found.push({ campaign, county, waiting: people.filter((p) => p.outcome === null).length });
    }
  }
  return found;
}
