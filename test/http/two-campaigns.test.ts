/** With one campaign open an answer's code is looked up only by the writer; with two that road is closed, and nothing must show or change. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { createClient, startService, type Client, type Service } from '../support/service.ts';
import { county, openSmallSurvey } from '../support/small-survey.ts';

let service: Service;
let client: Client;
beforeAll(async () => {
  service = await startService();
  client = createClient(service.port, 4);
});
afterAll(async () => {
  client?.close();
  await service?.close();
});

async function answered(campaign: CampaignId): Promise<number> {
  const counts = await service.deps.storage.countResponses(campaign, county);
  return counts.reduce((n, c) => n + c.answered, 0);
}
const sheet = { way: 'good', meal: 'home' };

describe('answers to two campaigns at once', () => {
  it('go each to its own, before and after the second opens', async () => {
    const first = await openSmallSurvey(service.deps, 30);
    expect((await client.postForm(first.codes[0]!, sheet)).status).toBe(303);
    expect(await answered(first.campaign)).toBe(1);

    const second = await openSmallSurvey(service.deps, 30);
    const replies = [];
    for (const { codes } of [first, second])
      for (const code of codes.slice(0, 5)) replies.push(await client.postForm(code, sheet));
    const shown = replies.map(({ status, headers: { date: _, ...headers }, body }) =>
      JSON.stringify({ status, headers, body }),
    );
    expect(new Set(shown).size).toBe(1);
    expect(await answered(first.campaign)).toBe(5);
    expect(await answered(second.campaign)).toBe(5);
  });
});
