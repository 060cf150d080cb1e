/** Rows of a sending are not synced part by part: a power cut may take the newest of them, and whoever lost theirs is queued again, before anybody is written to. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defaultWindow } from '../../src/domain/messaging/send-window.ts';
import { scheduleSendings } from '../../src/operations/message/schedule.ts';
import { sendDue } from '../../src/operations/message/send.ts';
import type { Storage } from '../../src/storage/port/index.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { modeOf } from '../../src/storage/sqlite/operations.ts';
import { createFakeChannel } from '../support/fake-channel.ts';
import { countyA, openedWorld } from '../support/world.ts';

test('a power cut while everybody is queued: each gets one message all the same', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'manyi-sending-cut-'));
  const { world, campaign } = await openedWorld();
  const log = join(world.dataDir, 'manyi.db-wal');
  try {
    const send = async (storage: Storage) => {
      const channel = createFakeChannel();
      const messaging = { channels: [channel], window: defaultWindow, perNumberADay: 2 };
      await sendDue({ ...world.deps, messaging, storage });
      return channel.taken.map(({ to }) => to).sort();
    };
    const drawn = (await world.sentCodes(campaign.id, countyA)).map(({ phone }) => phone).sort();
    const messaging = { channels: [createFakeChannel()], window: defaultWindow, perNumberADay: 2 };
    await scheduleSendings({ ...world.deps, messaging }, world.actors.operator, {
      ...{
        campaign: campaign.id,
        county: countyA,
        channel: 'loopback',
        texts: {},
        perDay: null,
        price: null,
      },
      waves: [{ kind: 'invitation', dueAt: world.now() }],
    });
    const { storage } = world;
    let synced = 0;
    let end = 0;
    const watched: Storage = {
      ...storage,
      async queueMessages(...args) {
        synced ||= statSync(log).size;
        return storage.queueMessages(...args);
      },
      async finishFilling(...args) {
        end = statSync(log).size;
        for (const part of [0, 1, 2, 3, 4]) {
          const data = join(folder, String(part));
          mkdirSync(data);
          copyFileSync(join(world.dataDir, 'manyi.db'), join(data, 'manyi.db'));
          const bytes = synced + Math.round(((end - synced) * part) / 4);
          writeFileSync(join(data, 'manyi.db-wal'), readFileSync(log).subarray(0, bytes));
        }
        await storage.finishFilling(...args);
      },
    };
    expect(await send(watched)).toEqual(drawn);
    expect(end).toBeGreaterThan(synced);
    for (const part of [0, 1, 2, 3, 4]) {
      const after = await openSqliteStorage({ directory: join(folder, String(part)), inline: true });
      try {
        expect(await send(after)).toEqual(drawn);
        const counts = await after.countMessages(campaign.id, countyA);
        expect(counts.reduce((sum, { messages }) => sum + messages, 0)).toBe(drawn.length);
      } finally {
        await after.close();
      }
    }
  } finally {
    await world.close();
    rmSync(folder, { recursive: true, force: true });
  }
  // What comes before a message is handed over, and what became of it, is on the disk.
  expect([modeOf('queueMessages'), modeOf('finishFilling'), modeOf('exchangeMessages')]).toEqual([
    'unsynced',
    'write',
    'write',
  ]);
});
