/** Whoever sends an answer a byte at a time is cut off in the end, and nobody else waits for it. */
import { startService } from '../support/service.ts';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { county, openSmallSurvey } from '../support/small-survey.ts';

it('a body that trickles in is cut off, counted for nothing, and holds nobody up', async () => {
  const service = await startService();
  try {
    const { campaign, codes } = await openSmallSurvey(service.deps, 150);
    const [slow, quick] = [...codes] as [string, string];
    const socket = connect(service.port, '127.0.0.1');
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.write(
      `POST /s/${slow} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000\r\n\r\nway=great`,
    );
    const drip = setInterval(() => socket.write('&'), 1000);
    const others = await fetch(`http://127.0.0.1:${service.port}/s/${quick}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ answers: { way: 'good', meal: 'home' } }),
    });
    expect(others.status).toBe(200);
    await closed;
    clearInterval(drip);
    expect(received).not.toMatch(/^HTTP\/1\.1 [23]/);
    const counts = await service.deps.storage.countResponses(campaign, county);
    expect(counts.reduce((n, c) => n + c.answered, 0)).toBe(1);
  } finally {
    await service.close();
  }
});
