/** What one code can do to the counts when its holder is impatient, over a real socket and the storage with its threads. */
import Database from 'better-sqlite3';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { itemCounts } from '../../src/domain/scoring/tally/tally.ts';
import { decodeTally } from '../../src/domain/scoring/tally/tally-bytes.ts';
import { createClient, inParallel, startService, type Client, type Service } from '../support/service.ts';
import { county, openSmallSurvey, questionnaire } from '../support/small-survey.ts';

let service: Service;
let client: Client;
let campaign: CampaignId;
let codes: string[];

beforeAll(async () => {
  service = await startService();
  const survey = await openSmallSurvey(service.deps, 150);
  campaign = survey.campaign;
  codes = [...survey.codes];
  client = createClient(service.port, 100);
});
afterAll(async () => {
  client?.close();
  await service?.close();
});

const freshCode = () => codes.pop()!;
const ways = ['great', 'good', 'fair', 'poor'];
const sheet = (way: string) => ({ way, meal: 'home' });

/** Respondents counted, their answers to the first item by option, and all revisions stored. */
async function counted() {
  const { storage } = service.deps;
  const counts = await storage.countResponses(campaign, county);
  const byWay = ways.map(() => 0);
  for (const { bytes } of await storage.readTallies(campaign, county)) {
    const item = itemCounts(decodeTally(questionnaire, bytes), 0);
    if (item.type === 'rating') item.options.forEach((n, i) => (byWay[i]! += n));
  }
  const file = new Database(join(service.directory, 'data', 'manyi.db'), { readonly: true });
  const revisions = file.prepare('SELECT count(*) FROM responses').pluck().get() as number;
  file.close();
  return { respondents: counts.reduce((n, c) => n + c.answered, 0), byWay, revisions };
}

async function change(during: () => Promise<void>) {
  const before = await counted();
  await during();
  const after = await counted();
  return {
    respondents: after.respondents - before.respondents,
    byWay: after.byWay.map((n, i) => n - before.byWay[i]!),
    revisions: after.revisions - before.revisions,
  };
}

async function send(code: string, way: string): Promise<void> {
  expect((await client.postForm(code, sheet(way))).status).toBe(303);
}

describe('one code', () => {
  it('counts once after eight simultaneous submissions', async () => {
    const code = freshCode();
    const { respondents, byWay, revisions } = await change(async () => {
      await Promise.all(Array.from({ length: 8 }, (_, i) => send(code, ways[i % 4]!)));
    });
    expect({ respondents, revisions }).toEqual({ respondents: 1, revisions: 8 });
    expect(byWay.toSorted()).toEqual([0, 0, 0, 1]);
  });

  // As many as one network may send with one code in an hour.
  it('counts once after twenty at once', async () => {
    const code = freshCode();
    const { respondents, byWay, revisions } = await change(async () => {
      await Promise.all(Array.from({ length: 20 }, (_, i) => send(code, ways[i % 4]!)));
    });
    expect({ respondents, revisions }).toEqual({ respondents: 1, revisions: 20 });
    expect(byWay.toSorted()).toEqual([0, 0, 0, 1]);
  });

  it('counts once after a double tap', async () => {
    const code = freshCode();
    const result = await change(async () => {
      await Promise.all([send(code, 'fair'), send(code, 'fair')]);
    });
    expect(result).toEqual({ respondents: 1, byWay: [0, 0, 1, 0], revisions: 2 });
  });

  it('counts the second answer if it was sent after the first was acknowledged', async () => {
    const own = Array.from({ length: 60 }, freshCode);
    const result = await change(async () => {
      await inParallel(own, 20, async (code) => {
        await send(code, 'great');
        await send(code, 'poor');
      });
    });
    expect(result).toEqual({ respondents: 60, byWay: [0, 0, 0, 60], revisions: 120 });
  });

  it('counts the answer sent after a crowd of others was acknowledged', async () => {
    const code = freshCode();
    const result = await change(async () => {
      await Promise.all(Array.from({ length: 19 }, (_, i) => send(code, ways[i % 3]!)));
      await send(code, 'poor');
    });
    expect(result).toEqual({ respondents: 1, byWay: [0, 0, 0, 1], revisions: 20 });
  });
});

describe('what comes back', () => {
  const answer = new URLSearchParams(sheet('good')).toString();
  const other = new URLSearchParams(sheet('poor')).toString();
  const post = (code: string, body: string) =>
    `POST /s/${code} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  const get = (code: string) =>
    `GET /s/${code} HTTP/1.1\r\nhost: x\r\nconnection: close\r\naccept-encoding: br\r\n\r\n`;

  /** Every byte on the wire but the clock's. */
  function bytesOf(request: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      const socket = connect(service.port, '127.0.0.1', () => socket.write(request));
      socket.on('data', (chunk) => chunks.push(chunk));
      socket.on('error', reject);
      socket.on('end', () =>
        resolve(
          Buffer.concat(chunks)
            .toString('latin1')
            .replace(/^date:.*\r\n/im, ''),
        ),
      );
    });
  }

  it('is the same bytes for the first answer, the tenth, and another code', async () => {
    const [one, two] = [freshCode(), freshCode()];
    const first = await bytesOf(post(one, answer));
    expect(first).toMatch(/^HTTP\/1\.1 303 /);
    expect(await bytesOf(post(one, answer))).toBe(first);
    for (let i = 0; i < 8; i++) expect(await bytesOf(post(one, other))).toBe(first);
    expect(await bytesOf(post(two, answer))).toBe(first);
  });

  it('is the same questionnaire before and after answering', async () => {
    const code = freshCode();
    const before = await bytesOf(get(code));
    expect(before).toMatch(/^HTTP\/1\.1 200 /);
    await bytesOf(post(code, answer));
    expect(await bytesOf(get(code))).toBe(before);
  });
});

it('the count of the rows agrees with the tallies after all that', async () => {
  const { responses, differences } = (await service.deps.storage.recount(campaign, [county]))[0]!;
  expect(differences).toEqual([]);
  expect(responses).toBe((await counted()).respondents);
});
