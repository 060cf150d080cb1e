import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { systemActor } from '../../src/domain/campaign/permissions.ts';
import { contentHash } from '../../src/domain/hash.ts';
import type { CampaignId, CountyCode, SchoolId } from '../../src/domain/model/ids.ts';
import { questionnaireSchema } from '../../src/domain/questionnaire/template.ts';
import { createAnswerParser } from '../../src/domain/questionnaire/answers.ts';
import { compileQuestionnaire } from '../../src/domain/questionnaire/compile.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { temporaryFolder } from '../support/at-end.ts';

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../survey-templates/${name}`, import.meta.url), 'utf8'));
const strip = (d: unknown) => {
  const { $schema: _, ...rest } = d as Record<string, unknown>;
  return rest;
};

describe.each([true, false])('sqlite storage, inline %s', (inline) => {
  test('a campaign from roll to close', async () => {
    const folder = temporaryFolder('manyi-smoke');
    const storage = await openSqliteStorage({ directory: folder.path, inline });
    const stamp = { at: 1_000, actor: systemActor };
    const id = '0123456789ab' as CampaignId;
    const county = '990101' as CountyCode;
    const parent = questionnaireSchema.parse(strip(read('parent-2012.json')));
    const profile = strip(read('profiles/basic-2012.json'));
    const q = compileQuestionnaire(parent);
    await storage.createCampaign(
      stamp,
      {
        id,
        name: 'Test',
        purpose: 'self-check',
        commissioner: 'X',
        commissionerPhone: '1',
        closesAt: 9e12,
        storageUntil: 9.1e12,
        selfAdministered: false,
        demo: true,
        profile: contentHash(profile),
        questionnaires: [{ no: 1, hash: q.hash, groups: ['parent'] }],
        counties: [{ code: county, name: 'A', residents: null, slips: [{ group: 'parent', count: 1 }] }],
      },
      [
        { hash: q.hash, kind: 'questionnaire', body: JSON.stringify(parent) },
        { hash: contentHash(profile), kind: 'profile', body: JSON.stringify(profile) },
      ],
      {},
    );
    await storage.freezeFrame(stamp, id, county, {
      root: new Uint8Array(32),
      size: 0,
      version: 0,
    });
    await storage.beginDraw(stamp, id, county, {
      dice: '123',
      seed: new Uint8Array(32),
      moves: [],
      quotas: {},
    });
    const pseudonyms = Array.from({ length: 20 }, (_, i) => new Uint8Array(16).fill(i + 1));
    await storage.saveDrawn(
      id,
      county,
      [],
      pseudonyms.map((pseudonym) => ({
        pseudonym,
        samplingStratum: 1,
        reportingStratum: 1,
        questionnaire: 1,
        set: 'drawn' as const,
      })),
    );
    await storage.finishDraw(
      stamp,
      id,
      county,
      [
        {
          no: 1,
          group: 'parent',
          location: 'urban',
          grade: null,
          kind: 'frame',
          frameSize: 20,
          quota: 20,
          drawn: 20,
          replacements: 0,
        },
      ],
      [
        {
          no: 1,
          group: 'parent',
          level: 'school',
          key: 'a',
          name: 'A',
          schools: ['a' as SchoolId],
          location: 'urban',
          issued: { drawn: 20, replacement: 0, other: 0 },
        },
      ],
    );
    await storage.openCampaign(stamp, id);
    const parser = createAnswerParser(q);
    const sheet = (option: string) => {
      const r = parser.parseJson(
        Object.fromEntries(q.items.flatMap((i) => (i.type === 'rating' ? [[i.id, option]] : []))),
      );
      if (!r.ok) throw new Error(JSON.stringify(r.issues));
      return r.bytes;
    };
    const entry = (i: number, option: string) => ({
      campaign: id,
      county,
      pseudonym: pseudonyms[i]!,
      channel: 'web' as const,
      link: null,
      questionnaire: 1,
      nonce: new Uint8Array(16).fill(7),
      answers: sheet(option),
      textId: new Uint8Array(16).fill(i),
      texts: [],
    });
    expect(
      await storage.recordResponses([entry(0, 'satisfied'), entry(1, 'satisfied'), entry(0, 'dissatisfied')]),
    ).toEqual(['stored', 'stored', 'stored']);
    expect(
      await storage.recordResponses([
        { ...entry(0, 'satisfied'), pseudonym: new Uint8Array(16) },
        { ...entry(2, 'satisfied'), answers: new Uint8Array(3) },
        entry(3, 'satisfied'),
      ]),
    ).toEqual(['unknown', 'failed', 'stored']);
    expect(await storage.countResponses(id, county)).toEqual([
      { reportingStratum: 1, set: 'drawn', channel: 'web', answered: 3, valid: 3 },
    ]);
    await storage.beginClosing(stamp, id);
    expect(await storage.recordResponses([entry(4, 'satisfied')])).toEqual(['closed']);
    await storage.close();
    folder.remove();
  });
});
