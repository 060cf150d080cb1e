/**
 * One service at a time. What a service does by itself (closing, sealing, expiring, sending) and the keys that it holds in memory are not coordinated between
 * several yet, so a second one is refused. The lock belongs to a connection: the server takes it back when the process has gone, however it went.
 */
import type pg from 'pg';
import { AppError } from '../../domain/errors.ts';
import { lockService } from './connection.ts';
import type { Hosts } from './hosts.ts';

const retryMs = 1000;

/** Of a machine that vanished the server learns within half a minute. */
const settings = '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3';

export interface ServiceLock {
  release(): Promise<void>;
}

/**
 * @param onLost another process took it while the server could not be reached
 * @throws AppError conflict `storage.in-use`
 */
export async function holdServiceLock(hosts: Hosts, onLost: (error: Error) => void): Promise<ServiceLock> {
  let client: pg.Client | null = null;
  let released = false;
  let timer: NodeJS.Timeout | null = null;

  async function take(): Promise<void> {
    const next = await hosts.connect({ application_name: 'manyi service', options: settings });
    const lost = (): void => {
      if (client !== next) return;
      client = null;
      again();
    };
    next.on('error', lost);
    next.on('end', lost);
    const { rows } = await next.query<{ taken: boolean }>(lockService);
    if (rows[0]?.taken !== true) {
      await next.end();
      throw new AppError('conflict', 'storage.in-use', { params: { directory: hosts.name } });
    }
    client = next;
  }

  function again(): void {
    if (released) return;
    timer ??= setTimeout(() => {
      timer = null;
      take().catch((error: unknown) => {
        if (error instanceof AppError && error.kind === 'conflict') onLost(error);
        else again();
      });
    }, retryMs).unref();
  }

  await take();
  return {
    async release() {
      released = true;
      if (timer) clearTimeout(timer);
      const own = client;
      client = null;
      await own?.end();
    },
  };
}
