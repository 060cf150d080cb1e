/**
 * Further data of a county while it answers: the days so far, requests to the commissioner, delivery, late edits, test contacts.
 */
import { assertMay, may, type Actor } from '../../domain/campaign/permissions.ts';
import {
  missingTo,
  totalBand,
  type Band,
  type Counted,
  type Missing,
  type Snapshot,
} from '../../domain/answer/rate-outlook.ts';
import type { Fate } from '../../domain/messaging/fate.ts';
import type { CodeExport } from '../../domain/model/code.ts';
import type { FateCount } from '../../domain/model/contact.ts';
import type { RateSnapshot } from '../../domain/model/count.ts';
import type { RollImport } from '../../domain/model/import.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { ReminderAnswer, ReminderRequest } from '../../domain/model/reminder-request.ts';
import { getCampaignCounty, getProfile, getVisibleCampaign } from '../campaign/lookup.ts';
import { stamp, type Deps } from '../deps.ts';
import { viewCanaries } from '../evidence/canaries.ts';
import { memoizeByIdentity } from '../memoize.ts';
import { rowsOfSnapshot } from './rates.ts';

/** Smaller numbers are shown as "fewer": a single outcome in a small county identifies a person. */
const leastFates = 5;

export interface Monitoring {
  /** By day; none finer than the day's snapshot. */
  readonly days: readonly Snapshot[];
  /** Newest first. */
  readonly requests: readonly ReminderRequest[];
  /** Times of reminders. Their number is not shown here, because it is how many had not answered. */
  readonly reminders: readonly number[];
  /** Contacts by delivery outcome, rounded to 5; null: fewer than five. */
  readonly fates: readonly { readonly fate: Fate; readonly contacts: number | null }[];
  readonly lateEdits: readonly Pick<RollImport, 'id' | 'at' | 'by' | 'group' | 'added' | 'lateReason'>[];
  /** Only for accounts that may know about test contacts. */
  readonly canaries: { readonly count: number } | 'none' | null;
}

export async function viewMonitoring(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  county: CountyCode,
): Promise<Monitoring> {
  assertMay(actor, 'rates.view', county);
  const { campaign } = await getCampaignCounty(deps, actor, id, county);
  const isOpen = campaign.state === 'open' || campaign.state === 'closing';
  const mayKnow = may(actor, 'canaries.seal', county);
  const sealed = mayKnow ? (await viewCanaries(deps, actor, id, county)).sealed : null;
  return monitoringOf(
    await deps.storage.listExports(id, county),
    isOpen ? await deps.storage.listSnapshots(id, county) : noSnapshots,
    isOpen ? await deps.storage.countFates(id, county) : noFates,
    await deps.storage.listImports(id, county),
    await deps.storage.listReminderRequests(id, county),
    mayKnow,
    sealed?.count ?? null,
  );
}

const noSnapshots: readonly RateSnapshot[] = [];
const noFates: readonly FateCount[] = [];

const monitoringOf = memoizeByIdentity(makeMonitoring);

function makeMonitoring(
  exports: readonly CodeExport[],
  snapshots: readonly RateSnapshot[],
  fates: readonly FateCount[],
  imports: readonly RollImport[],
  requests: readonly ReminderRequest[],
  mayKnow: boolean,
  canaries: number | null,
): Monitoring {
  return {
    days: snapshots.map((snapshot) => ({ at: snapshot.at, rows: rowsOfSnapshot(snapshot) })),
    requests,
    reminders: exports
      .filter((e) => e.kind === 'reminder')
      .map((e) => e.at)
      .sort((a, b) => a - b),
    fates: fates.map(({ fate, contacts }) => ({
      fate,
      contacts: contacts < leastFates ? null : Math.round(contacts / 5) * 5,
    })),
    lateEdits: imports
      .filter((i) => i.lateReason !== null && i.state === 'applied')
      .map(({ id: edit, at, by, group, added, lateReason }) => ({
        id: edit,
        at,
        by,
        group,
        added,
        lateReason,
      })),
    canaries: mayKnow ? (canaries === null ? 'none' : { count: canaries }) : null,
  };
}

/** Position of a county in its campaign's list while answers come: bands, as on its own page. */
export interface CountyProgress {
  readonly county: CountyCode;
  /** null: no snapshot yet. */
  readonly at: number | null;
  readonly band: (Band & { readonly issued: number }) | null;
  /** null: the profile has no minimum by issued codes, or there is no band. */
  readonly missing: Missing | null;
}
export interface Progress {
  /** Percent; null: the profile has none by issued codes. */
  readonly floor: number | null;
  /** For counties whose rates the actor may see, those that lack most first. */
  readonly counties: readonly CountyProgress[];
}

/** Storage caches snapshots, and a day's rows never change. */
const totals = new WeakMap<RateSnapshot, Record<Counted, ReturnType<typeof totalBand>>>();

function totalOf(snapshot: RateSnapshot, counted: Counted): ReturnType<typeof totalBand> {
  let found = totals.get(snapshot);
  if (!found) {
    const rows = rowsOfSnapshot(snapshot);
    found = { valid: totalBand(rows, 'valid'), answered: totalBand(rows, 'answered') };
    totals.set(snapshot, found);
  }
  return found[counted];
}

/**
 * null: the survey is not open, so rates are elsewhere.
 * @throws AppError not-found
 */
export async function viewProgress(deps: Deps, actor: Actor, id: CampaignId): Promise<Progress | null> {
  const campaign = await getVisibleCampaign(deps, actor, id);
  if (campaign.state !== 'open' && campaign.state !== 'closing') return null;
  const { returnRate } = await getProfile(deps, campaign.profile);
  const floor = returnRate?.denominator === 'issued' ? returnRate.floor : null;
  const counties: CountyProgress[] = [];
  for (const { code } of campaign.counties) {
    if (!may(actor, 'rates.view', code)) continue;
    const snapshot = await deps.storage.findLatestSnapshot(id, code);
    const band = snapshot ? totalOf(snapshot, returnRate?.numerator ?? 'valid') : null;
    counties.push({
      county: code,
      at: snapshot?.at ?? null,
      band,
      missing: band && floor !== null ? missingTo(floor, band, band.issued) : null,
    });
  }
  const lacking = ({ missing }: CountyProgress) => (missing?.kind === 'about' ? missing.count : 0);
  return { floor, counties: counties.sort((a, b) => lacking(b) - lacking(a)) };
}

/** @throws AppError conflict `codes.not-open`, `reminder.asked-already`; invalid `reminder.note` */
export async function requestReminder(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  county: CountyCode,
  note: string,
): Promise<void> {
  assertMay(actor, 'reminder.request', county);
  await getCampaignCounty(deps, actor, id, county);
  await deps.storage.requestReminder(stamp(deps, actor), id, county, note);
}

/** @throws AppError conflict `reminder.not-asked`; invalid `reminder.note`, `roll.reason` of a refusal */
export async function answerReminder(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  county: CountyCode,
  answer: ReminderAnswer,
  note: string,
): Promise<void> {
  assertMay(actor, 'reminder.answer', county);
  await getCampaignCounty(deps, actor, id, county);
  await deps.storage.answerReminder(stamp(deps, actor), id, county, answer, note);
}
