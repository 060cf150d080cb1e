/** The one place that knows every adapter: configuration in, a running service out. Commands take the parts without HTTP. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { customAlphabet } from 'nanoid';
import { pino, type Logger } from 'pino';
import { isWithin, type Config } from './config.ts';
import type { Channel } from './domain/messaging/channel.ts';
import { wholeDay, type SendWindow } from './domain/messaging/send-window.ts';
import { AppError } from './domain/errors.ts';
import { codeAlphabet, codeBodyLength } from './domain/code/access-code.ts';
import { systemActor } from './domain/campaign/permissions.ts';
import { databaseAddresses } from './domain/database-address.ts';
import { assertActive } from './domain/service-move.ts';
import { makeFolder } from './files/make-folder.ts';
import { buildApp } from './http/app.ts';
import { defaultLimits, type HttpDeps } from './http/deps.ts';
import { createRepeatGate } from './domain/limits/repeat-gate.ts';
import { logSerializers } from './http/plugins/request-log.ts';
import { followSettings } from './http/service/follow-settings.ts';
import { listen } from './listen.ts';
import { readRootFiles } from './http/service/root-files.ts';
import { createIntake } from './intake/intake.ts';
import { createLoopbackChannel } from './messaging/loopback.ts';
import { storeReceiptsOf } from './operations/message/receipts.ts';
import { createSummarizer } from './operations/summary/summarizer.ts';
import { storeRepliesOf } from './operations/message/replies.ts';
import { createFileKeyStore, keyNames, readAllKeys } from './keys/key-store.ts';
import { createRandomBytes } from './keys/random-bytes.ts';
import { addMessages } from './texts/texts.ts';
import { backupKeyOf, unsealRestored } from './operations/service/backup.ts';
import type { Deps } from './operations/deps.ts';
import {
  createOpenCampaigns,
  watchCampaigns,
  type OpenCampaigns,
} from './operations/answer/open-campaigns.ts';
import { createClockWatch } from './operations/service/service-time.ts';
import { assertKeysFit, assertNoKeys } from './operations/service/installation.ts';
import { ensureLogKey } from './operations/evidence/log-key.ts';
import { discardReadings } from './operations/frame/roll.ts';
import { continueClosing } from './operations/campaign/closing.ts';
import { continueExpiry } from './operations/campaign/expiry.ts';
import type { CampaignId } from './domain/model/ids.ts';
import { createSchedules, type WatchClock } from './schedule.ts';
import { connectToService } from './storage/socket/client.ts';
import { listenOnSocket, type StorageSocket } from './storage/socket/server.ts';
import { openSqliteStorage } from './storage/sqlite/index.ts';
import { checkSqliteTarget, sqliteSource, sqliteTarget } from './storage/sqlite/moving.ts';
import { createChannels, type Channels } from './messaging/index.ts';
import { createWitnessSender } from './witnesses/send.ts';
import { isDatabase, placeDatabase } from './storage/sqlite/connection.ts';
import { restrictToOwner } from './storage/sqlite/modes.ts';
import { verifyFile } from './storage/sqlite/copies/verify.ts';
import type { Storage } from './storage/port/index.ts';
import type { ProcessEvents, Processes } from './storage/port/processes.ts';
import type { CopyReport, StorageEvents } from './storage/port/maintenance.ts';
import type { MoveSource, MoveTarget } from './storage/port/move-ends.ts';

export function createLogger(config: Pick<Config, 'logLevel'>): Logger {
  return pino({
    level: config.logLevel,
    base: null,
    serializers: { ...logSerializers, err: pino.stdSerializers.err },
  });
}

export interface Parts {
  readonly deps: Deps;
  readonly campaigns: OpenCampaigns;
  /** Checks the clock: once at opening, then once a minute while serving. */
  readonly watchClock: WatchClock;
  close(): Promise<void>;
}

export interface PartsOptions {
  /** Read-only, beside a serving process. */
  readonly readOnly?: boolean;
  /** Everything on the calling thread, for short-lived commands. */
  readonly inline?: boolean;
  /** Even if its content was moved to another database: only to end a move, or to undo it. */
  readonly evenIfLeft?: boolean;
  /** No other process may use the database meanwhile. */
  readonly alone?: boolean;
  /** Continues although the log's key is missing or another one: only to replace it. */
  readonly anyLogKey?: boolean;
  /** Through the service that has the data folder now. */
  readonly besideService?: boolean;
  readonly now?: () => number;
  /** Ways to send messages. */
  readonly channels?: readonly Channel[];
  /** Replaces the configured one. */
  readonly sendWindow?: SendWindow;
  /** The storage failed: every call fails from now on. */
  readonly onFatal?: (error: Error) => void;
}

/** Keys, storage, clock and randomness: what operations need. */
export async function openParts(config: Config, log: Logger, options: PartsOptions = {}): Promise<Parts> {
  const { readOnly = false, inline = false, anyLogKey = false, now = Date.now, onFatal } = options;
  const { evenIfLeft = false, alone = false } = options;
  if (options.besideService === true) return openBeside(config, log, now);
  if (!readOnly) {
    for (const path of [config.dataDir, config.keyDir]) makeFolder(path, 0o700);
    const left = [
      ...restrictToOwner(config.dataDir),
      ...restrictToOwner(config.keyDir, 'everything'),
      ...restrictToOwner(config.backupDir),
    ];
    if (left.length > 0) log.warn({ files: left }, 'storage.open-to-others');
  }
  const keys = createFileKeyStore(config.keyDir);
  // Checked before a missing database is created. For an empty database on a server it is checked after opening.
  if (!readOnly && config.database === null && !isDatabase(config.dataDir))
    assertNoKeys(keys, config.newInstallation);
  let campaigns: OpenCampaigns | null = null;
  const onUpgrade: StorageEvents['onUpgrade'] = (upgrade) => log.info(upgrade, 'storage.upgraded');
  const { storage: raw, processes } = await openStorage(
    config,
    { readOnly, inline, alone, onUpgrade, ...(onFatal !== undefined && { onFatal }) },
    {
      onJoined: () => keys.setAway(false),
      onLeft() {
        keys.setAway(true);
        campaigns?.letGo();
      },
      onKeyEnd(id, end) {
        for (const name of keyNames) if (end === 'expiry' || name !== 'contacts') keys.forget(id, name);
        campaigns?.wipe(id);
        log.info({ campaign: id, end }, 'keys.forgotten');
      },
    },
  );
  try {
    const mark = await raw.findMove();
    if (!evenIfLeft || mark?.state !== 'left') assertActive(mark);
    if (!readOnly) {
      await assertKeysFit({ storage: raw, keys }, config.newInstallation);
      await unsealRestored({ storage: raw, keys, log });
      if (!anyLogKey) await ensureLogKey({ storage: raw, keys });
    } else if (!evenIfLeft && (await raw.listSealed()).length > 0)
      throw new AppError('conflict', 'storage.sealed');
  } catch (error) {
    await raw.close();
    throw error;
  }
  const open = createOpenCampaigns({ storage: raw, keys, now, log });
  campaigns = open;
  const deps = depsOf(
    config,
    {
      storage: watchCampaigns(raw, () => open.expire()),
      ...{ keys, now, log },
      ...(processes && { processes }),
    },
    options,
  );
  const watchClock = createClockWatch(deps);
  try {
    if (!readOnly) await watchClock();
  } catch (error) {
    await raw.close();
    throw error;
  }
  return { deps, campaigns: open, watchClock, close: () => raw.close() };
}

/** Only this file knows which engine it is. */
async function openStorage(
  config: Config,
  options: Pick<PartsOptions, 'onFatal'> & StorageEvents & Record<'readOnly' | 'inline' | 'alone', boolean>,
  events: ProcessEvents,
): Promise<{ readonly storage: Storage; readonly processes?: Processes }> {
  const { inline, alone, ...rest } = options;
  if (config.database === null)
    return { storage: await openSqliteStorage({ directory: config.dataDir, inline, ...rest }) };
  const { url, pool } = config.database;
  // Loaded only if it is used: most installations have no such server.
  const { joinPostgres } = await import('./storage/postgres/index.ts');
  return joinPostgres({ url, connections: pool, alone, ...rest, ...events });
}

function configuredChannels(config: Config, log: Logger, now: () => number = Date.now): Channels {
  return createChannels(config.channels, {
    mail: config.mail,
    publicUrl: config.publicUrl,
    now,
    random: Math.random,
    nonce: customAlphabet('0123456789abcdef', 16),
    log: (event, details) => log.warn(details, event),
  });
}

/**
 * The parts of a command whose storage is that of the running service.
 * @throws AppError conflict `storage.in-use` if it listens on no socket
 */
async function openBeside(config: Config, log: Logger, now: () => number): Promise<Parts> {
  const service = await connectToService(config.dataDir);
  if (!service) throw new AppError('conflict', 'storage.in-use', { params: { directory: config.dataDir } });
  const { storage, task } = service;
  const keys = createFileKeyStore(config.keyDir);
  const deps: Deps = {
    ...depsOf(config, { storage, keys, now, log }),
    service: {
      continueClosing: async (id) => void (await task('continueClosing', id)),
      continueExpiry: async (id) => void (await task('continueExpiry', id)),
    },
  };
  return {
    deps,
    campaigns: createOpenCampaigns({ storage, keys, now, log }),
    watchClock: async () => undefined,
    close: () => storage.close(),
  };
}

function depsOf(
  config: Config,
  parts: Pick<Deps, 'storage' | 'keys' | 'now' | 'processes'> & { readonly log: Logger },
  given: Pick<PartsOptions, 'channels' | 'sendWindow'> = {},
): Deps {
  return {
    ...parts,
    randomBytes: createRandomBytes(),
    newCodeBody: customAlphabet(codeAlphabet, codeBodyLength),
    newId: customAlphabet('0123456789abcdefghjkmnpqrstvwxyz', 12),
    publicUrl: config.publicUrl,
    // PostgreSQL's own tools make its backups.
    backupDir: config.database === null ? config.backupDir : null,
    witnesses: config.witnesses,
    messaging: {
      // Commands schedule with them; a channel is contacted only when it sends.
      channels: given.channels ?? configuredChannels(config, parts.log, parts.now).list,
      window: given.sendWindow ?? config.sendWindow,
      perNumberADay: config.perNumberADay,
    },
    sendToWitness: createWitnessSender({ mail: config.mail }),
  };
}

/**
 * Reads a whole backup: whether it is sound, its tallies equal a recount, and it has none of this installation's keys.
 * @param place a file, or `postgres://…` of a database into which a dump was restored
 */
export async function verifyBackup(
  config: Pick<Config, 'keyDir'>,
  place: string,
): Promise<{ readonly path: string; readonly report: CopyReport }> {
  const secrets = readAllKeys(config.keyDir);
  if (databaseAddresses(place) !== null) {
    const { verifyDatabase } = await import('./storage/postgres/verify.ts');
    const { name, report } = await verifyDatabase({ url: place }, secrets);
    return { path: name, report };
  }
  const keys = createFileKeyStore(config.keyDir);
  const path = resolve(place);
  const report = verifyFile(path, secrets, (campaign) =>
    keys.has(campaign, 'pseudonym') ? backupKeyOf(keys.use(campaign, 'pseudonym')) : undefined,
  );
  return { path, report };
}

/**
 * Reading a backup takes long: whether there is room for it is said before.
 * @throws conflict `backup.folder-in-use`, `storage.use-pg-dump`
 */
export function assertRestorable({ dataDir, database }: Pick<Config, 'dataDir' | 'database'>): void {
  if (database !== null) throw new AppError('conflict', 'storage.use-pg-dump');
  if (isDatabase(dataDir))
    throw new AppError('conflict', 'backup.folder-in-use', { params: { directory: dataDir } });
}

/**
 * Puts a backup, which the caller has verified, where the service expects its database.
 * @throws conflict `backup.folder-in-use`, `storage.use-pg-dump`
 */
export function restoreBackup(config: Pick<Config, 'dataDir' | 'database'>, path: string): void {
  assertRestorable(config);
  placeDatabase(config.dataDir, path);
}

/** The configured database as rows; the caller has its parts open. */
export async function openMoveSource(config: Config): Promise<MoveSource> {
  if (config.database === null) return sqliteSource(config.dataDir);
  const { postgresSource } = await import('./storage/postgres/moving.ts');
  return postgresSource(config.database.url);
}

/**
 * An empty database of the other engine: `postgres://…`, `sqlite:FOLDER`, or `sqlite` for the configured folder.
 * @throws AppError invalid `move.to`, `move.same-engine`, config `config.keys-beside-data`; conflict `move.not-empty`,
 * `storage.in-use`
 */
export async function openMoveTarget(config: Config, to: string): Promise<MoveTarget> {
  const { directory, url } = placeOf(config, to);
  if (directory !== undefined) return sqliteTarget(directory);
  return (await import('./storage/postgres/moving.ts')).postgresTarget({ url });
}

/**
 * The same without creating anything.
 * @returns its name, without user and password
 */
export async function checkMoveTarget(config: Config, to: string): Promise<string> {
  const { directory, url } = placeOf(config, to);
  if (directory !== undefined) return checkSqliteTarget(directory);
  return (await import('./storage/postgres/moving.ts')).checkPostgresTarget(url);
}

type MovePlace =
  { readonly directory: string; readonly url?: never } | { readonly url: string; readonly directory?: never };

function placeOf(config: Config, to: string): MovePlace {
  const [, folder] = /^sqlite(?::(.+))?$/.exec(to) ?? [];
  const isFolder = to === 'sqlite' || folder !== undefined;
  if (!isFolder && databaseAddresses(to) === null) throw new AppError('invalid', 'move.to');
  if (isFolder === (config.database === null)) throw new AppError('invalid', 'move.same-engine');
  if (!isFolder) return { url: to };
  const directory = folder ?? config.dataDir;
  if (isWithin(config.keyDir, directory) || isWithin(directory, config.keyDir))
    throw new AppError('config', 'config.keys-beside-data', {
      params: { name: 'KEY_DIR', keys: config.keyDir, path: directory },
    });
  return { directory };
}

export interface Service {
  readonly app: FastifyInstance;
  readonly deps: HttpDeps;
  /** Listens, then resumes what a stop had interrupted. Returns the address. */
  start(): Promise<string>;
  /** Accepts nothing new, finishes work in progress, closes. Repeatable. */
  stop(): Promise<void>;
}

/** How long requests in progress may take to finish. */
const patience = 10_000;

export async function composeService(
  config: Config,
  log: Logger,
  options: Pick<PartsOptions, 'now' | 'onFatal'> & { readonly demo?: boolean } = {},
): Promise<Service> {
  const unknown = config.messagesDir === null ? [] : addMessages(pathToFileURL(`${config.messagesDir}/`));
  if (unknown.length > 0) log.warn({ keys: unknown }, 'messages.unknown');
  const loopback = options.demo ? createLoopbackChannel(options.now) : null;
  const made = configuredChannels(config, log, options.now);
  const channels = [...(loopback ? [loopback] : []), ...made.list];
  const summarizer = createSummarizer();
  const parts = await openParts(config, log, {
    ...options,
    channels,
    // A demonstration in the evening must also send messages.
    ...(options.demo && { sendWindow: wholeDay }),
  });
  try {
    for (const channel of channels) {
      storeReceiptsOf(parts.deps, channel);
      storeRepliesOf(parts.deps, channel);
    }
    const gate = createRepeatGate(60_000);
    const intake = createIntake(parts.deps.storage, {
      queueLimit: config.queueLimit,
      batchLimit: config.batchLimit,
      // While the server commits one, this process prepares the next one. A SQLite file has one writer.
      batchesAtOnce: config.database === null ? 1 : 2,
      onFailure: (err, size) => {
        const before = gate(err instanceof Error ? err.message : String(err), performance.now());
        if (before !== null)
          log.error({ err, size, ...(before > 0 && { unlogged: before }) }, 'intake.batch-failed');
      },
    });
    const deps: HttpDeps = {
      ...parts.deps,
      summarize: (input) => summarizer.summarize(input),
      intake,
      campaigns: parts.campaigns,
      ...(loopback && { phones: loopback.phones }),
      http: {
        logger: log,
        trustProxy: config.trustProxy,
        icpNumber: config.icpNumber,
        settings: await parts.deps.storage.readSettings(),
        demo: options.demo ?? false,
        selfAdministered: config.selfAdministered,
        rootFiles: readRootFiles(config.verificationDir),
        limits: defaultLimits,
        metricsToken: config.metricsToken,
        receivers: made.receivers,
        oidc: config.oidc,
        // The demonstration's passwords are generated at every start, and its data are fictional.
        accounts: options.demo
          ? { secondFactor: 'optional', ownPassword: false }
          : { secondFactor: config.secondFactor, ownPassword: true },
      },
    };
    const app = await buildApp(deps);
    const unfollow = deps.processes ? followSettings(app, deps) : undefined;
    const away = new AbortController();
    const schedules = createSchedules(deps, parts.watchClock, away.signal);
    let stopped: Promise<void> | null = null;
    let socket: StorageSocket | null = null;

    async function stop(): Promise<void> {
      unfollow?.();
      const impatient = setTimeout(() => app.server.closeAllConnections(), patience);
      try {
        await socket?.close();
        await app.close();
        await intake.close();
        away.abort();
        await Promise.all(schedules.map((s) => s.stop()));
        await Promise.allSettled(channels.map((c) => c.close()));
        await summarizer.close();
      } finally {
        clearTimeout(impatient);
        await parts.close();
      }
    }
    return {
      app,
      deps,
      async start() {
        // Before anyone can begin another one.
        await discardReadings(deps, systemActor).catch((err: unknown) =>
          log.error({ err }, 'import.discard-failed'),
        );
        const address = await listen(app, config);
        // Of a database on a server commands work beside the services, as one more process.
        if (config.database === null)
          socket = await listenOnSocket(config.dataDir, deps.storage, {
            continueClosing: (id: CampaignId) => continueClosing(deps, id),
            continueExpiry: (id: CampaignId) => continueExpiry(deps, id),
          }).catch((err: unknown) => {
            // Such as a path that is too long: commands that change something then say so.
            log.warn({ err }, 'socket.failed');
            return null;
          });
        for (const schedule of schedules) schedule.start();
        return address;
      },
      stop: () => (stopped ??= stop()),
    };
  } catch (error) {
    await parts.close();
    throw error;
  }
}
