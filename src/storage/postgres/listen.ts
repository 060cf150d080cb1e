/** Words of changes from the other processes, on a connection of its own. While it is broken nothing is kept. */
import type pg from 'pg';
import { countsChannel } from './counts.ts';
import type { Hosts } from './hosts.ts';

export const changesChannel = 'manyi_changes';
const retryMs = 1000;

/** @param onCount what another process tells, see counts.ts */
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
    // Whatever changed before is in no result that is read from now on.
    onChange();
  };
  const retry = (): void => {
    timer = null;
    if (!closed) void connect().catch(() => (timer ??= setTimeout(retry, retryMs).unref()));
  };
  await connect();
  return {
    /** Part of each change's transaction: told when that is committed. */
    announce: `NOTIFY ${changesChannel}`,
    alive: (): boolean => client !== null,
    async close(): Promise<void> {
      closed = true;
      if (timer) clearTimeout(timer);
      await client?.end();
    },
  };
}
