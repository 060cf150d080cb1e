/**
 * Composing, counting and scheduling of messages by the commissioner's side, for all strata of a county or of every county of a
 * campaign; and their progress. Nobody selects schools or people, and accounts bound to a county decide nothing.
 */
import { AppError, type Issue } from '../../domain/errors.ts';
import { assertMay, isBoundRole, type Actor } from '../../domain/campaign/permissions.ts';
import type { Channel, ChannelCapabilities, RegisteredTexts } from '../../domain/messaging/channel.ts';
import {
  decideSchedule,
  type PlannedWave,
  type SendingCommand,
  type SendingPlan,
} from '../../domain/messaging/decide-sending.ts';
import { maskPhone } from '../../domain/messaging/phone.ts';
import { numberDigest } from '../../domain/messaging/recipient.ts';
import { estimateEnd, narrowed } from '../../domain/messaging/send-window.ts';
import { findShortfall, type Shortfall } from '../../domain/messaging/shortfall.ts';
import {
  type SmsText,
  type SmsValues,
  checkForChannel,
  composeSms,
  defaultSmsTemplates,
  fillSms,
  saysRegistered,
} from '../../domain/messaging/sms-text.ts';
import type { Campaign, CampaignCounty } from '../../domain/model/campaign.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { MessageCount, Sending, SendingKind } from '../../domain/model/sending.ts';
import type { Group } from '../../domain/model/vocabulary.ts';
import { hidesResponseCounts } from '../code/codes.ts';
import { createYielder } from '../yield-to-event-loop.ts';
import { campaignKey, getCampaignCounty, getVisibleCampaign } from '../campaign/lookup.ts';
import { stamp, type Deps } from '../deps.ts';
import { publishCheckpoints } from '../evidence/evidence.ts';
import { unsealPhone } from '../evidence/sealing.ts';
import { numberedAudienceOf } from './audience.ts';
import { numbersKey, readMobile } from './numbers.ts';
import { stopSending } from './send.ts';
import { messagingOf } from './settings.ts';
import { textValues } from './text.ts';

export const textKinds = ['invitation', 'reminder', 'notice'] as const;
export type TextKind = (typeof textKinds)[number];

export function textKindOf(kind: SendingKind): TextKind {
  return kind === 'reminder' ? 'reminder' : kind === 'last-notice' ? 'notice' : 'invitation';
}

export interface SendingRequest {
  readonly campaign: CampaignId;
  /** null: every county of the campaign. */
  readonly county: CountyCode | null;
  readonly channel: string;
  /** As registered with the gateway; default: the commissioner. */
  readonly signature?: string | undefined;
  /** A custom text; default: the longest of ours that fits. */
  readonly texts: Readonly<Partial<Record<TextKind, string>>>;
  readonly perDay: number | null;
  /** Thousandths of a yuan per segment. */
  readonly price: number | null;
  readonly waves: readonly { readonly kind: SendingKind; readonly dueAt: number | null }[];
}

export interface ShownChannel {
  readonly name: string;
  readonly kind: string;
  readonly capabilities: ChannelCapabilities;
}

export function listChannels(deps: Deps): readonly ShownChannel[] {
  return messagingOf(deps).channels.map(({ name, kind = name, capabilities }) => ({
    name,
    kind,
    capabilities,
  }));
}

function getChannel(deps: Deps, name: string): Channel {
  const channel = messagingOf(deps).channels.find((c) => c.name === name);
  if (channel) return channel;
  const names = messagingOf(deps).channels.map((c) => c.name);
  const params = { channels: names.length === 0 ? '–' : names.join(', ') };
  throw new AppError('invalid', 'sending.channel-unknown', {
    params,
    issues: [{ path: 'channel', message: 'sending.channel-unknown', params }],
  });
}

export interface PreviewedText extends Pick<SmsText, 'template' | 'text' | 'length' | 'segments'> {
  readonly kind: TextKind;
  readonly values: SmsValues;
  readonly issues: readonly Issue[];
  readonly warnings: readonly Issue[];
}

function composeText(
  deps: Deps,
  campaign: Campaign,
  county: CampaignCounty,
  request: Pick<SendingRequest, 'signature' | 'texts'>,
  kind: TextKind,
  /** Null: none is configured, and the text leaves in a file. */
  channel: Channel | null,
): PreviewedText & { readonly form: Sending['form'] } {
  const values = textValues(deps, campaign, county, request.signature);
  const own = request.texts[kind];
  const sms = composeSms({
    ...values,
    templates: own === undefined ? templatesFor(kind, channel?.registered, values) : [own],
  });
  const more = channel === null ? { issues: [], warnings: [] } : checkForChannel(sms, channel, values);
  const path = `texts.${kind}`;
  const at = (issue: Issue): Issue => ({ ...issue, path: issue.path === 'template' ? path : issue.path });
  const { template, text, length, segments, hasPersonalLink } = sms;
  return {
    ...{ kind, template, text, length, segments, values },
    form: hasPersonalLink ? 'link' : 'fixed',
    issues: [...sms.issues, ...more.issues].map(at),
    warnings: [...sms.warnings, ...more.warnings].map(at),
  };
}

/** If texts must be registered with the vendor, a registered one is proposed: one of ours if possible. */
function templatesFor(
  kind: TextKind,
  registered: RegisteredTexts | undefined,
  values: SmsValues,
): readonly [string, ...string[]] {
  const ours = defaultSmsTemplates[kind];
  const [first, ...more] = registered?.texts ?? [];
  if (registered === undefined || first === undefined) return ours;
  const [known, ...others] = ours.filter((template) =>
    saysRegistered(fillSms(template, values), registered, values),
  );
  return known === undefined ? [first, ...more] : [known, ...others];
}

/** Each text as it will be received, with its length and its faults. */
export async function previewTexts(
  deps: Deps,
  actor: Actor,
  request: Pick<SendingRequest, 'campaign' | 'channel' | 'signature' | 'texts'> & {
    readonly county: CountyCode;
  },
  kinds: readonly TextKind[],
): Promise<readonly PreviewedText[]> {
  assertMay(actor, 'messages.send', request.county);
  const { campaign, county } = await getCampaignCounty(deps, actor, request.campaign, request.county);
  const channel = getChannel(deps, request.channel);
  return kinds.map((kind) => composeText(deps, campaign, county, request, kind, channel));
}

/** Before the draw: the default text of each message, over the first configured channel. */
export async function previewDefaultTexts(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
): Promise<readonly PreviewedText[]> {
  assertMay(actor, 'campaign.edit');
  const { campaign, county } = await getCampaignCounty(deps, actor, id, code);
  const channel = messagingOf(deps).channels[0] ?? null;
  return textKinds.map((kind) => composeText(deps, campaign, county, { texts: {} }, kind, channel));
}

export interface PlannedSending {
  readonly kind: SendingKind;
  readonly dueAt: number;
  readonly text: PreviewedText;
  /** All current recipients; those who have answered by then get no reminder. */
  readonly contacts: number;
  readonly groups: readonly { readonly group: Group; readonly contacts: number }[];
  /** On the do-not-contact list. */
  readonly barred: number;
  /** At most. */
  readonly segments: number;
  /** Thousandths of a yuan, at most; null: no price was stated. */
  readonly cost: number | null;
  /** When the last one will have been sent. */
  readonly endsAt: number;
  /** null: all of them are sent in time. */
  readonly shortfall: Shortfall | null;
}

export interface PlannedCounty {
  readonly county: CountyCode;
  readonly name: string;
  readonly sendings: readonly PlannedSending[];
}

/**
 * A dry run: recipients, numbers, text, segments, times. Every number is decrypted and checked against the do-not-contact list.
 * Nothing is sent, and nothing stored except the trail entry.
 * @throws AppError as `scheduleSendings`
 */
export async function planSendings(
  deps: Deps,
  actor: Actor,
  request: SendingRequest,
): Promise<readonly PlannedCounty[]> {
  const { campaign, counties, channel } = await readRequest(deps, actor, request);
  const planned: PlannedCounty[] = [];
  for (const county of counties) {
    const { plan, texts } = planOf(deps, campaign, county, request, channel);
    const dues = await inCounty(county, counties.length, checkPlan(deps, actor, campaign, county, plan));
    const audiences = new Map<SendingKind, Awaited<ReturnType<typeof countAudience>>>();
    for (const { kind } of plan.waves)
      if (!audiences.has(kind)) audiences.set(kind, await countAudience(deps, campaign, county, kind));
    const window = narrowed(messagingOf(deps).window, channel.capabilities.window);
    planned.push({
      county: county.code,
      name: county.name,
      sendings: plan.waves.map(({ kind }, i): PlannedSending => {
        const { groups, barred } = audiences.get(kind)!;
        const contacts = groups.reduce((n, g) => n + g.contacts, 0);
        const text = texts.get(textKindOf(kind))!;
        const segments = (contacts - barred) * text.segments;
        const dueAt = dues[i]!;
        const pace = { perSecond: channel.capabilities.perSecond, perDay: plan.perDay };
        return {
          ...{ kind, dueAt, text, contacts, groups, barred, segments },
          cost: plan.price === null ? null : segments * plan.price,
          endsAt: estimateEnd(window, dueAt, contacts - barred, pace),
          shortfall: findShortfall({ kind, dueAt }, contacts - barred, campaign.closesAt, window, pace),
        };
      }),
    });
    const looked = Math.max(
      0,
      ...[...audiences.values()].map((a) => a.groups.reduce((n, g) => n + g.contacts, 0)),
    );
    await deps.storage.appendTrail(stamp(deps, actor), {
      action: 'messages.dry-run',
      campaign: campaign.id,
      county: county.code,
      details: { contacts: looked },
    });
  }
  return planned;
}

/**
 * Stored for every requested county, each with its leaf.
 * @throws AppError invalid `sending.channel-unknown`, `codes.text` with the texts' faults, `sending.plan` as `decideSchedule`;
 * conflict `codes.not-drawn`, `codes.not-open`
 */
export async function scheduleSendings(
  deps: Deps,
  actor: Actor,
  request: SendingRequest,
): Promise<readonly Sending[]> {
  const { campaign, counties, channel } = await readRequest(deps, actor, request);
  const plans = counties.map((county) => ({
    county,
    plan: planOf(deps, campaign, county, request, channel).plan,
  }));
  // All of them before any.
  for (const { county, plan } of plans)
    await inCounty(county, plans.length, checkPlan(deps, actor, campaign, county, plan));
  const { window } = messagingOf(deps);
  const made: Sending[] = [];
  for (const { county, plan } of plans) {
    const own = narrowed(window, channel.capabilities.window);
    // Someone else may have scheduled since.
    const stored = deps.storage.scheduleSendings(stamp(deps, actor), campaign.id, county.code, plan, own);
    made.push(...(await inCounty(county, plans.length, stored)));
    await publishCheckpoints(deps, campaign.id, county.code);
  }
  return made;
}

async function readRequest(deps: Deps, actor: Actor, request: SendingRequest) {
  assertMay(actor, 'messages.send', request.county ?? undefined);
  const campaign = await getVisibleCampaign(deps, actor, request.campaign);
  const counties = campaign.counties.filter((c) => request.county === null || c.code === request.county);
  if (counties.length === 0)
    throw new AppError('not-found', 'county.not-found', { params: { county: request.county ?? '' } });
  return { campaign, counties, channel: getChannel(deps, request.channel) };
}

function planOf(
  deps: Deps,
  campaign: Campaign,
  county: CampaignCounty,
  request: SendingRequest,
  channel: Channel,
): { readonly plan: SendingPlan; readonly texts: ReadonlyMap<TextKind, PreviewedText> } {
  const kinds = [...new Set(request.waves.map((w) => textKindOf(w.kind)))];
  const texts = new Map(
    kinds.map((kind) => [kind, composeText(deps, campaign, county, request, kind, channel)] as const),
  );
  const issues = [...texts.values()].flatMap((t) => t.issues);
  if (issues.length > 0) throw new AppError('invalid', 'codes.text', { issues });
  const { perDay, price } = request;
  return {
    texts,
    plan: {
      channel: channel.name,
      form: [...texts.values()].some((t) => t.form === 'link') ? 'link' : 'fixed',
      signature: request.signature ?? campaign.commissioner,
      ...{ perDay, price },
      waves: request.waves.map(({ kind, dueAt }): PlannedWave => ({
        ...{ kind, dueAt },
        template: texts.get(textKindOf(kind))!.template,
      })),
    },
  };
}

/**
 * If one plan is for several counties, a fault names its county.
 * @throws AppError the original error, or invalid `sending.plan-of` {county}
 */
async function inCounty<T>({ name }: CampaignCounty, counties: number, checked: Promise<T>): Promise<T> {
  try {
    return await checked;
  } catch (error) {
    if (counties === 1 || !(error instanceof AppError) || error.message !== 'sending.plan') throw error;
    throw new AppError('invalid', 'sending.plan-of', { issues: error.issues, params: { county: name } });
  }
}

/**
 * As the storage will decide it again.
 * @returns when each begins
 */
async function checkPlan(
  deps: Deps,
  actor: Actor,
  campaign: Campaign,
  county: CampaignCounty,
  plan: SendingPlan,
): Promise<readonly number[]> {
  const [known, exports] = await Promise.all([
    deps.storage.listSendings(campaign.id, county.code),
    deps.storage.listExports(campaign.id, county.code),
  ]);
  const channel = getChannel(deps, plan.channel);
  const { changes } = decideSchedule(
    {
      campaignState: campaign.state,
      frameState: county.frameState,
      county: county.code,
      closesAt: campaign.closesAt,
      ...{ known, exports },
    },
    plan,
    narrowed(messagingOf(deps).window, channel.capabilities.window),
    stamp(deps, actor),
  );
  return changes.map((c) => c.dueAt);
}

async function countAudience(deps: Deps, campaign: Campaign, county: CampaignCounty, kind: SendingKind) {
  const contactsKey = campaignKey(deps, campaign, 'contacts');
  const numbers = numbersKey(deps);
  const groups = new Map<Group, number>();
  let barred = 0;
  const yieldToEventLoop = createYielder();
  for await (const page of numberedAudienceOf(deps, campaign, county, kind)) {
    const digests: Uint8Array[] = [];
    for (const { group, entry, sealedPhone } of page) {
      groups.set(group, (groups.get(group) ?? 0) + 1);
      if (sealedPhone)
        digests.push(numberDigest(numbers, unsealPhone(contactsKey, entry, sealedPhone).phone));
      await yieldToEventLoop();
    }
    barred += (await deps.storage.findBarred(digests)).filter(Boolean).length;
  }
  return { barred, groups: [...groups].map(([group, contacts]) => ({ group, contacts })) };
}

/**
 * Pauses, resumes, or cancels; messages that a worker holds at this moment are still sent.
 * @throws AppError not-found `sending.not-found`; conflict `sending.wrong-state`, `codes.not-open`
 */
export async function commandSending(
  deps: Deps,
  actor: Actor,
  campaign: CampaignId,
  county: CountyCode,
  no: number,
  command: SendingCommand,
): Promise<void> {
  assertMay(actor, 'messages.send', county);
  await getCampaignCounty(deps, actor, campaign, county);
  const key = { campaign, county, no };
  await deps.storage.commandSending(stamp(deps, actor), key, command);
  if (command === 'cancel') await stopSending(deps, key, 'cancelled');
}

/**
 * Sends one message to the user, with a code that opens nothing. The trail has the number masked.
 * @throws AppError invalid `sending.phone`, `sending.channel-unknown`, `codes.text`; conflict `sending.test-failed` {reason}
 */
export async function sendTest(
  deps: Deps,
  actor: Actor,
  request: Pick<SendingRequest, 'campaign' | 'channel' | 'signature' | 'texts'> & {
    readonly county: CountyCode;
    readonly kind: TextKind;
    readonly phone: string;
  },
): Promise<{ readonly to: string; readonly segments: number }> {
  const [text] = await previewTexts(deps, actor, request, [request.kind]);
  if (text!.issues.length > 0) throw new AppError('invalid', 'codes.text', { issues: text!.issues });
  const phone = readMobile(request.phone);
  const channel = getChannel(deps, request.channel);
  const { campaign } = await getCampaignCounty(deps, actor, request.campaign, request.county);
  const to = maskPhone(phone);
  await deps.storage.appendTrail(stamp(deps, actor), {
    action: 'messages.test',
    campaign: request.campaign,
    county: request.county,
    details: { channel: channel.name, kind: request.kind, masked: to },
  });
  const { template, values } = text!;
  const outcome = await channel.send({
    id: `test-${deps.newId()}`,
    to: phone,
    text: fillSms(template, values),
    variables: { code: values.code, address: values.address, county: values.county, closes: values.closes },
    subject: campaign.name,
  });
  if (outcome.kind !== 'accepted') throw new AppError('conflict', `sending.test-failed.${outcome.reason}`);
  return { to, segments: outcome.segments };
}

// Watching -------------------------------------------------------------------------------------------------------------

export interface WatchedSending extends Sending {
  /** All recipients; null: not known before it begins. */
  readonly contacts: number | null;
  /** Messages by state, stratum and day; null if it would tell the reader how many have answered. */
  readonly counts: readonly MessageCount[] | null;
}

export interface SendingView {
  readonly campaign: Campaign;
  readonly county: CampaignCounty;
  readonly sendings: readonly WatchedSending[];
  /** Whether the reader sees strata and days, or only the totals of a sending. */
  readonly isDetailed: boolean;
}

/**
 * Accounts bound to a county see what was sent and its total results, never by stratum. For reminders they see no numbers while
 * the survey is open: contacts that got none have answered, which would be finer than the rates.
 */
export async function viewSendings(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
): Promise<SendingView> {
  assertMay(actor, 'messages.view', code);
  const { campaign, county } = await getCampaignCounty(deps, actor, id, code);
  const [sendings, counts] = await Promise.all([
    deps.storage.listSendings(id, code),
    deps.storage.countMessages(id, code),
  ]);
  const isBound = actor.role !== 'system' && isBoundRole(actor.role);
  return {
    campaign,
    county,
    isDetailed: !isBound,
    sendings: sendings.map((sending): WatchedSending => {
      const own = counts.filter((c) => c.sending === sending.no);
      const isHidden = hidesResponseCounts(actor, campaign.state) && sending.kind === 'reminder';
      return {
        ...sending,
        result: isHidden ? null : sending.result,
        contacts: sending.audience?.reduce((n, a) => n + a.contacts, 0) ?? null,
        counts: isHidden ? null : isBound ? summed(own) : own,
      };
    }),
  };
}

/** Strata, sets and days together. */
function summed(counts: readonly MessageCount[]): readonly MessageCount[] {
  const byState = new Map<string, MessageCount>();
  for (const c of counts) {
    const name = `${c.state} ${c.reason ?? ''}`;
    const before = byState.get(name);
    byState.set(name, {
      ...c,
      ...{ reportingStratum: 0, set: 'drawn', day: '' },
      messages: (before?.messages ?? 0) + c.messages,
      segments: (before?.segments ?? 0) + c.segments,
      repeats: (before?.repeats ?? 0) + c.repeats,
    });
  }
  return [...byState.values()];
}
