/** Clocks that jump, and a survey that closes while people press the button: whoever was thanked is counted, everybody else is told. */
import Database from 'better-sqlite3';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { composeService, createLogger, type Service } from '../../src/compose.ts';
import { readConfig } from '../../src/config.ts';
import { systemActor } from '../../src/domain/campaign/permissions.ts';
import { pseudonymOf } from '../../src/domain/code/pseudonym.ts';
import { toHex } from '../../src/domain/hash.ts';
import { createFileKeyStore } from '../../src/keys/key-store.ts';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import {
  answerFrom,
  campaign,
  codeOf,
  counties,
  countyCode,
  createLedger,
  createPlace,
  createSheets,
} from '../support/answering.ts';
import { holdClock } from '../support/clock.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const codes = 600;
let place: Awaited<ReturnType<typeof createPlace>>;
let service: Service;
let clock: number;
let port: number;
beforeEach(async () => {
  place = await createPlace(codes);
  clock = Date.now();
  const config = readConfig({
    PORT: '0',
    DATA_DIR: place.data,
    KEY_DIR: place.keys,
    BACKUP_DIR: `${place.directory}/backups`,
  });
  service = await composeService(config, createLogger({ logLevel: 'silent' }), { now: () => clock });
  port = Number(new URL(await service.start()).port);
});
afterEach(async () => {
  await service.stop();
  place.remove();
});

async function counted(): Promise<number> {
  let n = 0;
  for (let c = 0; c < counties; c++) {
    const { differences, responses } = (await service.deps.storage.recount(campaign, [countyCode(c)]))[0]!;
    expect(differences).toEqual([]);
    n += responses;
  }
  return n;
}

describe('a clock that jumps', () => {
  it('back by a day, or over midnight in Shanghai, loses and doubles nothing; the last answer counts, whatever the clock says', async () => {
    const sheets = createSheets(21);
    const hour = 3_600_000;
    const midnight = Date.UTC(2026, 11, 31, 16);
    const last = new Map<string, string>();
    const moments = [
      midnight - 1,
      midnight,
      midnight + 1,
      midnight - 24 * hour,
      midnight + 30 * 24 * hour,
      midnight - 1,
    ];
    for (const [k, moment] of moments.entries()) {
      clock = moment;
      for (const i of [0, 1, 2, 10 + k]) {
        const sheet = sheets.next();
        const reply = await service.app.inject({
          method: 'POST',
          url: `/s/${codeOf(i)}`,
          payload: sheet.form,
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        });
        expect(reply.statusCode).toBe(303);
        last.set(codeOf(i), sheet.bytes);
      }
    }
    expect(await counted()).toBe(3 + moments.length);
    expectLast(last, createFileKeyStore(place.keys).use(campaign, 'pseudonym'));
  });

  it('back over the closing time takes answers again only while nobody has closed', async () => {
    const { closesAt } = (await service.deps.storage.findCampaign(campaign))!;
    const sheets = createSheets(22);
    const answer = async (i: number) =>
      (
        await service.app.inject({
          method: 'POST',
          url: `/s/${codeOf(i)}`,
          payload: sheets.next().form,
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        })
      ).statusCode;
    expect(await answer(0)).toBe(303);
    clock = closesAt;
    expect(await answer(1)).toBe(404);
    clock = closesAt - 1;
    expect(await answer(1)).toBe(303);
    // A jump this long closes nothing until a person has confirmed the date.
    await expect(closeCampaign(service.deps, systemActor, campaign)).rejects.toThrow('clock.unconfirmed');
    await holdClock(service.deps.storage, clock);
    await closeCampaign(service.deps, systemActor, campaign);
    clock = closesAt - 1000;
    expect(await answer(2)).toBe(404);
    expect(await counted()).toBe(2);
  });
});

describe('closing while submissions are in flight', () => {
  it('counts each that was thanked, and tells every other that the survey has closed', async () => {
    const key = createFileKeyStore(place.keys).use(campaign, 'pseudonym').slice();
    const ledger = createLedger();
    const closing: Promise<void>[] = [];
    const told: string[] = [];
    await answerFrom(port, {
      connections: 32,
      codes,
      seed: 31,
      ledger,
      enough: () => told.length >= 64,
      acknowledged: () => {
        if (ledger.acknowledged() === 300) closing.push(closeCampaign(service.deps, systemActor, campaign));
      },
      otherwise: (status, body) => {
        expect(status).toBe(404);
        told.push(Buffer.from(body, 'latin1').toString());
      },
    });
    expect(closing).toHaveLength(1);
    await Promise.all(closing);
    expect((await service.deps.storage.findCampaign(campaign))?.state).toBe('closed');
    expect(told[0]).toMatch(/结束|截止/);
    const last = new Map<string, string>();
    for (const [code, sent] of ledger.byCode)
      for (const { acknowledged, bytes } of sent) if (acknowledged) last.set(code, bytes);
    expect(await counted()).toBe(last.size);
    expectLast(last, key);
  });
});

/** What counts of each code is the sheet that was thanked last, and there is no other code. */
function expectLast(last: ReadonlyMap<string, string>, key: Uint8Array): void {
  const raw = new Database(join(place.data, 'manyi.db'), { readonly: true });
  const rows = raw
    .prepare('SELECT pseudonym, answers, max(revision) AS revision FROM responses GROUP BY pseudonym')
    .all() as { pseudonym: Buffer; answers: Buffer | null }[];
  raw.close();
  const stored = new Map(rows.map((r) => [r.pseudonym.toString('hex'), r.answers?.toString('hex')]));
  expect(stored.size).toBe(last.size);
  for (const [code, bytes] of last) expect(stored.get(toHex(pseudonymOf(key, code)))).toBe(bytes);
}
