import type { Command } from 'commander';
import { readdirSync } from 'node:fs';
import { readConfig, type Config } from '../../config.ts';
import { AppError } from '../../domain/errors.ts';
import { moveTo, planMove, undoMove, type Moved, type MovePlan } from '../../operations/service/move.ts';
import type { Deps } from '../../operations/deps.ts';
import type { MoveSource } from '../../storage/port/move-ends.ts';
import type { Cli } from '../cli.ts';
import { exitFound } from '../exit-codes.ts';
import { assertBegun, shellActor } from '../session.ts';

interface MoveOptions {
  readonly to?: string;
  readonly undo?: boolean;
  readonly yes?: boolean;
}

/** Tables large enough for a line of progress. */
const largeTable = 100_000;

export function addMove(program: Command, cli: Cli): void {
  const { t } = cli;
  program
    .command('move')
    .description(t('cli.move'))
    .option('--to <database>', t('cli.move.to'))
    .option('--undo', t('cli.move.undo'))
    .option('--yes', t('cli.move.yes'))
    .action(async ({ to, undo, yes = false }: MoveOptions, command: Command) => {
      if ((to === undefined) === (undo !== true)) throw new AppError('invalid', 'cli.move.which');
      const config = readConfig(cli.environment);
      if (to !== undefined) return yes ? move(config, to, command) : plan(config, to, command);
      await goBack(config, yes, command);
    });

  /** Beside a running service, too. */
  async function plan(config: Config, to: string, command: Command): Promise<void> {
    const found = await withSource(config, 'look', async (deps, source) => {
      const mark = await deps.storage.findMove();
      if (mark?.state !== 'left') return planMove(deps, source);
      throw new AppError('conflict', 'move.left', {
        params: { database: mark.other, date: new Date(mark.at).toISOString().slice(0, 10) },
      });
    });
    const { checkMoveTarget } = await import('../../compose.ts');
    const name = await checkMoveTarget(config, to);
    cli.show(command, { ...found, to: name }, () => describePlan(found, name));
    cli.note([...warnings(config, found), t('cli.move.add-yes')].join('\n'));
  }

  async function move(config: Config, to: string, command: Command): Promise<void> {
    const moved = await withSource(config, 'change', async (deps, source) => {
      const { openMoveTarget } = await import('../../compose.ts');
      const target = await openMoveTarget(config, to);
      try {
        return await moveTo(deps, shellActor, source, target, (table, rows) => {
          if (table === null) cli.note(t('cli.move.comparing', { rows }));
          else if (rows >= largeTable) cli.note(t('cli.move.copying', { table, rows }));
        });
      } finally {
        await target.close();
      }
    });
    cli.show(command, moved, () => describeMoved(moved));
    cli.note(
      config.database === null
        ? t('cli.move.set-postgres', { file: moved.from })
        : t('cli.move.set-sqlite', { directory: moved.to.replace(/^sqlite:/, ''), database: moved.from }),
    );
    if (moved.logs.some((log) => log.differences > 0)) cli.fail(exitFound);
  }

  async function goBack(config: Config, yes: boolean, command: Command): Promise<void> {
    await withSource(config, yes ? 'change' : 'look', async (deps, source) => {
      const mark = await deps.storage.findMove();
      if (mark?.state !== 'left') throw new AppError('conflict', 'move.not-left');
      if (!yes) throw new AppError('invalid', 'cli.move.undo-needed', { params: { database: mark.other } });
      await undoMove(deps, shellActor);
      cli.show(command, { database: source.name, done: 'undo' }, () =>
        t('cli.move.undone', { database: source.name, other: mark.other }),
      );
    });
  }

  async function withSource<T>(
    config: Config,
    access: 'look' | 'change',
    work: (deps: Deps, source: MoveSource) => Promise<T>,
  ): Promise<T> {
    if (access === 'change') assertBegun(config);
    const { createLogger, openMoveSource, openParts } = await import('../../compose.ts');
    const log = createLogger({ logLevel: 'silent' });
    const open = (readOnly: boolean) =>
      openParts(config, log, { readOnly, alone: !readOnly, inline: true, evenIfLeft: true });
    const parts = await open(access === 'look').catch(async (error: unknown) => {
      if (!(error instanceof AppError) || error.message !== 'storage.in-use') throw error;
      const looking = await open(true);
      const campaigns = await looking.deps.storage.listCampaigns();
      await looking.close();
      const running = campaigns.filter((c) => c.state === 'open').map((c) => `${c.id} ${c.name}`);
      throw new AppError('conflict', running.length > 0 ? 'move.service-runs-open' : 'move.service-runs', {
        params: { campaigns: running.join(t('cli.move.separator')) },
        cause: error,
      });
    });
    try {
      const source = await openMoveSource(config);
      try {
        return await work(parts.deps, source);
      } finally {
        await source.tables.close();
      }
    } finally {
      await parts.close();
    }
  }

  function describePlan(plan: MovePlan, to: string): string {
    return [
      t('cli.move.plan', { from: plan.from, to }),
      ...plan.campaigns.map(({ id, name, state, counties }) =>
        t('cli.move.campaign', { id, name, counties, state: t(`staff.state.${state}`) }),
      ),
      ...plan.tables.map(({ table, rows }) => t('cli.move.table', { table, rows })),
      t('cli.move.sum', {
        tables: plan.tables.length,
        rows: plan.rows,
        megabytes: Math.ceil(plan.bytes / 1_000_000),
      }),
    ].join('\n');
  }

  function warnings(config: Config, plan: MovePlan): readonly string[] {
    const open = plan.campaigns.filter((c) => c.state === 'open');
    const backups = config.database === null ? countBackups(config.backupDir) : 0;
    return [
      ...open.map(({ id, name }) => t('cli.move.open', { campaign: `${id} ${name}` })),
      ...plan.sealed.map((campaign) => t('cli.move.sealed', { campaign })),
      ...(backups > 0 ? [t('cli.move.backups', { backups, directory: config.backupDir })] : []),
    ];
  }

  function describeMoved({ to, tables, rows, logs }: Moved): string {
    return [
      ...logs.map((log) =>
        t(log.differences > 0 ? 'cli.move.log-differs' : 'cli.move.log', {
          ...{ campaign: log.campaign, county: log.county, size: log.size },
          ...{ root: log.root.slice(0, 16), responses: log.responses ?? 0, differences: log.differences },
        }),
      ),
      t('cli.move.done', { to, tables, rows }),
    ].join('\n');
  }
}

/** While it runs on SQLite, the service erases data in them at the end of a storage period. */
function countBackups(directory: string): number {
  try {
    return readdirSync(directory).filter((name) => name.endsWith('.db')).length;
  } catch {
    return 0;
  }
}
