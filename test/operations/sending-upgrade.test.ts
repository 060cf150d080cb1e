/**
 * A service that is upgraded while it writes to people: rows that the version before queued hold a hash in place of the contact's encrypted id, and are in a
 * database without the newest indexes. Everybody still gets one message, and receipts and replies still find whom they are of.
 */
import Database from 'better-sqlite3';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { entryKeyOf, hashedRecipientOf } from '../../src/domain/messaging/recipient.ts';
import { defaultWindow } from '../../src/domain/messaging/send-window.ts';
import { seal } from '../../src/keys/seal.ts';
import { entryOf } from '../../src/operations/message/recipients.ts';
import { storeReceiptsOf } from '../../src/operations/message/receipts.ts';
import { storeRepliesOf } from '../../src/operations/message/replies.ts';
import { scheduleSendings } from '../../src/operations/message/schedule.ts';
import { sendDue } from '../../src/operations/message/send.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';
import { migrate, readMigrations } from '../../src/storage/sqlite/migrate.ts';
import { createFakeChannel } from '../support/fake-channel.ts';
import { countyA, openedWorld } from '../support/world.ts';

interface Row {
  readonly recipient: Buffer;
  readonly sealed_entry: Buffer;
}

/** The data of `from` under the schema of the version before. */
function copyAsBefore(from: string, to: string): Database.Database {
  mkdirSync(to, { recursive: true });
  const raw = new Database(join(to, 'manyi.db'));
  const all = readMigrations();
  migrate(
    raw,
    all.slice(
      0,
      all.findIndex((m) => m.tag === '0024_outbox_queue'),
    ),
  );
  raw.pragma('foreign_keys = OFF');
  raw.prepare('ATTACH ? AS later').run(join(from, 'manyi.db'));
  const names = raw
    .prepare("SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    .pluck()
    .all() as string[];
  for (const name of names) {
    if (name === 'migrations_applied') continue;
    const columns = (raw.pragma(`table_info(${name})`) as { name: string }[])
      .map((c) => `"${c.name}"`)
      .join(', ');
    raw.exec(
      `DELETE FROM main.${name}; INSERT INTO main.${name} (${columns}) SELECT ${columns} FROM later.${name}`,
    );
  }
  raw.exec('DETACH later');
  return raw;
}

test('what the version before had queued when it was stopped goes out once, and its receipts and replies are understood', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'manyi-sending-'));
  const { world, campaign } = await openedWorld();
  try {
    const { id } = campaign;
    const channel = createFakeChannel();
    const messaging = { channels: [channel], window: defaultWindow, perNumberADay: 2 };
    const drawn = await world.sentCodes(id, countyA);
    await scheduleSendings({ ...world.deps, messaging }, world.actors.operator, {
      ...{ campaign: id, county: countyA, channel: 'loopback', texts: {}, perDay: null, price: null },
      waves: [{ kind: 'invitation', dueAt: world.now() }],
    });
    // Queued, and stopped before anything was sent.
    await sendDue({ ...world.deps, messaging }, AbortSignal.abort());
    const raw = copyAsBefore(world.dataDir, folder);
    const key = world.deps.keys.use(id, 'pseudonym');
    const rows = raw.prepare('SELECT recipient, sealed_entry FROM outbox').all() as Row[];
    expect(rows).toHaveLength(drawn.length);
    expect(rows.every((row) => row.sealed_entry.length === 0)).toBe(true);
    const rename = raw.prepare('UPDATE outbox SET recipient = ?, sealed_entry = ? WHERE recipient = ?');
    const entries = rows.map(({ recipient }) =>
      entryOf(key, { county: countyA, sending: 1, recipient, sealedEntry: null }),
    );
    for (const [i, { recipient }] of rows.entries()) {
      const older = hashedRecipientOf(key, countyA, 1, entries[i]!);
      rename.run(older, seal(entryKeyOf(key), older, entries[i]!), recipient);
    }
    // It was filling yet: a third of the rows are still to be made.
    raw
      .prepare('DELETE FROM outbox WHERE recipient IN (SELECT recipient FROM outbox LIMIT ?)')
      .run(Math.floor(rows.length / 3));
    raw.exec("UPDATE sendings SET state = 'filling', audience = NULL");
    raw.close();

    const storage = await openSqliteStorage({ directory: folder, inline: true });
    const deps = { ...world.deps, messaging, storage };
    storeReceiptsOf(deps, channel);
    storeRepliesOf(deps, channel);
    await sendDue(deps);
    const taken = channel.taken.map(({ to, text, id: message }) => ({ to, text, message }));
    expect(taken.map(({ to }) => to).sort()).toEqual(drawn.map(({ phone }) => phone).sort());
    for (const { phone, code } of drawn) expect(taken.find(({ to }) => to === phone)!.text).toContain(code);

    for (const { message } of taken) await channel.receipt(`p-${message}`, 'delivered');
    const fates = await storage.listFates(id, countyA);
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
    expect(fates.map((f) => hex(f.entry)).sort()).toEqual(entries.map(hex).sort());
    for (const { to } of taken) await channel.reply(to, '退订');
    const counts = await storage.countMessages(id, countyA);
    expect(counts.every((c) => c.state === 'opted-out')).toBe(true);
    expect(counts.reduce((sum, c) => sum + c.messages, 0)).toBe(drawn.length);
    await storage.close();
  } finally {
    await world.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
