/** The demonstration as a command: builds missing parts, serves it, and prints its addresses. */
import type { Command } from 'commander';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { composeService, createLogger, openParts, type Service } from '../../compose.ts';
import { readConfig, type Config } from '../../config.ts';
import { AppError } from '../../domain/errors.ts';
import { campaignIdSchema, type CampaignId } from '../../domain/model/ids.ts';
import { assertFree } from '../../listen.ts';
import { keyNames } from '../../keys/key-store.ts';
import type { Cli } from '../cli.ts';
import { buildDemo, findParentCode, type DemoCampaigns, type DemoClock } from './build.ts';
import { counties } from './counties.ts';
import { putLogins, type Login } from './users.ts';

export interface DemoOptions {
  readonly fresh?: boolean;
  readonly serve: boolean;
  /** Percent. */
  readonly scale: number;
}

export async function runDemo(cli: Cli, command: Command, options: DemoOptions): Promise<void> {
  const { t } = cli;
  const started = performance.now();
  const config = demoConfig(cli);
  const clock: DemoClock = { at: null };
  const there = await findDemo(config, options.fresh ?? false);
  if (!there) {
    if (options.serve) await assertFree(config);
    cli.note(t('demo.building'));
  }
  const service = await composeService(config, createLogger(config), {
    demo: true,
    now: () => clock.at ?? Date.now(),
  });
  try {
    const logins = await putLogins(service.deps);
    if (there) service.deps.phones?.restore(readPhones(config));
    const made = there ?? (await buildDemo(service, clock, logins, options.scale / 100));
    writeMark(config, made);
    writePhones(config, service);
    const code = await findParentCode(service, made.open);
    const address = options.serve ? await service.start() : config.publicUrl;
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const base = config.publicUrl.endsWith(':0') ? address : config.publicUrl;
    const links = linksOf(base, made, code);
    cli.show(command, { ...made, seconds: Number(seconds), links, logins }, () =>
      describe(cli, config, base, seconds, links, logins),
    );
    if (options.serve) await untilSignal();
    writePhones(config, service);
  } finally {
    await service.stop();
  }
}

function describe(
  { t, table }: Cli,
  config: Config,
  address: string,
  seconds: string,
  links: Readonly<Record<'parent' | 'rates' | 'summary', string>>,
  logins: readonly Login[],
): string {
  return [
    t('demo.ready', { seconds, address }),
    '',
    `${t('demo.start')}\n  ${address}/demo`,
    ...(['parent', 'rates', 'summary'] as const).map((name) => `${t(`demo.${name}`)}\n  ${links[name]}`),
    '',
    t('demo.logins', { address: `${address}/staff/login` }),
    table(
      ['login', 'role', 'counties'].map((c) => t(`cli.column.${c}`)).concat(t('demo.password')),
      logins.map((l) => [l.login, t(`cli.role.${l.role}`), l.counties.join(' '), l.password]),
    ),
    '',
    t('demo.stop', { directory: config.dataDir }),
  ].join('\n');
}

/**
 * DATA_DIR as given, else data/demo; keys and backups beside it unless given. Always a SQLite file: it is created and removed as
 * a unit.
 */
function demoConfig(cli: Cli): Config {
  const directory = cli.environment['DATA_DIR'] || join('data', 'demo');
  return readConfig({
    ...cli.environment,
    DATABASE_URL: '',
    DATA_DIR: directory,
    KEY_DIR: cli.environment['KEY_DIR'] || `${resolve(directory)}-keys`,
    BACKUP_DIR: cli.environment['BACKUP_DIR'] || `${resolve(directory)}-backups`,
    LOG_LEVEL: cli.environment['LOG_LEVEL'] || 'warn',
  });
}

const markSchema = z.object({ closed: campaignIdSchema, open: campaignIdSchema });
const markName = 'demo.json';
const phonesName = 'demo-phones.json';
const markOf = (config: Config) => join(config.dataDir, markName);

function writeMark(config: Config, { closed, open }: DemoCampaigns): void {
  writeFileSync(markOf(config), `${JSON.stringify({ closed, open })}\n`);
}

const phonesSchema = z.array(
  z.object({ number: z.string(), messages: z.array(z.object({ text: z.string(), at: z.number() })) }),
);
const phonesOf = (config: Config) => join(config.dataDir, phonesName);

/** What was sent to the invented phones outlives a restart: the tour begins with it. */
function writePhones(config: Config, { deps }: Service): void {
  const list = deps.phones?.list(Number.MAX_SAFE_INTEGER).phones ?? [];
  writeFileSync(phonesOf(config), `${JSON.stringify(list)}\n`, { mode: 0o600 });
}

function readPhones(config: Config): z.infer<typeof phonesSchema> {
  // An earlier version kept none.
  if (!existsSync(phonesOf(config))) return [];
  return phonesSchema.parse(JSON.parse(readFileSync(phonesOf(config), 'utf8')));
}

/**
 * The existing demonstration. One that is no longer usable (unfinished, its open campaign closed) is removed, so that it is
 * rebuilt.
 * @throws AppError conflict `demo.not-demo`: a folder with other content is not touched; `demo.older`: an older version of the
 * program made it
 */
async function findDemo(config: Config, fresh: boolean): Promise<DemoCampaigns | undefined> {
  const found = await look(config);
  if (found === undefined) return undefined;
  if (found === 'older') {
    // Only the mark tells whose data they are before an upgrade.
    const params = { directory: config.dataDir };
    if (!isBegun(config)) throw new AppError('conflict', 'demo.not-demo', { params });
    if (!fresh) throw new AppError('conflict', 'demo.older', { params });
    await remove(config);
    return undefined;
  }
  if (!found.isDemo)
    throw new AppError('conflict', 'demo.not-demo', { params: { directory: config.dataDir } });
  const mark = existsSync(markOf(config))
    ? markSchema.safeParse(JSON.parse(readFileSync(markOf(config), 'utf8')))
    : undefined;
  if (!fresh && mark?.success && found.open.includes(mark.data.open)) return mark.data;
  await remove(config);
  return undefined;
}

async function look(
  config: Config,
): Promise<{ readonly isDemo: boolean; readonly open: readonly CampaignId[] } | 'older' | undefined> {
  try {
    const parts = await openParts(config, createLogger({ logLevel: 'silent' }), {
      readOnly: true,
      inline: true,
    });
    try {
      const campaigns = await parts.deps.storage.listCampaigns();
      const users = await parts.deps.storage.listUsers();
      const isUsed = (c: (typeof campaigns)[number]) => c.state === 'open' && c.closesAt > Date.now();
      return {
        // Accounts alone may be somebody's first day; a demonstration has its mark or its campaigns.
        isDemo:
          campaigns.every((c) => c.demo) && (campaigns.length > 0 || users.length === 0 || isBegun(config)),
        open: campaigns.filter(isUsed).map((c) => c.id),
      };
    } finally {
      await parts.close();
    }
  } catch (error) {
    if (error instanceof AppError && error.message === 'storage.no-database') return undefined;
    if (error instanceof AppError && error.message === 'storage.older') return 'older';
    throw error;
  }
}

const isBegun = (config: Config) => existsSync(markOf(config));

/** The lock is taken first: nothing is removed under a running service. */
async function remove(config: Config): Promise<void> {
  const parts = await openParts(config, createLogger({ logLevel: 'silent' }), { inline: true });
  try {
    const campaigns = await parts.deps.storage.listCampaigns();
    if (campaigns.some((c) => !c.demo))
      throw new AppError('conflict', 'demo.not-demo', { params: { directory: config.dataDir } });
    for (const { id } of campaigns) for (const name of keyNames) parts.deps.keys.destroy(id, name);
  } finally {
    await parts.close();
  }
  for (const file of ['manyi.db', 'manyi.db-wal', 'manyi.db-shm', markName, phonesName])
    rmSync(join(config.dataDir, file), { force: true });
}

function linksOf(base: string, made: DemoCampaigns, code: string | null) {
  const county = counties[0]!.code;
  return {
    parent: `${base}/s/${code ?? ''}`,
    rates: `${base}/staff/campaigns/${made.open}/counties/${county}/rates`,
    summary: `${base}/staff/campaigns/${made.closed}/counties/${county}/summary`,
  };
}

function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}
