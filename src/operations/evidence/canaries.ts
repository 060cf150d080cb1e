/**
 * Sealed test contacts (domain/evidence/canaries.ts): an inspector adds them before the draw and opens them after close. No other
 * account is involved.
 */
import { AppError, type Issue } from '../../domain/errors.ts';
import {
  canaryCommitment,
  canaryFaults,
  judgeCanary,
  parseCanaryFile,
  type Canary,
  type CanaryFile,
  type CanaryResult,
} from '../../domain/evidence/canaries.ts';
import { isScoreVisible } from '../../domain/campaign/life-cycle.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import { phoneDigest } from '../../domain/code/pseudonym.ts';
import { parsePhones } from '../../domain/messaging/phone.ts';
import { fromHex, toHex } from '../../domain/hash.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { parseJson } from '../../domain/questionnaire/answers.ts';
import type { CompiledQuestionnaire } from '../../domain/questionnaire/compiled.ts';
import type { Group } from '../../domain/model/vocabulary.ts';
import type { NewCanary } from '../../domain/model/canary.ts';
import { stamp, type Deps } from '../deps.ts';
import { campaignKey, getCampaignCounty, getQuestionnaire, questionnaireOf } from '../campaign/lookup.ts';
import { createCodeMaker } from '../draw/new-codes.ts';
import { sealCode, sealPhone } from './sealing.ts';
import { controlMessage, isVisible } from '../../domain/line.ts';
import { countRoll } from '../frame/counts.ts';

export interface CanaryInput {
  /** The inspector's own label for it. */
  readonly label: string;
  readonly phone: string;
  readonly group: Group;
  /** Number or name as in the list of schools; null or empty: the whole county. */
  readonly school: string | null;
  /**
   * Its future answers: in the form of the API, or one option for every rating (by its position on the scale, from 1). null: it
   * never answers.
   */
  readonly answers: Readonly<Record<string, unknown>> | number | null;
}

function ratingsOf(q: CompiledQuestionnaire, place: number): Record<string, unknown> {
  return Object.fromEntries(
    q.items
      .filter((item) => item.type === 'rating')
      .map((item) => [item.id, item.optionIds[Math.min(place, item.optionIds.length) - 1]]),
  );
}

/**
 * @returns the file for the inspector, given only once: with it, test contacts' answers can be told from others in the log after
 * close
 * @param keep makes it durable before the commitment is stored, because nothing else can open it
 * @throws AppError invalid `canaries.invalid` (issues `[i].field`); conflict `canaries.not-now`, `canaries.in-roll`
 */
export async function sealCanaries(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
  inputs: readonly CanaryInput[],
  keep?: (file: CanaryFile) => Promise<void>,
): Promise<CanaryFile> {
  assertMay(actor, 'canaries.seal', code);
  const { campaign, county } = await getCampaignCounty(deps, actor, id, code);
  if (county.frameState !== 'frozen') throw new AppError('conflict', 'canaries.not-now');
  const contactsKey = campaignKey(deps, campaign, 'contacts');
  const maker = createCodeMaker(deps, id, campaignKey(deps, campaign, 'pseudonym'));
  const schools = await deps.storage.listSchools(id, code);
  const inRoll = new Set((await countRoll(deps, id, code)).map((c) => c.group));
  const codes = await maker.make(inputs.length);

  const issues: Issue[] = [];
  const canaries: NewCanary[] = [];
  const kept: Canary[] = [];
  const phones = new Set<string>();
  for (const [i, input] of inputs.entries()) {
    const before = issues.length;
    const fault = (field: string, message: string) =>
      issues.push({ path: `[${i}].${field}`, message, params: { no: i + 1 } });
    const { group } = input;
    const wanted = input.school?.trim() ?? '';
    const school = schools.find((s) => s.id === wanted || s.name === wanted)?.id ?? null;
    const label = input.label.trim();
    if (label === '' || label.length > 60) fault('label', 'canaries.label');
    else if (!isVisible(label)) fault('label', controlMessage);
    const phone = parsePhones(input.phone).phones.find((p) => p.kind === 'mobile')?.number;
    if (phone === undefined || phones.has(`${group} ${phone}`)) fault('phone', 'canaries.phone');
    else phones.add(`${group} ${phone}`);
    if (wanted !== '' && school === null) fault('school', 'canaries.school');
    const asked = questionnaireOf(campaign, group);
    if (!asked || !inRoll.has(group)) fault('group', 'canaries.group');
    let bytes: Uint8Array | null = null;
    if (asked && input.answers !== null) {
      const q = await getQuestionnaire(deps, asked.hash);
      const parsed = parseJson(
        q,
        typeof input.answers === 'number' ? ratingsOf(q, input.answers) : input.answers,
      );
      if (parsed.ok) bytes = parsed.bytes;
      else fault('answers', 'canaries.answers');
    }
    const made = codes[i];
    if (issues.length > before || !asked || phone === undefined || !made) continue;
    const random = deps.randomBytes(32);
    const entry = random.subarray(0, 16);
    canaries.push({
      entry,
      group,
      school,
      digest: phoneDigest(contactsKey, group, phone),
      sealed: sealPhone(contactsKey, entry, random.subarray(16), phone),
      sealedCode: sealCode(contactsKey, entry, made.code),
      pseudonym: made.pseudonym,
      questionnaire: asked.no,
    });
    kept.push({ label, group, pseudonym: toHex(made.pseudonym), answers: bytes && toHex(bytes) });
  }
  if (inputs.length === 0 || inputs.length > 200)
    issues.push({ path: '', message: 'canaries.count', params: { no: 0 } });
  if (issues.length > 0) throw new AppError('invalid', 'canaries.invalid', { issues });
  const file: CanaryFile = {
    manyi: 'canaries',
    version: 1,
    campaign: id,
    county: code,
    nonce: toHex(deps.randomBytes(32)),
    canaries: kept,
  };
  await keep?.(file);
  await deps.storage.sealCanaries(stamp(deps, actor), id, code, {
    commitment: canaryCommitment(file),
    canaries,
  });
  return file;
}

export interface CanaryState {
  readonly sealed: { readonly commitment: string; readonly count: number } | null;
  readonly maySeal: boolean;
  readonly mayOpen: boolean;
}

export async function viewCanaries(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
): Promise<CanaryState> {
  assertMay(actor, 'canaries.seal', code);
  const { campaign, county } = await getCampaignCounty(deps, actor, id, code);
  const sealed = (await deps.storage.findCanaries(id, code)) ?? null;
  return {
    sealed: sealed && { commitment: sealed.commitment, count: sealed.count },
    maySeal: sealed === null && county.frameState === 'frozen',
    mayOpen: sealed !== null && isScoreVisible(campaign.state),
  };
}

/**
 * @throws AppError conflict `evidence.not-closed`; invalid `evidence.canaries`, or `canaries.other` if it is not what was
 * committed to
 */
export async function openCanaries(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
  text: string,
): Promise<readonly CanaryResult[]> {
  assertMay(actor, 'canaries.seal', code);
  const { campaign } = await getCampaignCounty(deps, actor, id, code);
  if (!isScoreVisible(campaign.state)) throw new AppError('conflict', 'evidence.not-closed');
  const file = parseCanaryFile(text);
  const sealed = await deps.storage.findCanaries(id, code);
  const commitment = canaryCommitment(file);
  if (sealed?.commitment !== commitment || file.campaign !== id || file.county !== code)
    throw new AppError('invalid', 'canaries.other');
  const found = await deps.storage.readCanaries(
    id,
    code,
    file.canaries.map((c) => fromHex(c.pseudonym)),
  );
  const results = file.canaries.map((canary, i) =>
    judgeCanary(canary, found[i] ?? { set: null, answers: null }),
  );
  const faults = Object.fromEntries(
    canaryFaults.map((fault) => [fault, results.filter((r) => r.fault === fault).length]),
  ) as Record<(typeof canaryFaults)[number], number>;
  await deps.storage.recordOpenedCanaries(stamp(deps, actor), id, code, { commitment, faults });
  return results;
}
