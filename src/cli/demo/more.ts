/**
 * Further content of the demonstration: an earlier round for comparison, a closed survey before release, a void one, and one in
 * preparation; and in the closed survey doubts about a county, and actions on comments.
 */
import type { Actor } from '../../domain/campaign/permissions.ts';
import type { Campaign } from '../../domain/model/campaign.ts';
import type { CountyCode } from '../../domain/model/ids.ts';
import type { AnswerPlace } from '../../operations/answer/open-campaigns.ts';
import { submitAnswer } from '../../operations/answer/answering.ts';
import { changeComment, listComments } from '../../operations/answer/comments.ts';
import { findEntryPlace, type EntryChannel } from '../../operations/answer/entering.ts';
import { decideProposal, makeProposal } from '../../operations/campaign/proposals.ts';
import type { Deps } from '../../operations/deps.ts';
import { flagAnswers } from '../../operations/evidence/flags.ts';
import { importFates } from '../../operations/message/fates.ts';
import { scheduleSendings, viewSendings } from '../../operations/message/schedule.ts';
import { sendDue } from '../../operations/message/send.ts';
import type { Service } from '../../compose.ts';
import type { Answerer } from './answers.ts';

/** In turn, as platforms write them. */
const words = [
  '成功',
  '成功',
  '成功',
  '成功',
  '成功',
  '成功',
  '空号',
  '关机',
  '成功',
  '停机',
  '成功',
  '黑名单',
];

/** Delivery reports of the SMS platform for each number. */
export async function reportDelivery(
  deps: Deps,
  operator: Actor,
  campaign: Campaign,
  county: CountyCode,
  phones: readonly string[],
): Promise<void> {
  const rows = phones.map((phone, i) => `${phone},${words[i % words.length]!}`);
  await importFates(deps, operator, campaign.id, county, {
    fileName: '短信平台回执.csv',
    source: once(Buffer.from(`\uFEFF手机号,状态\r\n${rows.join('\r\n')}\r\n`)),
  });
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** An inspector doubts the answers of one school. */
export async function doubtSchool(
  deps: Deps,
  inspector: Actor,
  campaign: Campaign,
  county: CountyCode,
  school: string,
): Promise<void> {
  const { reporting } = await deps.storage.readStrata(campaign.id, county);
  const stratum = reporting.find((s) => s.group === 'parent' && s.name === school);
  if (!stratum) return;
  await flagAnswers(deps, inspector, campaign.id, county, {
    group: 'parent',
    reportingStratum: stratum.no,
    reason: '多名家长反映班主任在群里发了“标准答案”',
  });
}

/** One comment is selected for the report, and in another a word is hidden by hand. */
export async function handleComments(
  deps: Deps,
  inspector: Actor,
  campaign: Campaign,
  county: CountyCode,
): Promise<void> {
  const { comments } = await listComments(deps, inspector, campaign.id, county);
  const chosen = comments.find(({ text }) => text.includes('校车'));
  if (chosen)
    await changeComment(deps, inspector, campaign.id, county, chosen.ref, { kind: 'mark', marked: true });
  const named = comments.find(({ text }) => text.includes('三（2）班'));
  if (named)
    await changeComment(deps, inspector, campaign.id, county, named.ref, {
      kind: 'hide',
      phrase: '三（2）班',
    });
}

/** An interviewer enters answers from the telephone, or from paper. */
export async function enterSheets(
  service: Service,
  interviewer: Actor,
  codes: readonly string[],
  answerer: Answerer,
  channel: EntryChannel,
): Promise<void> {
  const { campaigns } = service.deps;
  for (const code of codes) {
    const place = await findEntryPlace(campaigns, interviewer, code, channel, () => undefined);
    if (typeof place === 'string') continue;
    const { fields } = answerer.answer(place.questionnaire.document, place.stratum.group, null);
    const sheet = place.questionnaire.parser.parseForm(fields);
    if (sheet.ok) await submitAnswer(service.deps, place satisfies AnswerPlace, sheet);
  }
}

/** Two people agree to void a survey. */
export async function makeVoid(
  deps: Deps,
  operator: Actor,
  second: Actor,
  campaign: Campaign,
): Promise<void> {
  const proposal = await makeProposal(
    deps,
    operator,
    campaign.id,
    { kind: 'void', county: null, group: null, reportingStratum: null },
    '名册用错了学年，整次作废，重新组织',
  );
  await decideProposal(deps, second, proposal, 'confirmed');
}

/**
 * A reminder that the service itself has sent, through the gateway of simulated phones, and the last notice, which is still due.
 */
export async function remind(
  deps: Deps,
  operator: Actor,
  { id }: Campaign,
  county: CountyCode,
): Promise<void> {
  await scheduleSendings(deps, operator, {
    ...{ campaign: id, county, channel: 'loopback', texts: {}, perDay: null, price: 45 },
    waves: [
      { kind: 'reminder', dueAt: deps.now() },
      { kind: 'last-notice', dueAt: null },
    ],
  });
  for (let turn = 0; turn < mostTurns; turn++) {
    await sendDue(deps);
    const { sendings } = await viewSendings(deps, operator, id, county);
    if (sendings.some((s) => s.kind === 'reminder' && s.endedAt !== null)) return;
  }
  throw new Error('the reminder of the demonstration does not end');
}
/** Queued, begun, sent, ended: each takes a turn. */
const mostTurns = 20;
