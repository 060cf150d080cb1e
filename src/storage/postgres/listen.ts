/** Notifications of changes by other processes, on a separate connection. While it is broken nothing is cached. */
import type pg from 'pg';
import { countsChannel } from './counts.ts';
import type { Hosts } from './hosts.ts';

export const changesChannel = 'manyi_changes';
const retryMs = 1000;

/** @param onCount counts of another process, see counts.ts */
export async function listenForChanges(
  hosts: Hosts,
  onChange: () => void,
  onCount: (message: string) => void,
) {
  let client: pg.Client | null = null;
  let closed = false;
  let timer: NodeJS.Timeout | null = null;
  const connect = async (): Promise<void> => {
    const next = await hosts.connect({ application_name: 'manyi listener' });
    const lost = (): void => {
      if (client === next) client = null;
      onChange();
      if (!closed) timer ??= setTimeout(retry, retryMs).unref();
    };
    next.on('error', lost);
    next.on('end', lost);
    next.on('notification', ({ channel, payload }) =>
      channel === countsChannel ? onCount(payload ?? '') : onChange(),
    );
    await next.query(`LISTEN ${changesChannel}; LISTEN ${countsChannel}`);
    client = next;
    // Results read from now on include all earlier changes.
    onChange();
  };
  const retry = (): void => {
    timer = null;
    if (!closed) void connect().catch(() => (timer ??= setTimeout(retry, retryMs).unref()));
  };
  await connect();
  return {
    /** Part of each change's transaction: sent when that commits. */
    announce: `NOTIFY ${changesChannel}`,
    alive: (): boolean => client !== null,
    async close(): Promise<void> {
      closed = true;
      if (timer) clearTimeout(timer);
      await client?.end();
    },
  };
}
