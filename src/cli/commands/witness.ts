import { InvalidArgumentError, type Command } from 'commander';
import { resolve } from 'node:path';
import { AppError } from '../../domain/errors.ts';
import { formatVerifierKey, parseVerifierKey, type NoteKey } from '../../domain/evidence/note.ts';
import type { WitnessDeps } from '../../operations/evidence/witnessing.ts';
import type { Cli } from '../cli.ts';
import { serviceMinute } from '../../domain/time-zone.ts';

interface Place {
  readonly folder: string;
}

/** This office as a witness for another one's surveys. Needs no survey, no database and no other configuration. */
export function addWitness(program: Command, cli: Cli): void {
  const { t } = cli;
  const witness = program.command('witness').description(t('cli.witness'));
  const command = (name: string) =>
    witness
      .command(name)
      .description(t(`cli.witness.${name}`))
      .option('--folder <folder>', t('cli.option.witness-folder'), 'witness');

  command('init')
    .argument('<name>', t('cli.argument.witness-name'))
    .action(async (name: string, { folder }: Place, own: Command) => {
      const { beginWitness } = await import('../../compose-witness.ts');
      const key = beginWitness(resolve(folder), name);
      cli.show(own, { key }, () => t('cli.witness.begun', { key, folder: resolve(folder) }));
    });

  command('trust')
    .argument('<key>', t('cli.argument.log-key'))
    .option('--origin <origin>', t('cli.option.origin'))
    .option('--remove', t('cli.option.distrust'))
    .action(async (text: string, options: Place & { origin?: string; remove?: boolean }, own: Command) => {
      const key = logKeyOf(text);
      const origin = options.origin ?? key.name;
      await withWitness(options.folder, ({ store }) => {
        if (options.remove === true) {
          if (store.distrust(origin) === 0)
            throw new AppError('not-found', 'witness.not-trusted', { params: { origin } });
        } else store.trust({ origin, key });
      });
      const done = options.remove === true ? 'distrusted' : 'trusted';
      cli.show(own, { origin, [done]: true }, () => t(`cli.witness.${done}`, { origin }));
    });

  command('show').action(async ({ folder }: Place, own: Command) => {
    await withWitness(folder, ({ store, cosigner }) => {
      const key = formatVerifierKey(cosigner.key);
      const trusted = store.listTrusted().map((l) => ({ origin: l.origin, key: formatVerifierKey(l.key) }));
      const logs = store.listCheckpoints();
      const refused = store.listRefused();
      cli.show(own, { key, trusted, logs, refused }, () =>
        [
          t('cli.witness.key', { key }),
          ...(trusted.length === 0 ? [t('cli.witness.trusts-nobody')] : []),
          ...trusted.map(({ origin }) => t('cli.witness.trusts', { origin })),
          ...(logs.length === 0 ? [t('cli.witness.signed-nothing')] : [listOf(cli, logs)]),
          ...(refused.length === 0 ? [] : [t('cli.witness.refused'), listOf(cli, refused)]),
        ].join('\n'),
      );
    });
  });

  command('serve')
    .option('--host <host>', t('cli.option.host'), '127.0.0.1')
    .option('--port <port>', t('cli.option.port'), portArgument, 8090)
    .option('--prefix <path>', t('cli.option.prefix'), prefixArgument, '')
    .action(
      async ({ folder, host, port, prefix }: Place & { host: string; port: number; prefix: string }) => {
        const { createLogger } = await import('../../compose.ts');
        const { serveWitness } = await import('../../compose-witness.ts');
        const log = createLogger({ logLevel: 'info' });
        const service = await serveWitness(resolve(folder), { host, port, prefix, log });
        cli.note(t('cli.witness.serving', { address: `${service.address}${prefix}` }));
        await new Promise<void>((ended) => {
          for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ended());
        });
        await service.stop();
      },
    );
}

async function withWitness(folder: string, work: (deps: WitnessDeps) => void): Promise<void> {
  const { openWitness } = await import('../../compose-witness.ts');
  const deps = openWitness(resolve(folder));
  try {
    work(deps);
  } finally {
    deps.store.close();
  }
}

function listOf(
  { t, table }: Cli,
  heads: readonly { readonly origin: string; readonly size: number; readonly at: number }[],
): string {
  return table(
    [t('staff.log.origin'), t('staff.log.size'), t('staff.log.at')],
    heads.map(({ origin, size, at }) => [origin, size, serviceMinute(at)]),
  );
}

function logKeyOf(text: string): NoteKey {
  const key = parseVerifierKey(text);
  if (key.type !== 'log') throw new AppError('invalid', 'witness.no-log-key');
  return key;
}

function portArgument(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('0 … 65535');
  return port;
}

function prefixArgument(text: string): string {
  if (!/^(?:\/[A-Za-z0-9._~-]+)*$/.test(text)) throw new InvalidArgumentError('/witness');
  return text;
}
