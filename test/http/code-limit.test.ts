/** How often one code may send: the same for a code that has answered and one that has not, and never in the way of anybody else. */
import type { FastifyRequest } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answersPerHour, createCodeLimit } from '../../src/http/plugins/code-limit.ts';
import type { RecordResult } from '../../src/domain/model/answer.ts';
import { networkOf } from '../../src/domain/limits/network.ts';
import { isReversed } from '../../src/domain/questionnaire/option-order.ts';
import { campaign, county, now, openSurvey, type OpenSurvey } from './open-survey.ts';
import { createApp, type TestApp } from './support.ts';

let survey: OpenSurvey;
let t: TestApp;
let clock: number;
const hour = 3_600_000;

beforeEach(async () => {
  clock = now;
  survey = await openSurvey();
  const { storage, keys, intake, campaigns } = survey;
  t = await createApp({ storage, keys, intake, campaigns, now: () => clock });
});
afterEach(async () => {
  await t.close();
  await survey.close();
});

const send = (url: string, payload: string, remoteAddress = '203.0.113.7') =>
  t.app.inject({
    method: 'POST',
    url,
    payload,
    remoteAddress,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
const sendJson = (url: string, option = 'satisfied') =>
  t.app.inject({
    method: 'POST',
    url,
    remoteAddress: '203.0.113.7',
    payload: { answers: Object.fromEntries(new URLSearchParams(survey.form(option))) },
  });
const spend = async (url: string, payload = survey.form(), address?: string) => {
  for (let i = 0; i < answersPerHour; i++) expect((await send(url, payload, address)).statusCode).toBe(303);
};
async function revisions(): Promise<number> {
  const counts = await survey.storage.countResponses(campaign, county);
  return counts.reduce((n, c) => n + c.answered, 0);
}

describe('the twenty-first answer of a code within an hour', () => {
  it('is not taken; the page comes back as it was filled in, and says when to send again', async () => {
    const url = `/s/${survey.code(1, 0)}`;
    await spend(url);
    clock += 10 * 60_000;
    const reply = await send(url, survey.form('dissatisfied', { comments: '请改善食堂' }));
    expect(reply.statusCode).toBe(429);
    expect(reply.headers['retry-after']).toBe(String(50 * 60));
    expect(reply.body.match(/value="dissatisfied"\s+checked/g)).toHaveLength(12);
    expect(reply.body).toContain('请改善食堂');
    expect(reply.body).toContain(`最多 ${answersPerHour} 次`);
    expect(reply.body).toContain('请过 50 分钟');
    // With a receipt, or one question at a time: another path, the same limit.
    expect((await send(url, survey.form('dissatisfied', { _receipt: '1' }))).statusCode).toBe(429);
    // What counts is the last one that was taken.
    const [cell] = await survey.storage.countResponses(campaign, county);
    expect(cell).toMatchObject({ answered: 1 });
    clock += 50 * 60_000;
    expect((await send(url, survey.form())).statusCode).toBe(303);
  });

  it('is a problem document for a program, with the same delay', async () => {
    const url = `/s/${survey.code(1, 0)}`;
    for (let i = 0; i < answersPerHour; i++) expect((await sendJson(url)).statusCode).toBe(200);
    const reply = await sendJson(url);
    expect(reply.statusCode).toBe(429);
    expect(reply.headers['retry-after']).toBe('3600');
    expect(reply.json()).toMatchObject({ status: 429, code: 'respondent.too-often.notice' });
  });

  it('is refused however it comes: page, program, kiosk', async () => {
    const code = survey.code(1, 0);
    for (let i = 0; i < 7; i++) {
      expect((await send(`/s/${code}`, survey.form())).statusCode).toBe(303);
      expect((await sendJson(`/s/${code}`)).statusCode).toBe(200);
    }
    for (let i = 0; i < answersPerHour - 14; i++)
      expect((await send('/kiosk/answer', survey.form('satisfied', { _code: code }))).statusCode).toBe(303);
    const kiosk = await send('/kiosk/answer', survey.form('dissatisfied', { _code: code }));
    expect(kiosk.statusCode).toBe(429);
    expect(kiosk.headers['retry-after']).toBe('3600');
    expect(kiosk.body.match(/value="dissatisfied"\s+checked/g)).toHaveLength(12);
    expect((await send(`/s/${code}`, survey.form())).statusCode).toBe(429);
    expect((await sendJson(`/s/${code}`)).statusCode).toBe(429);
  });

  it('is refused also when all come at once', async () => {
    const url = `/s/${survey.code(1, 0)}`;
    const replies = await Promise.all(
      Array.from({ length: answersPerHour + 15 }, () => send(url, survey.form())),
    );
    const taken = replies.filter((r) => r.statusCode === 303);
    expect(taken).toHaveLength(answersPerHour);
    expect(replies.filter((r) => r.statusCode === 429)).toHaveLength(15);
  });

  it('costs ever less to refuse: after some pages one sentence', async () => {
    const url = `/s/${survey.code(1, 0)}`;
    await spend(url);
    const bodies: string[] = [];
    for (let i = 0; i < 2 * answersPerHour; i++) {
      const reply = await send(url, survey.form('dissatisfied'));
      expect(reply.statusCode).toBe(429);
      expect(Number(reply.headers['retry-after'])).toBe(3600);
      bodies.push(reply.body);
    }
    expect(bodies.filter((body) => body.includes('checked')).length).toBe(answersPerHour);
    expect(bodies.at(-1)).toContain('请过 60 分钟再试');
  });
});

describe('the limit', () => {
  it('tells nobody whether a code has answered: another network meets it at the same count', async () => {
    // Of codes that see the options in the same order: that is theirs alone, and tells nothing of answers.
    const codes = Array.from({ length: 10 }, (_, i) => survey.code(1, i)).filter((code) => !isReversed(code));
    const [used, unused] = [`/s/${codes[0]!}`, `/s/${codes[1]!}`];
    for (let i = 0; i < 7; i++) await send(used, survey.form(), '198.51.100.1');
    const seen = async (url: string) => {
      const replies: unknown[] = [];
      for (let i = 0; i < answersPerHour + 2; i++) {
        const { statusCode, headers, body } = await send(url, survey.form());
        replies.push([statusCode, headers['retry-after'], headers.location, body]);
      }
      return replies;
    };
    expect(await seen(used)).toEqual(await seen(unused));
  });

  it('locks nobody out: whoever spends a code’s answers spends those of his own network', async () => {
    const url = `/s/${survey.code(1, 0)}`;
    await spend(url, survey.form('dissatisfied'));
    expect((await send(url, survey.form(), '198.51.100.1')).statusCode).toBe(303);
    await spend(url, survey.form(), '2001:db8:1:2::1');
    expect((await send(url, survey.form(), '2001:db8:1:2:ffff::9')).statusCode).toBe(429);
    expect((await send(url, survey.form(), '2001:db8:1:3::1')).statusCode).toBe(303);
  });

  it('never refuses a first answer: what was not taken does not count', async () => {
    const code = survey.code(1, 0);
    for (let i = 0; i < 2 * answersPerHour; i++) {
      expect((await send(`/s/${code}`, 'distance=satisfied')).statusCode).toBe(422);
      expect((await send(`/s/${code}`, survey.form('satisfied', { _lang: 'zh-CN' }))).statusCode).toBe(200);
    }
    expect((await send(`/s/${code}`, survey.form())).statusCode).toBe(303);
    expect(await revisions()).toBe(1);
  });

  it('does not count what the storage refused, or could not take', async () => {
    const limit = createCodeLimit(() => now);
    const request = { ip: '203.0.113.7' } as FastifyRequest;
    const sendWith = (work: () => Promise<RecordResult>) => limit.send(request, 'X', work);
    for (let i = 0; i < 2 * answersPerHour; i++) {
      expect(await sendWith(() => Promise.resolve('closed'))).toBe('closed');
      await expect(sendWith(() => Promise.reject(new Error('full')))).rejects.toThrow('full');
    }
    expect(limit.look(request, 'X')).toBeNull();
  });

  it('is each code’s own: a school behind one address gets through', async () => {
    for (let i = 0; i < 30; i++)
      for (let k = 0; k < 3; k++)
        expect((await send(`/s/${survey.code(1, i)}`, survey.form())).statusCode).toBe(303);
    expect(await revisions()).toBe(30);
  });

  it('is not stretched by a clock that is set back', async () => {
    const url = `/s/${survey.code(1, 0)}`;
    await spend(url);
    clock -= hour;
    expect((await send(url, survey.form())).statusCode).toBe(303);
  });
});

it('a network is an IPv4 address or 64 bits of an IPv6 address', () => {
  for (const [address, network] of [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:0DB8:0:0:1::', '2001:db8:0:0::/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ] as const)
    expect(networkOf(address)).toBe(network);
});
