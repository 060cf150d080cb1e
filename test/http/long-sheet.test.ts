/** Sheets with very long texts: percent-encoded, a Chinese character takes nine bytes and an emoji twelve. */
import { connect, type AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { campaign, county, now, openSurvey, template, type OpenSurvey } from './open-survey.ts';
import { createApp, type TestApp } from './support.ts';

let survey: OpenSurvey;
let t: TestApp;

async function serve(questionnaire?: unknown): Promise<void> {
  survey = await openSurvey({ questionnaire });
  const { storage, keys, intake, campaigns } = survey;
  t = await createApp({ storage, keys, intake, campaigns, now: () => now });
}
afterEach(async () => {
  await t.close();
  await survey.close();
});

const post = (url: string, payload: string, headers: Record<string, string> = {}) =>
  t.app.inject({
    method: 'POST',
    url,
    payload,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  });
async function answered(): Promise<number> {
  const counts = await survey.storage.countResponses(campaign, county);
  return counts.reduce((sum, c) => sum + c.answered, 0);
}

const long = '长'.repeat(8000);

it('come back with every answer, and say how short the text must be', async () => {
  await serve();
  const url = `/s/${survey.code(1, 0)}`;
  const reply = await post(url, survey.form('satisfied', { comments: long }));
  expect(reply.statusCode).toBe(422);
  expect(reply.body).toContain('写得太长了，请缩短到 500 个字以内');
  expect(reply.body).toContain(`\n${long}</textarea>`);
  expect(reply.body.match(/value="satisfied"\s+checked/g)).toHaveLength(12);
  expect(await answered()).toBe(0);
  expect((await post(url, survey.form('satisfied', { comments: long.slice(0, 500) }))).statusCode).toBe(303);
  expect(await answered()).toBe(1);
});

it('come back in the language of the sheet, one question a page, and on a shared device', async () => {
  await serve();
  const code = survey.code(1, 0);
  const url = `/s/${code}`;
  const english = await post(url, survey.form('satisfied', { _language: 'en', comments: long }));
  expect(english.body).toContain('shorten it to 500 characters');
  const stepped = await post(url, survey.form('satisfied', { _at: '16', comments: long }));
  expect([stepped.statusCode, stepped.body.includes(`${long}</textarea>`)]).toEqual([422, true]);
  expect(stepped.body).toContain('name="_at"');
  expect(stepped.body.match(/type="hidden"[^>]*value="satisfied"/g)).toHaveLength(12);
  const kiosk = await post('/kiosk/answer', survey.form('satisfied', { _code: code, comments: long }));
  expect([kiosk.statusCode, kiosk.body.includes(`${long}</textarea>`)]).toEqual([422, true]);
  expect(await answered()).toBe(0);
});

it('are stored if every text is allowed', async () => {
  const document = template('parent-2012.json') as {
    items: { id: string; type: string; maxLength?: number }[];
  };
  const text = document.items.find((item) => item.type === 'text')!;
  const texts = ['comments', 'more1', 'more2', 'more3', 'more4'];
  document.items = [
    ...document.items.filter((item) => item !== text),
    ...texts.map((id) => ({ ...text, id, maxLength: 2000 })),
  ];
  await serve(document);
  const full = (one: string) => Object.fromEntries(texts.map((id) => [id, one.repeat(2000)]));
  expect((await post(`/s/${survey.code(1, 0)}`, survey.form('satisfied', full('好')))).statusCode).toBe(303);
  expect((await post(`/s/${survey.code(1, 1)}`, survey.form('satisfied', full('😀')))).statusCode).toBe(303);
  expect(await answered()).toBe(2);
  // A receipt is a page of its own.
  const receipt = await post(
    `/s/${survey.code(1, 2)}`,
    survey.form('satisfied', { ...full('好'), _receipt: '1' }),
  );
  expect([receipt.statusCode, receipt.body.includes('id="receipt"')]).toEqual([200, true]);
});

it('are refused beyond a megabyte, or for their number of fields, with what to do and a way back', async () => {
  await serve();
  const url = `/s/${survey.code(1, 0)}`;
  for (const more of ['&comments='.padEnd(1024 * 1024, 'x'), '&x=1'.repeat(17_000)]) {
    const reply = await post(`${url}?lang=zh-CN`, `_language=en&${survey.form()}${more}`);
    expect(reply.statusCode).toBe(413);
    expect(reply.body).toContain('your answers have not been saved');
    expect(reply.body).toContain(`href="${url}?lang=en"`);
  }
  expect((await post('/kiosk/answer', 'x'.repeat(1_100_000))).body).toContain('href="/kiosk?lang=');
  const json = await post(url, 'x'.repeat(70_000), { accept: 'application/json' });
  expect([json.statusCode, json.json().code]).toEqual([413, 'http.too-large']);
  expect(await answered()).toBe(0);
});

it('of a mistyped code get the page that asks for the code', async () => {
  await serve();
  const { body, statusCode } = await post('/s/ZZZZZZZZZ8', survey.form('satisfied', { comments: long }));
  expect([statusCode, body.includes('答题码')]).toEqual([422, true]);
});

it('are read sixteen at a time, so that slow ones cannot fill the memory', async () => {
  await serve();
  await t.app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = t.app.server.address() as AddressInfo;
  const url = `/s/${survey.code(1, 0)}`;
  const head =
    `POST ${url} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n` +
    `Content-Length: ${1024 * 1024}\r\n\r\ncomments=`;
  const slow = Array.from({ length: 16 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  let arrived = 0;
  const all = new Promise<void>((resolve) => {
    t.app.server.on('request', () => {
      if (++arrived === slow.length) resolve();
    });
  });
  for (const socket of slow) socket.write(head);
  await all;
  const send = async () => (await post(url, survey.form('satisfied', { comments: long }))).statusCode;
  await expect.poll(send).toBe(413);
  for (const socket of slow) socket.destroy();
  await expect.poll(send).toBe(422);
});
