/** What the first visit to each shipped questionnaire costs: the page and all that it names, compressed, with the heads of the replies. */
import type { FastifyInstance } from 'fastify';
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { minifiedAssets } from '../support/minified.ts';
import { now, openSurvey, template } from './open-survey.ts';
import { createApp } from './support.ts';

const folder = new URL('../../survey-templates/', import.meta.url);
const questionnaires = readdirSync(folder, { recursive: true })
  .map((name) => String(name).replaceAll('\\', '/'))
  .filter((name) =>
    /^(balanced\/)?(parent|teacher|principal|deputy|public)-\d{4}(-balanced)?\.json$/.test(name),
  );
/** 8.2 kB, the limit of the design. */
const mostBytes = 8_200;

async function bytesOf(app: FastifyInstance, url: string, language: string): Promise<[number, string]> {
  const headers = { 'accept-encoding': 'br', 'accept-language': language };
  const reply = await app.inject({ url, headers });
  expect(reply.statusCode, url).toBe(200);
  expect(reply.headers['content-encoding'], url).toBe('br');
  const head = Object.entries(reply.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
  const plain = await app.inject({ url, headers: { 'accept-language': language } });
  return [reply.rawPayload.length + `HTTP/1.1 200 OK\r\n${head.join('')}\r\n`.length, plain.body];
}

test('all of them are looked at', () => expect(questionnaires).toHaveLength(20));

test.each(questionnaires)('%s', async (name) => {
  const survey = await openSurvey({ questionnaire: template(name) });
  const { storage, keys, intake, campaigns } = survey;
  const served = await createApp({
    storage,
    keys,
    intake,
    campaigns,
    now: () => now,
    http: { assets: minifiedAssets() },
  });
  try {
    for (const language of ['zh-CN', 'en']) {
      const [page, html] = await bytesOf(served.app, `/s/${survey.code(1, 0)}`, language);
      const named = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path!);
      const others = await Promise.all(named.map((path) => bytesOf(served.app, path, language)));
      const all = page + others.reduce((sum, [bytes]) => sum + bytes, 0);
      expect(
        all,
        `${language}: ${[page, ...others.map(([bytes]) => bytes)].join(' + ')}`,
      ).toBeLessThanOrEqual(mostBytes);
    }
  } finally {
    await served.close();
    await survey.close();
  }
});
