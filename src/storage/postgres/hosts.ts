/**
 * The servers of a database, and which of them accepts writes now. The driver knows one server per connection: here the others
 * are tried in order. Long-lived connections (the service's lock, the listener) look for the primary when they break; the pool
 * follows.
 */
import pg from 'pg';
import { databaseAddresses } from '../../domain/database-address.ts';
import { AppError } from '../../domain/errors.ts';

export interface Hosts {
  /** More than one: a read-only server is skipped. */
  readonly areSeveral: boolean;
  /** Without user and password. */
  readonly name: string;
  /**
   * Connects to the server that accepts writes.
   * @throws the error of the first server; `storage.standby` only if there is no other error
   */
  connect(settings: pg.ClientConfig): Promise<pg.Client>;
  /** Not connected yet; for the server that accepted writes last. */
  create(settings: pg.ClientConfig): pg.Client;
  /** @throws AppError unavailable `storage.standby` */
  assertPrimary(client: pg.ClientBase): Promise<void>;
}

const connectionTimeoutMillis = 10_000;

/** If a server's machine disappears, an idle connection notices it within half a minute. */
const liveness = { keepAlive: true, keepAliveInitialDelayMillis: 10_000, connectionTimeoutMillis };

export function createHosts(address: string): Hosts {
  const urls = databaseAddresses(address);
  if (!urls) throw new AppError('config', 'config.database-url', { params: { name: 'DATABASE_URL' } });
  const areSeveral = urls.length > 1;
  const open = new Map<pg.Client, string>();
  let current = urls[0]!;

  function createAt(url: string, settings: pg.ClientConfig): pg.Client {
    const client = new pg.Client({ ...settings, ...liveness, connectionString: url });
    open.set(client, url);
    client.once('end', () => open.delete(client));
    // Without an error listener, a connection that breaks between two queries would end the process; its user gets the error.
    client.on('error', () => undefined);
    return client;
  }

  /** Connections to a server that was taken over from are closed, even if it seems alive. */
  function moveTo(url: string): void {
    if (url === current) return;
    current = url;
    for (const [client, at] of open) if (at !== url) discard(client);
  }

  function discard(client: pg.Client): void {
    open.delete(client);
    // Errors while closing it do not matter.
    void client.end().catch(() => undefined);
  }

  async function assertPrimary(client: pg.ClientBase): Promise<void> {
    const { rows } = await client.query<{ transaction_read_only: string }>('SHOW transaction_read_only');
    if (rows[0]?.transaction_read_only !== 'off') throw new AppError('unavailable', 'storage.standby');
  }

  return {
    areSeveral,
    name: nameOf(urls),
    async connect(settings) {
      const errors: unknown[] = [];
      for (const url of [current, ...urls.filter((u) => u !== current)]) {
        const client = createAt(url, settings);
        try {
          await client.connect();
          if (areSeveral) await assertPrimary(client);
          moveTo(url);
          return client;
        } catch (error) {
          discard(client);
          errors.push(error);
        }
      }
      throw errors.find((error) => !(error instanceof AppError)) ?? errors[0];
    },
    create: (settings) => createAt(current, settings),
    assertPrimary,
  };
}

function nameOf(urls: readonly string[]): string {
  const hosts = urls.map((url) => {
    const { host, searchParams } = new URL(url);
    return searchParams.get('host') ?? decodeURIComponent(host);
  });
  return `${hosts.join(',')}${new URL(urls[0]!).pathname}`;
}
