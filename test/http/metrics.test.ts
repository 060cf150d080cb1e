import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { campaign, county, now, openSurvey, type OpenSurvey } from './open-survey.ts';
import { createApp, type TestApp } from './support.ts';

let survey: OpenSurvey;
let t: TestApp | undefined;
beforeEach(async () => {
  survey = await openSurvey();
});
afterEach(async () => {
  await t?.close();
  t = undefined;
  await survey.close();
});

async function serve(metricsToken: string | null): Promise<TestApp> {
  const { storage, keys, intake, campaigns } = survey;
  t = await createApp({ storage, keys, intake, campaigns, now: () => now, http: { metricsToken } });
  return t;
}

const reading = { url: '/metrics', headers: { authorization: 'Bearer a-token-of-many-characters' } };

describe('the numbers for Prometheus', () => {
  it('tell how the intake does, and nothing of what is in it', async () => {
    const { app } = await serve('a-token-of-many-characters');
    const type = 'application/x-www-form-urlencoded';
    for (let i = 0; i < 3; i++)
      await app.inject({
        method: 'POST',
        url: `/s/${survey.code(1, i)}`,
        payload: survey.form(),
        headers: { 'content-type': type },
      });
    const { statusCode, body, headers } = await app.inject({
      url: '/metrics',
      headers: { authorization: 'Bearer a-token-of-many-characters' },
    });
    expect(statusCode).toBe(200);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    const value = (name: string) =>
      Number(
        body
          .split('\n')
          .find((l) => l.startsWith(`${name} `))
          ?.split(' ')[1],
      );
    expect(value('manyi_intake_recorded_total')).toBe(3);
    expect(value('manyi_intake_queue_depth')).toBe(0);
    expect(value('manyi_intake_refused_total')).toBe(0);
    expect(value('manyi_intake_batch_size_sum')).toBe(3);
    expect(value('manyi_intake_commit_seconds_count')).toBe(value('manyi_intake_batch_size_count'));
    expect(value('manyi_storage_writer_up')).toBe(1);
    // Those of a database server are told only where there is one.
    expect(body).not.toContain('manyi_database_');
    for (const line of body.trim().split('\n'))
      expect(line).toMatch(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{le="[0-9.+Inf]+"\})? [0-9.e+-]+)$/);
    for (const secret of [campaign, county, survey.code(1, 0)]) expect(body).not.toContain(secret);
  });

  it('tell how late the event loop came round, since the last reading', async () => {
    const { app } = await serve('a-token-of-many-characters');
    const worst = async () =>
      Number(/^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec((await app.inject(reading)).body)?.[1]);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const until = performance.now() + 200;
    while (performance.now() < until);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(await worst()).toBeGreaterThan(0.1);
    // Read and forgotten: nothing was measured in between.
    expect(await worst()).toBeLessThan(0.1);
    const { body } = await app.inject(reading);
    expect(body).toMatch(/^nodejs_eventloop_lag_seconds [0-9.e-]+$/m);
  });

  it('are for nobody without a token: a proxy may stand on this machine and set no header', async () => {
    const { app } = await serve(null);
    expect((await app.inject('/metrics')).statusCode).toBe(404);
    expect((await app.inject({ url: '/metrics', remoteAddress: '127.0.0.1' })).statusCode).toBe(404);
    expect((await app.inject({ url: '/metrics', headers: { authorization: 'Bearer ' } })).statusCode).toBe(
      404,
    );
  });

  it('look like a page that is not there, however often a wrong token is tried, and never refuse the right one', async () => {
    const { storage, keys, intake, campaigns } = survey;
    const http = { metricsToken: 'a-token-of-many-characters' };
    t = await createApp({
      storage,
      keys,
      intake,
      campaigns,
      now: () => now,
      http,
      limits: { missesByAddress: 3 },
    });
    const statuses = async (url: string, remoteAddress: string) => {
      const found = [];
      for (let i = 0; i < 5; i++)
        found.push(
          (await t!.app.inject({ url, remoteAddress, headers: { authorization: `Bearer ${i}` } })).statusCode,
        );
      return found;
    };
    const unknown = await statuses('/nothing-here', '10.0.0.1');
    expect(unknown).toEqual([404, 404, 404, 429, 429]);
    expect(await statuses('/metrics', '10.0.0.2')).toEqual(unknown);
    expect((await t.app.inject({ ...reading, remoteAddress: '10.0.0.2' })).statusCode).toBe(200);
    expect((await t.app.inject({ url: '/metrics', remoteAddress: '10.0.0.3' })).statusCode).toBe(404);
  });

  it('are for whoever brings the token, if there is one', async () => {
    const { app } = await serve('a-token-of-many-characters');
    const ask = (authorization?: string) =>
      app.inject({
        url: '/metrics',
        remoteAddress: '10.1.2.3',
        headers: authorization === undefined ? {} : { authorization },
      });
    expect((await ask('Bearer a-token-of-many-characters')).statusCode).toBe(200);
    expect((await ask('Bearer another')).statusCode).toBe(404);
    expect((await ask()).statusCode).toBe(404);
    expect((await app.inject('/metrics')).statusCode).toBe(404);
  });
});
