/** A closed survey with everything in its log, and an attacker who holds every key that lives and can write any bundle he likes. */
import type { Database } from 'better-sqlite3';
import { contentHashOf, encodeResponseLeaf, leafTypes } from '../../src/domain/evidence/leaf.ts';
import { createTreeBuilder, encodeRange, leafHash } from '../../src/domain/evidence/merkle.ts';
import { formatCheckpoint } from '../../src/domain/evidence/note.ts';
import { verifyBundle } from '../../src/domain/evidence/verify/verify-bundle.ts';
import type { Verification, VerifyOptions } from '../../src/domain/evidence/verify/verification.ts';
import { pressureIdOf, pseudonymOf, textIdOf } from '../../src/domain/code/pseudonym.ts';
import { fromBase64, toBase64 } from '../../src/domain/hash.ts';
import type { CampaignId, CountyCode } from '../../src/domain/model/ids.ts';
import { compileQuestionnaire } from '../../src/domain/questionnaire/compile.ts';
import type { CompiledQuestionnaire } from '../../src/domain/questionnaire/compiled.ts';
import { decodeAnswers, encodeAnswers, type DecodedAnswer } from '../../src/domain/questionnaire/decode.ts';
import { questionnaireSchema } from '../../src/domain/questionnaire/template.ts';
import { channels, type Channel } from '../../src/domain/model/vocabulary.ts';
import { createTileWriter } from '../../src/domain/evidence/tiles.ts';
import { createNoteSigner, type NoteSigner } from '../../src/keys/note-signer.ts';
import { exportBundle } from '../../src/operations/evidence/bundle.ts';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { getCheckpoint, sealDueLots } from '../../src/operations/evidence/evidence.ts';
import { flagAnswers } from '../../src/operations/evidence/flags.ts';
import { issueLateCodes } from '../../src/operations/draw/late.ts';
import { createLinks } from '../../src/operations/code/links.ts';
import { decideProposal, makeProposal } from '../../src/operations/campaign/proposals.ts';
import { copiesOf, countyA, csv, type World, type WorldOptions } from './world.ts';

const day = 86_400_000;

/** A sheet in which every rating is option `pick` and everything else the first possible. */
export function sheet(q: CompiledQuestionnaire, pick: number): Uint8Array {
  const answers: DecodedAnswer[] = [];
  for (const item of q.items) {
    const option = item.optionIds[item.type === 'rating' ? pick % item.optionIds.length : 0]!;
    answers.push(
      item.type === 'multiple'
        ? { state: 'options', options: item.optionIds.slice(0, item.min) }
        : item.type === 'number'
          ? { state: 'number', value: item.min }
          : { state: 'option', option },
    );
  }
  for (let i = 0; i < answers.length; i++) {
    // What contradicts its condition was not to be asked.
    try {
      return encodeAnswers(q, answers);
    } catch (error) {
      const id = /: (\S+) contradicts/.exec((error as Error).message)?.[1];
      const at = q.items.findIndex((item) => item.id === id);
      if (at < 0) throw error;
      answers[at] = { state: 'not-asked' };
    }
  }
  return encodeAnswers(q, answers);
}

const compiled = new WeakMap<Deps['storage'], Map<string, CompiledQuestionnaire>>();

async function questionnaire(deps: Deps, id: CampaignId, no: number): Promise<CompiledQuestionnaire> {
  const known = compiled.get(deps.storage) ?? new Map<string, CompiledQuestionnaire>();
  compiled.set(deps.storage, known);
  const name = `${id} ${no}`;
  let q = known.get(name);
  if (!q) {
    const campaign = await deps.storage.findCampaign(id);
    const hash = campaign!.questionnaires.find((c) => c.no === no)!.hash;
    const document = await deps.storage.findDocument(hash);
    q = compileQuestionnaire(questionnaireSchema.parse(JSON.parse(document!.body)));
    known.set(name, q);
  }
  return q;
}

export async function answer(
  deps: Deps,
  id: CampaignId,
  county: CountyCode,
  code: string,
  pick: number,
  how: {
    readonly channel?: Channel;
    readonly link?: string;
    readonly fast?: boolean;
    /** Also says that he was told what to answer. */
    readonly pressed?: boolean;
    readonly comment?: string;
    /** Leaves out what is not rated, as a test contact does. */
    readonly ratingsOnly?: boolean;
  } = {},
): Promise<string> {
  const campaign = await deps.storage.findCampaign(id);
  const key = deps.keys.use(id, 'pseudonym', campaign!.keyChecks.pseudonym);
  const textKey = deps.keys.use(id, 'text', campaign!.keyChecks.text);
  const name = how.link === undefined ? code : `${how.link}/${code}`;
  const pseudonym = pseudonymOf(key, name);
  const place =
    how.link === undefined
      ? await deps.storage.findIssued(id, pseudonym)
      : await deps.storage.findLink(how.link);
  const q = await questionnaire(deps, id, place!.questionnaire);
  const full = decodeAnswers(q, sheet(q, pick));
  const isLeftOut = (i: number) =>
    how.ratingsOnly && q.items[i]!.type !== 'rating' && full[i]!.state !== 'not-asked';
  const bytes = encodeAnswers(
    q,
    full.map((given, i) => (isLeftOut(i) ? { state: 'blank' } : given)),
  );
  const [result] = await deps.storage.recordResponses([
    {
      campaign: id,
      county,
      pseudonym,
      channel: how.channel ?? (how.link === undefined ? 'web' : 'link'),
      link: how.link ?? null,
      questionnaire: place!.questionnaire,
      nonce: deps.randomBytes(16),
      answers: bytes,
      textId: textIdOf(textKey, name),
      texts: how.comment === undefined ? [] : [{ item: 'comment', body: how.comment }],
      ...(how.fast && { fast: true }),
      ...(how.pressed && { pressure: { id: pressureIdOf(textKey, name), source: 'school', body: '' } }),
    },
  ]);
  return result!;
}

interface ClosedCampaign {
  readonly id: CampaignId;
  readonly county: CountyCode;
  /** Published after the first day's lot, kept by somebody outside. */
  readonly held: string;
  /** Published before anything was answered. */
  readonly opening: string;
  readonly lines: readonly string[];
}
export type ClosedSurvey = ClosedCampaign & { readonly world: World };

/** Three days: answers, second thoughts, an interviewer, an open link, a late contact, a date change and a void. */
export const closedSurvey: (options?: WorldOptions) => Promise<ClosedSurvey> = copiesOf(answerAndClose);

async function answerAndClose(world: World): Promise<ClosedCampaign> {
  const { deps, actors } = world;
  const county = countyA;
  const base = world.campaignInput();
  const campaign = await world.openedCampaign({ counties: [base.counties[0]!] });
  const { id } = campaign;
  const sent = [...(await world.sentCodes(id, county)), ...(await world.sentCodes(id, county, 'slips'))];
  const opening = await getCheckpoint(deps, id, county);
  const links = await createLinks(deps, actors.operator, id, county, ['parent']);

  // First day.
  for (const [i, { code }] of sent.entries()) if (i % 3 !== 2) await answer(deps, id, county, code, i % 4);
  for (let i = 0; i < 7; i++) await answer(deps, id, county, `VISITOR00${i}`, i, { link: links[0]!.id });
  world.passTime(day);
  await sealDueLots(deps);
  const held = await getCheckpoint(deps, id, county);

  // Second day: some answer again, an interviewer enters what was answered already and what was not.
  for (const [i, { code }] of sent.entries())
    if (i % 5 === 0) await answer(deps, id, county, code, (i + 1) % 4);
  for (const [i, { code }] of sent.entries())
    if (i % 7 === 2) await answer(deps, id, county, code, 0, { channel: 'assisted' });
  await world.addRoll(
    id,
    county,
    'parent',
    csv(['学校', '年级', '家长电话'], [['第一小学', '3年级', '13811119999']]),
    {
      lateReason: '转入的学生家长',
    },
  );
  await issueLateCodes(deps, actors.operator, id, county);
  const late = await world.sentCodes(id, county, 'late');
  for (const { code } of late) await answer(deps, id, county, code, 1);
  const dates = await makeProposal(
    deps,
    actors.operator,
    id,
    { kind: 'dates', closesAt: campaign.closesAt + day },
    '天气原因顺延一天',
  );
  await decideProposal(deps, actors.secondOperator, dates, 'confirmed');
  world.passTime(day);
  await sealDueLots(deps);

  // Third day.
  for (const [i, { code }] of sent.entries()) if (i % 11 === 2) await answer(deps, id, county, code, 2);
  await flagAnswers(deps, actors.inspector, id, county, {
    group: 'parent',
    reportingStratum: null,
    reason: '督学接到多名家长反映',
  });
  const { reporting } = await deps.storage.readStrata(id, county);
  const stratum = reporting.find((r) => r.group === 'teacher')!;
  const voided = await makeProposal(
    deps,
    actors.operator,
    id,
    { kind: 'void', county, group: 'teacher', reportingStratum: stratum.no },
    '有人代填，该层作废',
  );
  await decideProposal(deps, actors.secondOperator, voided, 'confirmed');
  world.passTime(3_600_000);
  await closeCampaign(deps, actors.operator, id);
  const lines = await bundleLines(deps, world, id, county);
  return { id, county, held, opening, lines };
}

export async function bundleLines(
  deps: Deps,
  world: Pick<World, 'actors'>,
  id: CampaignId,
  county: CountyCode,
): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of await exportBundle(deps, world.actors.inspector, id, county))
    lines.push(line.slice(0, -1));
  return lines;
}

export function verify(lines: readonly string[], options: VerifyOptions = {}): Promise<Verification> {
  return verifyBundle(async function* () {
    for (let at = 0; at < lines.length; at += 100) yield lines.slice(at, at + 100);
  }, options);
}

// The attacker ---------------------------------------------------------------------------------------------------------

export interface ForgedLeaf {
  data: Uint8Array;
  contents: Uint8Array | null;
}
interface Forgery {
  /** Sections before the checkpoints, parsed. */
  before: Record<string, unknown>[];
  leaves: ForgedLeaf[];
}

/** Takes the bundle apart, lets `edit` change anything, and puts it together with a fresh tree and freshly signed checkpoints. */
export function forge(
  survey: Pick<ClosedSurvey, 'lines' | 'world'>,
  edit: (forgery: Forgery) => void,
): readonly string[] {
  const parsed = survey.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const forgery: Forgery = {
    before: parsed.filter((l) => !('h' in l) && !('checkpoint' in l) && !('end' in l)),
    leaves: parsed
      .filter((l) => 'h' in l)
      .map((l) => ({
        data: fromBase64(l['l'] as string),
        contents: l['c'] === undefined ? null : fromBase64(l['c'] as string),
      })),
  };
  edit(forgery);
  const sizes = parsed
    .filter((l) => 'checkpoint' in l)
    .map((l) => Number((l['checkpoint'] as string).split('\n')[1]))
    .filter((size) => size < forgery.leaves.length);
  const signer = signerOf(survey);
  const head = forgery.before[0]!;
  head['leaves'] = forgery.leaves.length;
  const tree = createTreeBuilder();
  const notes: Record<string, unknown>[] = [];
  const leaves = forgery.leaves.map(({ data, contents }) => {
    const hash = leafHash(data);
    tree.append(hash);
    if (sizes.includes(tree.size) || tree.size === forgery.leaves.length)
      notes.push({
        checkpoint: signer.sign(
          formatCheckpoint({ origin: signer.key.name, size: tree.size, root: tree.root() }),
        ),
      });
    return {
      l: toBase64(data),
      h: toBase64(hash),
      ...(contents && { c: toBase64(contents) }),
    };
  });
  return counted([...forgery.before, ...notes, ...leaves].map((l) => JSON.stringify(l)));
}

/** With the last line that counts the others. */
export function counted(lines: readonly string[]): readonly string[] {
  const rest = lines.filter((l) => !l.startsWith('{"end"'));
  return [...rest, JSON.stringify({ end: rest.length })];
}

export function signerOf(survey: Pick<ClosedSurvey, 'lines' | 'world'>): NoteSigner {
  const { key } = JSON.parse(survey.lines[0]!) as { key: string };
  return createNoteSigner(survey.world.deps.keys.service('log'), key.split('+')[0]!);
}

/** Tiles and range of every log computed anew from its leaves, as somebody would who rewrites the whole database. */
export function rebuild(raw: Database): void {
  const { campaign, county } = raw.prepare('SELECT campaign, county FROM evidence_logs').get() as {
    campaign: number;
    county: string;
  };
  const rows = raw
    .prepare(
      'SELECT no, type, data FROM evidence_leaves UNION ALL SELECT no, 1, data FROM evidence_references',
    )
    .all() as { no: number; type: number; data: Buffer }[];
  const leaves = rows
    .sort((a, b) => a.no - b.no)
    .flatMap(({ type, data }) =>
      type === leafTypes.response
        ? Array.from({ length: data.length / 20 }, (_, i) => ({
            type,
            data: data.subarray(i * 20, (i + 1) * 20),
          }))
        : [{ type, data }],
    );
  const response = raw.prepare(
    'SELECT reporting_stratum AS stratum, channel, nonce, answers, content_hash AS content FROM responses WHERE pseudonym = ? AND revision = ?',
  );
  const tree = createTreeBuilder();
  const tiles = createTileWriter(0, () => undefined);
  for (const { type, data } of leaves) {
    let leaf = new Uint8Array(data);
    if (type === leafTypes.response) {
      const r = response.get(data.subarray(0, 16), data.readUInt32BE(16)) as {
        stratum: number;
        channel: number;
        nonce: Buffer | null;
        answers: Buffer | null;
        content: Buffer | null;
      };
      leaf = new Uint8Array(
        encodeResponseLeaf({
          reportingStratum: r.stratum,
          channel: channels[r.channel]!,
          pseudonym: data.subarray(0, 16),
          revision: data.readUInt32BE(16),
          content: r.nonce && r.answers ? contentHashOf(r.nonce, r.answers) : r.content!,
        }),
      );
    }
    const hash = leafHash(leaf);
    tree.append(hash);
    tiles.append(hash);
  }
  raw.exec('DELETE FROM evidence_tiles');
  for (const { level, index, hashes } of tiles.changed())
    raw
      .prepare('INSERT INTO evidence_tiles VALUES (?, ?, ?, ?, ?)')
      .run(campaign, county, level, index, hashes);
  raw.prepare('UPDATE evidence_logs SET size = ?, range = ?').run(tree.size, encodeRange(tree.range()));
}
