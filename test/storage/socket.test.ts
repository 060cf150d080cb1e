/** The storage of a running service through its socket, as commands use it. */
import { mkdirSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemActor } from '../../src/domain/campaign/permissions.ts';
import { connectToService, type ServiceConnection } from '../../src/storage/socket/client.ts';
import { socketPath } from '../../src/storage/socket/frames.ts';
import { listenOnSocket, type StorageSocket } from '../../src/storage/socket/server.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let socket: StorageSocket;
let service: ServiceConnection;
const asked: unknown[] = [];
beforeAll(async () => {
  world = await createWorld();
  const task = async (id: string) => void asked.push(id);
  socket = await listenOnSocket(world.dataDir, world.storage, { task });
  service = (await connectToService(world.dataDir))!;
});
afterAll(async () => {
  await service.storage.close();
  await socket.close();
  await world.close();
});
const stamp = { at: Date.UTC(2026, 4, 12), actor: systemActor };

test('operations, bytes and refusals cross as they are', async () => {
  const settings = await service.storage.changeSettings(stamp, { organisation: '示范省教育督导局' });
  expect(settings.organisation).toBe('示范省教育督导局');
  expect(await world.storage.readSettings()).toEqual(settings);
  await expect(service.storage.changeSettings(stamp, { storageMonths: 0 })).rejects.toMatchObject({
    kind: 'invalid',
    message: 'settings.invalid',
    issues: [{ path: 'storageMonths' }],
  });
  const campaign = await world.addCampaign();
  expect(await service.storage.findCampaign(campaign.id)).toEqual(campaign);
  await service.task('task', campaign.id);
  expect(asked).toEqual([campaign.id]);
  // Many at once come back to whoever asked.
  const all = await Promise.all(
    Array.from({ length: 200 }, (_, i) => service.storage.findDivision(String(i) as never)),
  );
  expect(all).toHaveLength(200);
});

test('nothing but operations can be called, and what is no message ends the connection', async () => {
  for (const name of ['constructor', '__proto__', 'toString', 'nothing'])
    await expect(
      (service.storage as unknown as Record<string, () => Promise<unknown>>)[name]!(),
    ).rejects.toThrow('storage.other-service');
  await expect(service.task('close')).rejects.toThrow('storage.other-service');
  const stranger = connect(socketPath(world.dataDir));
  stranger.on('error', () => undefined);
  const ended = new Promise((resolve) => stranger.once('close', resolve));
  stranger.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
  stranger.write(Buffer.alloc(8, 0xff));
  await ended;
  expect((await service.storage.readSettings()).organisation).toBe('示范省教育督导局');
});

test('a path that is too long for a socket makes none elsewhere', async () => {
  const long = join(world.dataDir, '数据'.repeat(15));
  mkdirSync(long);
  const refused = { kind: 'config', message: 'storage.socket-path', params: { directory: long, most: 92 } };
  await expect(listenOnSocket(long, world.storage, {})).rejects.toMatchObject(refused);
  await expect(connectToService(long)).rejects.toMatchObject(refused);
  expect(readdirSync(world.dataDir).filter((name) => name.startsWith('数'))).toEqual([basename(long)]);
  expect(readdirSync(long)).toEqual([]);
});

test('a service that stops is said, and none is no service', async () => {
  const other = await connectToService(join(world.dataDir, 'nowhere'));
  expect(other).toBeUndefined();
  await socket.close();
  await expect(service.storage.readSettings()).rejects.toThrow('storage.service-gone');
});
