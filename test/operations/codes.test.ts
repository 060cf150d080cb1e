import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AppError } from '../../src/domain/errors.ts';
import { readAccessCode } from '../../src/domain/code/access-code.ts';
import { pseudonymOf } from '../../src/domain/code/pseudonym.ts';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import {
  exportMessages,
  listExports,
  previewMessage,
  type MessageRequest,
} from '../../src/operations/code/codes.ts';
import {
  findExportProgress,
  withProgress,
  type ExportProgress,
} from '../../src/operations/code/export-progress.ts';
import { countSlips } from '../../src/operations/code/paper.ts';
import { issueLateCodes } from '../../src/operations/draw/late.ts';
import { campaignKey, getQuestionnaire } from '../../src/operations/campaign/lookup.ts';
import { decideProposal, makeProposal } from '../../src/operations/campaign/proposals.ts';
import type { CodeExport } from '../../src/domain/model/code.ts';
import { isNotice, readTable } from '../../src/tabular/read.ts';
import { bytesOf, countyA, countyB, csv, openedWorld, type World } from '../support/world.ts';

let world: World;
let id: CampaignId;
beforeEach(async () => {
  const opened = await openedWorld();
  ({ world } = opened);
  ({ id } = opened.campaign);
});
afterEach(() => world.close());

async function make(kind: CodeExport['kind'], more: Partial<MessageRequest> = {}) {
  const request = { campaign: id, county: countyA, kind, format: 'csv', ...more } as const;
  return exportMessages(world.deps, world.actors.operator, request);
}

/** One answer through the storage port, all ratings blank. */
async function answer(code: string): Promise<void> {
  const campaign = await world.campaign(id);
  const pseudonym = pseudonymOf(campaignKey(world.deps, campaign, 'pseudonym'), code);
  const issued = (await world.storage.findIssued(id, pseudonym))!;
  const { hash } = campaign.questionnaires.find((q) => q.no === issued.questionnaire)!;
  const { byteLength, items } = await getQuestionnaire(world.deps, hash);
  const answers = new Uint8Array(byteLength);
  for (const item of items) if (item.type === 'rating' || item.type === 'single') answers[item.offset] = 255;
  const [result] = await world.storage.recordResponses([
    {
      campaign: id,
      county: countyA,
      pseudonym,
      channel: 'web',
      link: null,
      questionnaire: issued.questionnaire,
      nonce: world.deps.randomBytes(16),
      answers,
      textId: world.deps.randomBytes(16),
      texts: [],
    },
  ]);
  expect(result).toBe('stored');
}

describe('the file for the SMS platform', () => {
  test('holds the drawn sample, one message each, with working codes', async () => {
    const { sampling } = await world.storage.readStrata(id, countyA);
    const drawn = sampling.filter((s) => s.kind === 'frame').reduce((n, s) => n + s.drawn, 0);
    const rows = await world.sentCodes(id, countyA);
    expect(rows).toHaveLength(drawn);
    for (const { phone, text, code, link } of rows) {
      expect(phone).toMatch(/^1\d{10}$/);
      expect(readAccessCode(code)).toEqual({ ok: true, code });
      expect(link).toBe(`https://my.example.cn/s/${code}`);
      expect(text).toContain(code);
      expect(text).toContain('my.example.cn');
      expect(text).toMatch(/^【示范市教育督导室】/);
      expect(text.length).toBeLessThanOrEqual(70);
    }
    expect(new Set(rows.map((r) => r.phone)).size).toBe(drawn);
    expect(new Set(rows.map((r) => r.group))).toEqual(
      new Set(['parents', 'teachers', 'principals', 'deputies and CPPCC members']),
    );
    expect(rows.filter((r) => r.group === 'parents').every((r) => r.school !== '')).toBe(true);
  });

  test('stands in the trail with its hash before it is handed out, and holds the same in both formats', async () => {
    const file = await make('invitation');
    const hash = createHash('sha256').update(Buffer.concat(file.body)).digest('hex');
    const [recorded] = await listExports(world.deps, world.actors.inspector, id, countyA);
    expect(recorded).toMatchObject({
      kind: 'invitation',
      format: 'csv',
      fileHash: hash,
      count: file.export.count,
      by: 'operator',
      at: world.now(),
      groups: ['deputy', 'parent', 'principal', 'teacher'],
    });
    const trail = await world.storage.listTrail({ campaign: id, counties: null, before: null, limit: 5 });
    expect(trail[0]).toMatchObject({ action: 'codes.export', actor: 'operator', county: countyA });
    expect(trail[0]?.details).toMatchObject({ fileHash: hash });
    expect(JSON.stringify(trail)).not.toMatch(/1380\d{7}/);

    const cellsOf = async (body: readonly Uint8Array[]) => {
      const rows: unknown[] = [];
      for await (const row of readTable(bytesOf(Buffer.concat(body)), { fileName: 'x' }))
        if (!isNotice(row)) rows.push(row.cells.map(String));
      return rows;
    };
    const xlsx = await make('invitation', { format: 'xlsx' });
    expect(await cellsOf(xlsx.body)).toEqual(await cellsOf(file.body));
    expect(xlsx.fileName).toMatch(/^满意度调查-云溪县-邀请短信\.xlsx$/);
  });

  test('tells how far it is, up to the end, to its asker alone, and forgets it', async () => {
    const { deps, actors } = world;
    const told: ExportProgress[] = [];
    const request = { campaign: id, county: countyA, kind: 'invitation', format: 'csv' } as const;
    const made = await withProgress(deps, actors.operator, 'run-of-test', (tell) =>
      exportMessages(deps, actors.operator, request, (progress) => {
        tell(progress);
        told.push(progress);
        expect(findExportProgress(deps, actors.operator, 'run-of-test')).toEqual(progress);
        expect(findExportProgress(deps, actors.administrator, 'run-of-test')).toBeNull();
      }),
    );
    const percents = told.map(({ percent }) => percent);
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect(percents[0]).toBeGreaterThan(0);
    expect(told.at(-1)).toEqual({ percent: 100, codes: made.export.count });
    expect(findExportProgress(deps, actors.operator, 'run-of-test')).toBeNull();
    const failed = { ...request, kind: 'late' as const };
    await expect(
      withProgress(deps, actors.operator, 'run-that-fails', (tell) =>
        exportMessages(deps, actors.operator, failed, tell),
      ),
    ).rejects.toMatchObject({ message: 'codes.none' });
    expect(findExportProgress(deps, actors.operator, 'run-that-fails')).toBeNull();
  });

  test('is not handed out if it cannot be recorded', async () => {
    const storage = new Proxy(world.storage, {
      get: (target, name, receiver) =>
        name === 'recordExport'
          ? () => Promise.reject(new Error('disk full'))
          : (Reflect.get(target, name, receiver) as unknown),
    });
    const request = { campaign: id, county: countyA, kind: 'invitation', format: 'csv' } as const;
    await expect(exportMessages({ ...world.deps, storage }, world.actors.operator, request)).rejects.toThrow(
      'disk full',
    );
  });

  test('refuses a text that does not fit, naming what is wrong', async () => {
    const long = '您好'.repeat(20);
    const error = await make('invitation', { template: `${long} {address} {code}` }).catch(
      (e: unknown) => e as AppError,
    );
    expect(error).toMatchObject({ kind: 'invalid', message: 'codes.text' });
    expect((error as AppError).issues.map((i) => i.message)).toEqual(['sms.long']);
    expect(await listExports(world.deps, world.actors.operator, id, countyA)).toEqual([]);
  });
});

describe('the text before anything is exported', () => {
  test('is shown with its length and its faults, and needs the same right', async () => {
    const { operator, inspector } = world.actors;
    const request = { campaign: id, county: countyA, kind: 'invitation' } as const;
    const sms = await previewMessage(world.deps, operator, request);
    expect(sms).toMatchObject({ segments: 1, issues: [] });
    const sent = (await world.sentCodes(id, countyA))[0]!;
    expect(sms.text).toBe(sent.text.replace(sent.code, '7K3MP9XW2D'));
    expect((await make('invitation')).message).toEqual({ units: sent.text.length, segments: 1 });
    expect((await make('slips')).message).toBeNull();
    const own = await previewMessage(world.deps, operator, {
      ...request,
      template: '请访问{address} {code}',
    });
    expect(own.issues).toMatchObject([{ message: 'sms.address-touches' }]);
    await expect(previewMessage(world.deps, inspector, request)).rejects.toMatchObject({ kind: 'forbidden' });
  });

  test('is a shorter one for a full official name', async () => {
    const signature = '示范市人民政府教育督导委员会办公室（义务教育）';
    const file = await make('invitation', { signature });
    expect(file.message?.segments).toBe(1);
    expect(file.message?.units).toBeLessThanOrEqual(70);
  });
});

describe('who may have codes', () => {
  test('the commissioner’s side only', async () => {
    const { official, officialOfB, inspector, interviewer } = world.actors;
    for (const actor of [official, officialOfB, inspector, interviewer])
      for (const kind of ['invitation', 'reminder', 'replacement', 'late', 'slips'] as const)
        await expect(
          exportMessages(world.deps, actor, { campaign: id, county: countyA, kind, format: 'csv' }),
        ).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(make('invitation', { county: countyB })).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('invitations from the draw on, the rest while open', async () => {
    const { id: draft } = await world.addCampaign();
    await world.fillCounty(draft, countyA);
    await expect(make('invitation', { campaign: draft })).rejects.toMatchObject({
      message: 'codes.not-drawn',
    });
    await world.freezeAndDraw(draft, countyA);
    expect((await make('invitation', { campaign: draft })).export.count).toBeGreaterThan(0);
    await expect(make('reminder', { campaign: draft })).rejects.toMatchObject({ message: 'codes.not-open' });
    await expect(make('replacement', { campaign: draft })).rejects.toMatchObject({
      message: 'codes.not-open',
    });
  });
});

describe('reminders and the other kinds', () => {
  test('a reminder goes to those who have not answered at that moment', async () => {
    const invited = await world.sentCodes(id, countyA);
    const answered = invited.slice(0, 7).map((r) => r.code);
    for (const code of answered) await answer(code);
    const reminded = await world.sentCodes(id, countyA, 'reminder');
    expect(reminded.map((r) => r.code).sort()).toEqual(
      invited
        .map((r) => r.code)
        .filter((c) => !answered.includes(c))
        .sort(),
    );
    expect(reminded[0]?.text).toContain('截止，如尚未填写');
  });

  test('replacements are reminded only once they have been invited', async () => {
    const drawn = await world.sentCodes(id, countyA);
    expect(await world.sentCodes(id, countyA, 'reminder')).toHaveLength(drawn.length);
    const replacements = await world.sentCodes(id, countyA, 'replacement');
    expect(replacements.length).toBeGreaterThan(10);
    expect(await world.sentCodes(id, countyA, 'reminder')).toHaveLength(drawn.length + replacements.length);
  });

  test('slips carry codes without a phone; contacts whom no message reaches are among them', async () => {
    expect(await world.sentCodes(id, countyA, 'slips')).toHaveLength(12);
    const late = csv(
      ['学校', '电话'],
      [
        ['第一小学', '13711112222'],
        ['第一小学', ''],
        ['第一小学', '0531-88886666'],
      ],
    );
    await expect(make('late')).rejects.toMatchObject({ message: 'codes.none' });
    await world.addRoll(id, countyA, 'parent', late, { lateReason: '转学补录，学校证明' });
    await issueLateCodes(world.deps, world.actors.operator, id, countyA);
    expect((await world.sentCodes(id, countyA, 'late')).map((r) => r.phone)).toEqual(['13711112222']);
    const slips = await world.sentCodes(id, countyA, 'slips');
    expect(
      slips
        .map((r) => [r.phone, r.school])
        .filter(([, school]) => school !== '')
        .sort(),
    ).toEqual([
      ['', '第一小学'],
      ['0531-88886666', '第一小学'],
    ]);
    expect(slips).toHaveLength(14);
    expect(slips.every((r) => r.text === '')).toBe(true);
  });

  test('nobody of a voided stratum is written to', async () => {
    const before = await world.sentCodes(id, countyA, 'invitation');
    const content = { kind: 'void', county: countyA, group: 'teacher', reportingStratum: null } as const;
    const { operator, secondOperator } = world.actors;
    const proposal = await makeProposal(world.deps, operator, id, content, '教师名册有误，需重做');
    await decideProposal(world.deps, secondOperator, proposal, 'confirmed');
    const after = await world.sentCodes(id, countyA, 'invitation');
    expect(after.map((r) => r.code)).toEqual(before.filter((r) => r.group !== 'teachers').map((r) => r.code));
  });
});

test('answers of an open survey are counted for the page of slips only where there are slips', async () => {
  const asked: string[] = [];
  const storage = new Proxy(world.deps.storage, {
    get(target, name) {
      const found = Reflect.get(target, name, target) as unknown;
      if (typeof found !== 'function') return found;
      return (...args: unknown[]) => {
        asked.push(String(name));
        return (found as (...given: unknown[]) => unknown).apply(target, args);
      };
    },
  });
  const deps = { ...world.deps, storage };
  expect(await countSlips(deps, world.actors.operator, id, countyA)).toMatchObject({ planned: 12, used: 0 });
  expect(asked).toContain('readTallies');
  asked.length = 0;
  const [own] = world.campaignInput().counties;
  const other = await world.openedCampaign({ counties: [{ ...own!, slips: [] }] });
  expect(await countSlips(deps, world.actors.operator, other.id, countyA)).toMatchObject({
    planned: 0,
    used: 0,
  });
  expect(asked).not.toContain('readTallies');
});
