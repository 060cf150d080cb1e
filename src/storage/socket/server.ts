/**
 * The storage port of the running service on a socket in the data folder, for commands on the same machine. Anyone who can open
 * it can read the database and the keys: folder and socket belong to the service's user only.
 */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { AppError } from '../../domain/errors.ts';
import type { Storage } from '../port/index.ts';
import { onFrames, packError, sendFrame, socketPath, taskPrefix, type Answer, type Call } from './frames.ts';

export interface StorageSocket {
  close(): Promise<void>;
}

/**
 * @param directory the data folder, whose lock the caller holds: an existing socket is of a dead process
 * @param tasks what only the serving process may do, by name
 * @throws AppError config `storage.socket-path`
 */
export async function listenOnSocket(
  directory: string,
  storage: Storage,
  tasks: Readonly<Record<string, (...args: never[]) => Promise<unknown>>>,
): Promise<StorageSocket> {
  const path = socketPath(directory);
  rmSync(path, { force: true });
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    // The command ended: its request is completed anyway.
    socket.on('error', () => socket.destroy());
    onFrames(
      socket,
      (value) =>
        void answer({ storage, tasks }, value as Call).then((reply) => {
          if (!socket.destroyed) sendFrame(socket, reply);
        }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
  chmodSync(path, 0o600);
  return {
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function answer(
  on: { readonly storage: Storage; readonly tasks: object },
  { id, name, args }: Call,
): Promise<Answer> {
  try {
    const holder = name.startsWith(taskPrefix) ? on.tasks : on.storage;
    const own = name.replace(taskPrefix, '');
    // The command closes its own end.
    if (own === 'close' || !Object.hasOwn(holder, own))
      throw new AppError('conflict', 'storage.other-service', { params: { operation: name } });
    const run = holder[own as keyof typeof holder] as (...args: readonly unknown[]) => Promise<unknown>;
    return { id, ok: true, value: await run(...args) };
  } catch (error) {
    return { id, ok: false, error: packError(error) };
  }
}
