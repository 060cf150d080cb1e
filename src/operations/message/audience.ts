/** Whom a sending is for: worked out by rule from the draw, from exports and from what was sent, over all strata. Nobody chooses. */
import { pseudonymOf } from '../../domain/code/pseudonym.ts';
import { sha256, toHex } from '../../domain/hash.ts';
import { releaseReplacements, type Spare } from '../../domain/messaging/decide-sending.ts';
import { recipientOf } from '../../domain/messaging/recipient.ts';
import type { Campaign, CampaignCounty } from '../../domain/model/campaign.ts';
import type { MessageContact } from '../../domain/model/contact.ts';
import type { SendingKind } from '../../domain/model/sending.ts';
import type { CountedSet } from '../../domain/model/vocabulary.ts';
import { createBreather } from '../breathe.ts';
import { campaignKey } from '../campaign/lookup.ts';
import { isContactVoided } from '../code/codes.ts';
import type { Deps } from '../deps.ts';
import { unsealCode } from '../evidence/sealing.ts';

const pageSize = 500;

/** Pages of contacts that a message reaches. Of a voided stratum nobody is written to. */
export async function* audienceOf(
  deps: Deps,
  campaign: Campaign,
  county: CampaignCounty,
  kind: SendingKind,
): AsyncGenerator<readonly MessageContact[], void, undefined> {
  const { reporting } = await deps.storage.readStrata(campaign.id, county.code);
  for await (const page of wholeAudience(deps, campaign, county, kind))
    yield page.filter((c) => c.hasPhone && !isContactVoided(campaign, county.code, reporting, c));
}

async function* wholeAudience(
  deps: Deps,
  campaign: Campaign,
  county: CampaignCounty,
  kind: SendingKind,
): AsyncGenerator<readonly MessageContact[], void, undefined> {
  switch (kind) {
    case 'invitation':
      return yield* contactsOf(deps, campaign, county, ['drawn']);
    case 'late':
      return yield* contactsOf(deps, campaign, county, ['other']);
    case 'replacement': {
      const isInvited = await findInvited(deps, campaign, county);
      const released = await releasedReplacements(deps, campaign, county);
      const invited = await isInvited(released);
      yield released.filter((_, i) => invited[i] !== true);
      return;
    }
    case 'reminder':
    case 'last-notice': {
      yield* contactsOf(deps, campaign, county, ['drawn']);
      const isInvited = await findInvited(deps, campaign, county);
      for await (const page of contactsOf(deps, campaign, county, ['replacement', 'other'])) {
        const invited = await isInvited(page);
        yield page.filter((_, i) => invited[i] === true);
      }
    }
  }
}

async function* contactsOf(
  deps: Deps,
  campaign: Campaign,
  county: CampaignCounty,
  sets: readonly CountedSet[],
): AsyncGenerator<readonly MessageContact[], void, undefined> {
  let after: Uint8Array | null = null;
  for (;;) {
    const filter = { sets, slips: false };
    const page: readonly MessageContact[] = await deps.storage.listMessageContacts(
      campaign.id,
      county.code,
      filter,
      after,
      pageSize,
    );
    yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return;
    after = last.entry;
  }
}

/** Replacements and late contacts that were written to: all of them by a spreadsheet, or one by one by a sending. */
async function findInvited(deps: Deps, campaign: Campaign, county: CampaignCounty) {
  const { storage } = deps;
  const exported = new Set((await storage.listExports(campaign.id, county.code)).map((e) => e.kind));
  const sent = (await storage.listSendings(campaign.id, county.code)).filter(
    (s) => s.startedAt !== null && (s.kind === 'replacement' || s.kind === 'late'),
  );
  const key = campaignKey(deps, campaign, 'pseudonym');
  return async (contacts: readonly MessageContact[]): Promise<readonly boolean[]> => {
    const invited = contacts.map(
      (c) =>
        (c.set === 'replacement' && exported.has('replacement')) ||
        (c.set === 'other' && exported.has('late')),
    );
    for (const { no } of sent) {
      const recipients = contacts.map((c) => recipientOf(key, county.code, no, c.entry));
      const has = await storage.haveMessages({ campaign: campaign.id, county: county.code, no }, recipients);
      has.forEach((yes, i) => {
        if (yes) invited[i] = true;
      });
    }
    return invited;
  };
}

/**
 * As many as contacts of their sampling stratum cannot be reached: their number is wrong, they opted out, or two people declared that they do not belong
 * to the roll.
 */
async function releasedReplacements(
  deps: Deps,
  campaign: Campaign,
  county: CampaignCounty,
): Promise<readonly MessageContact[]> {
  const seed = county.draw?.seed;
  if (seed === undefined) return [];
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
  const breathe = createBreather();
  const spares: (Spare & { readonly contact: MessageContact })[] = [];
  for await (const page of contactsOf(deps, campaign, county, ['drawn', 'replacement']))
    for (const contact of page) {
      if (contact.set === 'drawn' && !lost.has(toHex(contact.entry))) continue;
      const samplingStratum = await stratumOf(contact);
      if (samplingStratum === undefined) continue;
      if (contact.set === 'drawn') add(samplingStratum, 1);
      else spares.push({ contact, samplingStratum, order: sha256(seed, contact.entry) });
      await breathe();
    }
  const isLost = ({ contact }: (typeof spares)[number]) =>
    !contact.hasPhone || lost.has(toHex(contact.entry));
  return releaseReplacements(spares, missing, isLost).map(({ contact }) => contact);
}
