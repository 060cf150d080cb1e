/**
 * Recipients of a sending: determined by rule from the draw, the exports and earlier sendings, over all strata. Nobody selects.
 */
import { pseudonymOf } from '../../domain/code/pseudonym.ts';
import { sha256, toHex } from '../../domain/hash.ts';
import { releaseReplacements, type Spare } from '../../domain/messaging/decide-sending.ts';
import type { Campaign, CampaignCounty } from '../../domain/model/campaign.ts';
import type { MessageContact, ReachableContact } from '../../domain/model/contact.ts';
import type { SendingKind } from '../../domain/model/sending.ts';
import type { CountedSet } from '../../domain/model/vocabulary.ts';
import { createYielder } from '../yield-to-event-loop.ts';
import { campaignKey } from '../campaign/lookup.ts';
import { isContactVoided } from '../code/codes.ts';
import type { Deps } from '../deps.ts';
import { unsealCode } from '../evidence/sealing.ts';
import { recipientsOf } from './recipients.ts';

const pageSize = 500;

type ListPage<C> = (
  sets: readonly CountedSet[],
  after: Uint8Array | null,
  limit: number,
) => Promise<readonly C[]>;

/** Pages of contacts that can get messages, without number and code. Contacts of voided strata get none. */
export function audienceOf(
  deps: Deps,
  campaign: Campaign,
  county: CampaignCounty,
  kind: SendingKind,
): AsyncGenerator<readonly ReachableContact[], void, undefined> {
  const list: ListPage<ReachableContact> = (...page) =>
    deps.storage.listReachable(campaign.id, county.code, ...page);
  return unvoided(deps, campaign, county, wholeAudience(deps, campaign, county, kind, list));
}

/** The same with their sealed numbers. */
export async function* numberedAudienceOf(
  deps: Deps,
  campaign: Campaign,
  county: CampaignCounty,
  kind: SendingKind,
): AsyncGenerator<readonly MessageContact[], void, undefined> {
  const list: ListPage<MessageContact> = (sets, after, limit) =>
    deps.storage.listMessageContacts(campaign.id, county.code, { sets, slips: false }, after, limit);
  const whole = wholeAudience(deps, campaign, county, kind, list);
  for await (const page of unvoided(deps, campaign, county, whole)) yield page.filter((c) => c.hasPhone);
}

async function* unvoided<C extends ReachableContact>(
  deps: Deps,
  campaign: Campaign,
  county: CampaignCounty,
  pages: AsyncIterable<readonly C[]>,
): AsyncGenerator<readonly C[], void, undefined> {
  const { reporting } = await deps.storage.readStrata(campaign.id, county.code);
  for await (const page of pages)
    yield page.filter((c) => !isContactVoided(campaign, county.code, reporting, c));
}

async function* wholeAudience<C extends ReachableContact>(
  deps: Deps,
  campaign: Campaign,
  county: CampaignCounty,
  kind: SendingKind,
  list: ListPage<C>,
): AsyncGenerator<readonly C[], void, undefined> {
  switch (kind) {
    case 'invitation':
      return yield* pagesOf(list, ['drawn']);
    case 'late':
      return yield* pagesOf(list, ['other']);
    case 'replacement': {
      const isInvited = await findInvited(deps, campaign, county);
      const released = await releasedReplacements(deps, campaign, county);
      for await (const page of pagesOf(list, ['replacement'])) {
        const wanted = page.filter((c) => released.has(toHex(c.entry)));
        const invited = await isInvited(wanted);
        yield wanted.filter((_, i) => invited[i] !== true);
      }
      return;
    }
    case 'reminder':
    case 'last-notice': {
      yield* pagesOf(list, ['drawn']);
      const isInvited = await findInvited(deps, campaign, county);
      for await (const page of pagesOf(list, ['replacement', 'other'])) {
        const invited = await isInvited(page);
        yield page.filter((_, i) => invited[i] === true);
      }
    }
  }
}

async function* pagesOf<C extends ReachableContact>(
  list: ListPage<C>,
  sets: readonly CountedSet[],
): AsyncGenerator<readonly C[], void, undefined> {
  let after: Uint8Array | null = null;
  for (;;) {
    const page: readonly C[] = await list(sets, after, pageSize);
    yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return;
    after = last.entry;
  }
}

/** Replacements and late contacts that got a message: all of them by a spreadsheet, or individually by a sending. */
async function findInvited(deps: Deps, campaign: Campaign, county: CampaignCounty) {
  const { storage } = deps;
  const exported = new Set((await storage.listExports(campaign.id, county.code)).map((e) => e.kind));
  const sent = (await storage.listSendings(campaign.id, county.code)).filter(
    (s) => s.startedAt !== null && (s.kind === 'replacement' || s.kind === 'late'),
  );
  const key = campaignKey(deps, campaign, 'pseudonym');
  return async (contacts: readonly ReachableContact[]): Promise<readonly boolean[]> => {
    const invited = contacts.map(
      (c) =>
        (c.set === 'replacement' && exported.has('replacement')) ||
        (c.set === 'other' && exported.has('late')),
    );
    for (const { no } of sent) {
      const { names } = recipientsOf(key, county.code, no);
      const has = await storage.haveMessages(
        { campaign: campaign.id, county: county.code, no },
        contacts.flatMap((c) => names(c.entry)),
      );
      has.forEach((yes, i) => {
        if (yes) invited[i >> 1] = true;
      });
    }
    return invited;
  };
}

/**
 * Ids of replacements, as many as contacts of their sampling stratum that cannot be reached: the number is wrong, they opted out,
 * or two people declared them ineligible.
 */
async function releasedReplacements(
  deps: Deps,
  campaign: Campaign,
  county: CampaignCounty,
): Promise<ReadonlySet<string>> {
  const seed = county.draw?.seed;
  if (seed === undefined) return new Set();
  const [contactsKey, pseudonymKey] = [
    campaignKey(deps, campaign, 'contacts'),
    campaignKey(deps, campaign, 'pseudonym'),
  ];
  const { storage } = deps;
  const lost = new Set(
    (await storage.listFates(campaign.id, county.code))
      .filter(({ fate }) => fate === 'wrong-number' || fate === 'opted-out')
      .map(({ entry }) => toHex(entry)),
  );
  const missing = new Map<number, number>();
  const add = (stratum: number, n: number) => missing.set(stratum, (missing.get(stratum) ?? 0) + n);
  for (const { samplingStratum, issued } of await storage.listIneligible(campaign.id, county.code))
    add(samplingStratum, issued);
  const stratumOf = async (c: MessageContact): Promise<number | undefined> =>
    (
      await storage.findIssued(
        campaign.id,
        pseudonymOf(pseudonymKey, unsealCode(contactsKey, c.entry, c.sealedCode)),
      )
    )?.samplingStratum;
  const yieldToEventLoop = createYielder();
  const spares: (Spare & { readonly contact: MessageContact })[] = [];
  const list: ListPage<MessageContact> = (sets, after, limit) =>
    storage.listMessageContacts(campaign.id, county.code, { sets, slips: false }, after, limit);
  for await (const page of pagesOf(list, ['drawn', 'replacement']))
    for (const contact of page) {
      if (contact.set === 'drawn' && !lost.has(toHex(contact.entry))) continue;
      const samplingStratum = await stratumOf(contact);
      if (samplingStratum === undefined) continue;
      if (contact.set === 'drawn') add(samplingStratum, 1);
      else spares.push({ contact, samplingStratum, order: sha256(seed, contact.entry) });
      await yieldToEventLoop();
    }
  const isLost = ({ contact }: (typeof spares)[number]) =>
    !contact.hasPhone || lost.has(toHex(contact.entry));
  return new Set(releaseReplacements(spares, missing, isLost).map(({ contact }) => toHex(contact.entry)));
}
