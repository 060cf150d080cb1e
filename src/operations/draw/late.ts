/** Codes for contacts added to the frozen frame, with a reason: they may answer, outside every denominator. */
import { AppError } from '../../domain/errors.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import { findReportingStratum } from '../../domain/frame/reporting-strata.ts';
import { compareBytes, schoolOfResponse } from '../../domain/frame/sample.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { DrawnContact } from '../../domain/model/contact.ts';
import type { IssuedCode } from '../../domain/model/code.ts';
import { stamp, type Deps } from '../deps.ts';
import { publishCheckpoints } from '../evidence/evidence.ts';
import { campaignKey, getCampaignCounty, questionnaireOf } from '../campaign/lookup.ts';
import { createCodeMaker } from './new-codes.ts';
import { sealCode } from '../evidence/sealing.ts';
import { countRoll } from '../frame/counts.ts';

const chunkSize = 500;

/**
 * @returns how many codes were issued. Contacts of a group that is not asked, or has nobody drawn, get none.
 * @throws AppError conflict `late.not-drawn`
 */
export async function issueLateCodes(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
): Promise<number> {
  assertMay(actor, 'frame.late', code);
  const { campaign, county } = await getCampaignCounty(deps, actor, id, code);
  if (county.frameState !== 'drawn' || county.draw === null || !['draft', 'open'].includes(campaign.state))
    throw new AppError('conflict', 'late.not-drawn');
  const contactsKey = campaignKey(deps, campaign, 'contacts');
  const maker = createCodeMaker(deps, id, campaignKey(deps, campaign, 'pseudonym'));
  const { reporting } = await deps.storage.readStrata(id, code);
  let total = 0;
  for (;;) {
    const waiting = await deps.storage.listLateContacts(id, code, chunkSize);
    const placed = waiting.flatMap((contact) => {
      const school = schoolOfResponse(county.draw!.seed, contact.entry, contact.affiliations)?.school ?? null;
      const stratum = findReportingStratum(reporting, contact.group, school);
      const questionnaire = questionnaireOf(campaign, contact.group);
      return stratum && questionnaire
        ? [{ entry: contact.entry, school, reportingStratum: stratum.no, questionnaire: questionnaire.no }]
        : [];
    });
    if (placed.length === 0) return total;
    const codes = await maker.make(placed.length);
    const contacts: DrawnContact[] = [];
    const issued: IssuedCode[] = [];
    placed.forEach(({ entry, school, reportingStratum, questionnaire }, i) => {
      const made = codes[i]!;
      const sealedCode = sealCode(contactsKey, entry, made.code);
      contacts.push({ entry, slip: null, school, set: 'other', reportingStratum, sealedCode });
      issued.push({
        pseudonym: made.pseudonym,
        samplingStratum: 0,
        reportingStratum,
        questionnaire,
        set: 'other',
      });
    });
    issued.sort((a, b) => compareBytes(a.pseudonym, b.pseudonym));
    await deps.storage.issueLate(stamp(deps, actor), id, code, contacts, issued);
    await publishCheckpoints(deps, id, code);
    total += placed.length;
    if (waiting.length < chunkSize) return total;
  }
}

/** Whether a contact added after the freeze has no code yet. Most counties have no such contact, and then no contact is read. */
export async function isLateWaiting(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
): Promise<boolean> {
  assertMay(actor, 'roll.view', code);
  const { county } = await getCampaignCounty(deps, actor, id, code);
  if (county.frameState !== 'drawn') return false;
  if ((await countRoll(deps, id, code)).every(({ late }) => late === 0)) return false;
  return (await deps.storage.listLateContacts(id, code, 1)).length > 0;
}
