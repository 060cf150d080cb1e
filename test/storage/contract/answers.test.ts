/** Storing answers, on each engine: what is stored and refused, and what happens when two do it at once. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { join } from 'node:path';
import { pseudonymOf, textIdOf } from '../../../src/domain/code/pseudonym.ts';
import { systemActor } from '../../../src/domain/campaign/permissions.ts';
import { toHex } from '../../../src/domain/hash.ts';
import type { CampaignId } from '../../../src/domain/model/ids.ts';
import type { RecordResult, ResponseEntry } from '../../../src/domain/model/answer.ts';
import type { Channel } from '../../../src/domain/model/vocabulary.ts';
import { decodeTally } from '../../../src/domain/scoring/tally/tally-bytes.ts';
import { compileQuestionnaire } from '../../../src/domain/questionnaire/compile.ts';
import { createFileKeyStore } from '../../../src/keys/key-store.ts';
import type { Storage } from '../../../src/storage/port/index.ts';
import {
  benchQuestionnaire,
  campaign,
  codeOf,
  countyCode,
  createRandom,
  createSurvey,
} from '../../bench/support/survey.ts';
import { engines, type OpenEngine } from '../../support/engines.ts';

const codes = 400;
const other = 'zyxwvt987654' as CampaignId;
const stamp = { at: Date.now(), actor: systemActor };
const compiled = compileQuestionnaire(benchQuestionnaire());

for (const engine of engines)
  describe.skipIf(engine.missing !== false)(
    `answers on ${engine.name}${engine.missing === false ? '' : ` (${engine.missing})`}`,
    () => {
      let opened: OpenEngine;
      let storages: readonly [Storage, Storage];
      let keyDir: string;
      const random = createRandom(20_260_512);
      const bytes = (length: number, below = 256) =>
        Uint8Array.from({ length }, () => Math.floor(random() * below));

      beforeAll(async () => {
        opened = await engine.open();
        ({ storages } = opened);
        keyDir = join(opened.directory, 'keys');
        await createSurvey(storages[0], keyDir, { counties: 2, codes, answered: 0 });
        // Codes of its own, as its key is another one.
        await createSurvey(storages[0], keyDir, { counties: 1, codes: 20, answered: 0 }, other);
      });
      afterAll(() => opened?.close());

      function entryOf(code: number, patch: Partial<ResponseEntry> = {}, id = campaign): ResponseEntry {
        const keys = createFileKeyStore(keyDir);
        return {
          campaign: id,
          county: null,
          pseudonym: pseudonymOf(keys.use(id, 'pseudonym'), codeOf(code)),
          channel: 'web',
          link: null,
          questionnaire: 1,
          nonce: bytes(16),
          answers: Uint8Array.from({ length: compiled.byteLength }, () => 1 + Math.floor(random() * 4)),
          textId: textIdOf(keys.use(id, 'text'), codeOf(code)),
          texts: [],
          ...patch,
        };
      }
      const record = (...batch: ResponseEntry[]) => storages[0].recordResponses(batch);
      const counted = async (id: CampaignId = campaign) => {
        const found = [];
        for (const county of id === campaign ? [countyCode(0), countyCode(1)] : [countyCode(0)])
          for (const cell of await storages[1].readTallies(id, county))
            found.push(decodeTally(compiled, cell.bytes).n);
        return found.reduce((a, b) => a + b, 0);
      };
      /** The answer that counts, as both ways of counting see it, is held against the other: no difference. */
      const assertSound = async () => {
        const results = await storages[1].recount(campaign, [countyCode(0), countyCode(1)]);
        expect(results.flatMap((r) => r.differences)).toEqual([]);
        return results.reduce((n, r) => n + r.responses, 0);
      };

      test('stored, and counted once, whatever comes again', async () => {
        expect(await record(entryOf(0), entryOf(1))).toEqual(['stored', 'stored']);
        expect(await record(entryOf(0))).toEqual(['stored']);
        expect(await record(entryOf(0), entryOf(0), entryOf(2))).toEqual(['stored', 'stored', 'stored']);
        expect(await counted()).toBe(3);
        expect(await assertSound()).toBe(3);
      });

      test('a batch is stored in its order: the last entry of a code counts', async () => {
        const last = entryOf(3, { texts: [{ item: 'comments', body: '第三次' }] });
        const batch = [
          entryOf(3, { texts: [{ item: 'comments', body: '第一次' }] }),
          entryOf(3, { texts: [{ item: 'comments', body: '第二次' }] }),
          last,
        ];
        await storages[1].recordResponses(batch);
        const texts = await storages[0].listTexts(campaign, countyCode(1));
        expect(texts.filter((t) => toHex(t.textId) === toHex(last.textId)).map((t) => t.body)).toEqual([
          '第三次',
        ]);
        expect(
          await storages[0].findLeafHash(campaign, countyCode(1), last.pseudonym, last.nonce),
        ).toBeDefined();
      });

      test('an entry by others does not replace what somebody sent himself', async () => {
        const own = entryOf(4, { texts: [{ item: 'comments', body: '我自己写的' }] });
        const byOthers = () =>
          record(
            entryOf(4, { channel: 'assisted' as Channel, texts: [{ item: 'comments', body: '别人录入的' }] }),
          );
        const bodies = async () =>
          (await storages[1].listTexts(campaign, countyCode(0)))
            .filter((t) => toHex(t.textId) === toHex(own.textId))
            .map((t) => t.body);
        expect(await record(own)).toEqual(['stored']);
        expect(await byOthers()).toEqual(['stored']);
        expect(await bodies()).toEqual(['我自己写的']);
        expect(await record(entryOf(4, { texts: [] }))).toEqual(['stored']);
        expect(await bodies()).toEqual([]);
        // Who wrote nothing gets no comment of somebody else.
        expect(await byOthers()).toEqual(['stored']);
        expect(await bodies()).toEqual([]);
        await assertSound();
      });

      test('an entry by others that failed leaves nothing behind: the next one is stored', async () => {
        const byOthers = (...texts: ResponseEntry['texts']) =>
          record(entryOf(390, { channel: 'paper' as Channel, texts }));
        const comment = { item: 'comments', body: '好' };
        expect(await byOthers(comment)).toEqual(['stored']);
        expect(await byOthers(comment)).toEqual(['stored']);
        // Two comments on one question: there is no such sheet.
        expect(await byOthers(comment, comment)).toEqual(['failed']);
        expect(await byOthers(comment)).toEqual(['stored']);
        const { pseudonym } = entryOf(390);
        expect(await storages[1].haveAnswered(campaign, countyCode(0), [pseudonym])).toEqual([true]);
        await assertSound();
      });

      test('a report of pressure stays, and an empty one does not blank it', async () => {
        const id = bytes(16);
        const report = (body: string) => entryOf(6, { pressure: { id, source: 'school', body } });
        await record(report('老师说都选满意'));
        await record(report(''));
        expect(await storages[1].listPressure(campaign, countyCode(0))).toEqual([
          { id, source: 'school', body: '老师说都选满意', reportingStratum: expect.any(Number) },
        ]);
        await record(report('又说了一次'));
        expect((await storages[1].listPressure(campaign, countyCode(0)))[0]!.body).toBe('又说了一次');
      });

      test('refused: a code that is none, another county, another questionnaire, no answer sheet', async () => {
        const before = await assertSound();
        const refused = [
          entryOf(7, { pseudonym: bytes(16) }),
          entryOf(7, { county: countyCode(0) }),
          entryOf(7, { questionnaire: 2 }),
          entryOf(7, { answers: Uint8Array.of(1) }),
          entryOf(7, { campaign: 'n0such5urvey' as CampaignId }),
          entryOf(7, { link: 'nosuchlink00', channel: 'link' as Channel }),
        ];
        const expected: RecordResult[] = [
          'unknown',
          'unknown',
          'other-questionnaire',
          'failed',
          'unknown',
          'unknown',
        ];
        for (const [i, entry] of refused.entries())
          expect(await record(entry), String(i)).toEqual([expected[i]]);
        expect(await record(...refused, entryOf(8))).toEqual([...expected, 'stored']);
        expect(await assertSound()).toBe(before + 1);
      });

      test('the same sheet for other campaigns: stored in the one that knows the code', async () => {
        const unknown = entryOf(9, { pseudonym: bytes(16) });
        const known = entryOf(1, {}, other);
        expect(
          await record({ ...unknown, otherwise: [entryOf(9, { pseudonym: bytes(16) }), known] }),
        ).toEqual(['stored']);
        expect(await counted(other)).toBe(1);
        expect(await record({ ...unknown, otherwise: [{ ...known, questionnaire: 9 }, known] })).toEqual([
          'other-questionnaire',
        ]);
      });

      test('by an open link: each visitor answers once, and may answer again, beside codes in one batch', async () => {
        const link = 'opentoall000';
        await storages[0].createLinks(stamp, [
          {
            ...{ id: link, campaign: other, county: countyCode(0), group: 'parent', school: null },
            ...{ reportingStratum: 2, questionnaire: 1, createdAt: Date.now() },
          },
        ]);
        const visits = (visitor: Uint8Array, body: string) =>
          entryOf(
            0,
            {
              ...{ link, channel: 'link' as Channel, pseudonym: visitor, textId: visitor },
              texts: body === '' ? [] : [{ item: 'comments', body }],
            },
            other,
          );
        const [one, two] = [bytes(16), bytes(16)];
        // Of another survey it is none.
        expect(await record({ ...visits(one, ''), campaign })).toEqual(['unknown']);
        expect(await record(visits(one, '第一次'), visits(two, '另一位'), entryOf(3, {}, other))).toEqual(
          Array(3).fill('stored'),
        );
        expect(await storages[1].recordResponses([visits(one, '第二次'), visits(two, '')])).toEqual(
          Array(2).fill('stored'),
        );
        const bodies = (await storages[0].listTexts(other, countyCode(0))).map((t) => t.body);
        expect(bodies).toEqual(['第二次']);
        const [found] = await storages[1].recount(other, [countyCode(0)]);
        // One by its code of the test before.
        expect(found).toMatchObject({ responses: 4, differences: [] });
        expect(await storages[0].haveAnswered(other, countyCode(0), [one, two, bytes(16)])).toEqual([
          true,
          true,
          false,
        ]);
      });

      test('asked for by its code', async () => {
        const entry = entryOf(1);
        const found = (await storages[1].findIssued(campaign, entry.pseudonym))!;
        expect(found).toMatchObject({ county: countyCode(1), questionnaire: 1, set: 'drawn' });
        expect(await storages[1].findIssued(campaign, bytes(16))).toBeUndefined();
        expect(await storages[1].findIssued('n0such5urvey' as CampaignId, entry.pseudonym)).toBeUndefined();
        const asked = [entry.pseudonym, bytes(16), entryOf(0).pseudonym];
        expect(await storages[1].haveAnswered(campaign, countyCode(1), asked)).toEqual([true, false, false]);
      });

      test('many batches at once, of the same codes in any order: no deadlock, every revision once', async () => {
        const before = new Map<number, number>();
        const sent = new Map<string, number>();
        const batches = Array.from({ length: 40 }, () =>
          Array.from({ length: 25 }, () => {
            const code = 100 + Math.floor(random() * 60);
            before.set(code, (before.get(code) ?? 0) + 1);
            const entry = entryOf(code);
            sent.set(toHex(entry.nonce), code);
            return entry;
          }),
        );
        const results = await Promise.all(batches.map((batch, i) => storages[i % 2]!.recordResponses(batch)));
        expect(new Set(results.flat())).toEqual(new Set(['stored']));
        // Every sheet has a leaf, and no two of a code have the same one.
        const leaves = new Set<string>();
        for (const entry of batches.flat()) {
          const county = countyCode(sent.get(toHex(entry.nonce))! % 2);
          const hash = await storages[0].findLeafHash(campaign, county, entry.pseudonym, entry.nonce);
          leaves.add(toHex(hash!));
        }
        expect(leaves.size).toBe(1000);
        await assertSound();
      });

      test('voided and closed while answers come: nothing is stored behind the last moment', async () => {
        const id = 'proposal0001';
        const { reporting } = await storages[0].readStrata(campaign, countyCode(0));
        await storages[0].createProposal(stamp, {
          id,
          campaign,
          content: { kind: 'void', county: countyCode(0), group: null, reportingStratum: reporting[2]!.no },
          reason: '问卷发错了学校',
        });
        const inStratum = entryOf(4);
        expect(await storages[1].recordResponses([inStratum])).toEqual(['stored']);
        expect(await storages[1].findProposal(id)).toMatchObject({ id, campaign, decision: 'pending' });
        expect(await storages[1].findProposal('proposal0002')).toBeUndefined();
        const second = { ...stamp, actor: { ...systemActor, userId: 'second000000', name: 'second' } };
        await storages[0].decideProposal(second, id, 'confirmed');
        expect(await storages[0].findProposal(id)).toMatchObject({
          decision: 'confirmed',
          reason: '问卷发错了学校',
        });
        expect((await storages[1].findIssued(campaign, inStratum.pseudonym))!.reportingStratum).toBe(3);
        // The other process has remembered the campaign as it was before.
        expect(await storages[1].recordResponses([entryOf(4), entryOf(0)])).toEqual(['voided', 'stored']);

        let isClosed = false;
        const answering = Promise.all(
          [0, 1].map(async (s) => {
            const all: { readonly result: RecordResult; readonly after: boolean }[] = [];
            for (let i = 0; i < 400; i++) {
              const after = isClosed;
              const [result] = await storages[s]!.recordResponses([
                entryOf(200 + 2 * Math.floor(random() * 90) + 1),
              ]);
              all.push({ result: result!, after });
              if (result === 'closed' && i > 5) break;
            }
            return all;
          }),
        );
        await new Promise((resolve) => setTimeout(resolve, 30));
        await storages[0].beginClosing(stamp, campaign);
        isClosed = true;
        const stored = await assertSound();
        const results = (await answering).flat();
        expect(results.filter((r) => r.after && r.result !== 'closed')).toEqual([]);
        expect(results.some((r) => r.result === 'closed')).toBe(true);
        expect(await assertSound()).toBe(stored);
        expect(await storages[1].recordResponses([entryOf(0)])).toEqual(['closed']);
        // It may have known the code; that another survey does not is no reason to say “unknown”.
        const unknown = entryOf(0, { pseudonym: bytes(16) }, other);
        expect(await record({ ...entryOf(0), otherwise: [unknown] })).toEqual(['closed']);
        // Not the survey that is still open.
        expect(await storages[1].recordResponses([entryOf(2, {}, other)])).toEqual(['stored']);
      });
    },
  );
