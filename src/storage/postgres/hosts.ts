/**
 * The servers that a database may be on, and which of them takes changes now. The driver knows one server for each connection: here the others are tried in
 * order. Whoever keeps a connection for good (the service's lock, the listener) looks for the primary when it breaks; the pool follows.
 */
import pg from 'pg';
import { databaseAddresses } from '../../domain/database-address.ts';
import { AppError } from '../../domain/errors.ts';

export interface Hosts {
  /** More than one: a server that only reads is passed over. */
  readonly areSeveral: boolean;
  /** Without user and password. */
  readonly name: string;
  /** To the server that takes changes. @throws what kept the first one from being it; `storage.standby` only if nothing else did */
  connect(settings: pg.ClientConfig): Promise<pg.Client>;
  /** Not connected yet, to the server that took changes last. */
  create(settings: pg.ClientConfig): pg.Client;
  /** @throws AppError unavailable `storage.standby` */
  assertPrimary(client: pg.ClientBase): Promise<void>;
}

const connectionTimeoutMillis = 10_000;

/** Of a server's machine that vanished an idle connection learns within half a minute. */
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
    // Without a listener, a connection that breaks between two queries would end the process; whoever uses it is told by the query.
    client.on('error', () => undefined);
    return client;
  }

  /** No connection is left to a server that has been taken over from, even if it does not say that it is gone. */
  function moveTo(url: string): void {
    if (url === current) return;
    current = url;
    for (const [client, at] of open) if (at !== url) discard(client);
  }

  function discard(client: pg.Client): void {
    open.delete(client);
    // One that breaks at its end is as gone as any other.
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
