/** The storage port of a service that runs on this machine, for commands that change something while it runs. */
import { connect } from 'node:net';
import { AppError } from '../../domain/errors.ts';
import type { Storage } from '../port/index.ts';
import { onFrames, sendFrame, socketPath, taskPrefix, unpackError, type Answer } from './frames.ts';

export interface ServiceConnection {
  readonly storage: Storage;
  /** Requests a task that only the serving process may do. */
  readonly task: (name: string, ...args: readonly unknown[]) => Promise<unknown>;
}

/**
 * Undefined: no service listens there.
 * @throws AppError config `storage.socket-path`
 */
export async function connectToService(directory: string): Promise<ServiceConnection | undefined> {
  const socket = connect(socketPath(directory));
  const isThere = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
  if (!isThere) return undefined;
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let next = 1;
  let closed = false;
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    closed = true;
    for (const { reject } of waiting.values()) reject(gone());
    waiting.clear();
  });
  onFrames(socket, (value) => {
    const reply = value as Answer;
    const call = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (reply.ok) call?.resolve(reply.value);
    else call?.reject(unpackError(reply.error));
  });
  const gone = () => new AppError('unavailable', 'storage.service-gone');
  const call = (name: string, args: readonly unknown[]): Promise<unknown> => {
    if (closed) return Promise.reject(gone());
    return new Promise((resolve, reject) => {
      const id = next++;
      waiting.set(id, { resolve, reject });
      sendFrame(socket, { id, name, args });
    });
  };
  // Without a prototype: each name is an operation, even `constructor`.
  const operations = Object.assign(Object.create(null) as Record<string, unknown>, {
    close: async () => {
      closed = true;
      if (socket.destroyed) return;
      await new Promise<void>((resolve) => {
        socket.once('close', () => resolve());
        socket.end();
        socket.destroySoon();
      });
    },
  });
  const storage = new Proxy(operations, {
    get(known, name) {
      // Promises would check for `then`.
      if (typeof name === 'symbol' || name === 'then') return undefined;
      return (known[name] ??= (...args: readonly unknown[]) => call(name, args));
    },
  }) as unknown as Storage;
  return { storage, task: (name, ...args) => call(`${taskPrefix}${name}`, args) };
}
