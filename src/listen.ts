/** Where a server listens. Errors are plain sentences, because the operator who chose the address can correct it. */
import { createServer } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { AppError } from './domain/errors.ts';

export interface Place {
  readonly host: string;
  readonly port: number;
}

/** @throws AppError as `placeError` says */
export async function listen(app: FastifyInstance, { host, port }: Place): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    throw placeError(error, { host, port }) ?? error;
  }
}

/** Before long work that only somebody who can listen afterwards has any use for. @throws AppError as `placeError` says */
export async function assertFree({ host, port }: Place): Promise<void> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen({ host, port }, resolve);
    });
    await new Promise((resolve) => server.close(resolve));
  } catch (error) {
    throw placeError(error, { host, port }) ?? error;
  }
}

/** @returns unavailable `server.address-in-use`; config `server.no-such-address`, `server.port-denied`; undefined for anything else */
function placeError(error: unknown, { host, port }: Place): AppError | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const params = { host, port };
  if (code === 'EADDRINUSE')
    return new AppError('unavailable', 'server.address-in-use', { params, cause: error });
  if (code === 'EACCES') return new AppError('config', 'server.port-denied', { params, cause: error });
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return new AppError('config', 'server.no-such-address', { params, cause: error });
  return undefined;
}
