import type { Command } from 'commander';
import { confirmTime, viewTime } from '../../operations/service/service-time.ts';
import type { Cli } from '../cli.ts';
import { asUser, withDeps } from '../session.ts';
import { serviceMinute } from '../../domain/time-zone.ts';

export function addClock(program: Command, cli: Cli): void {
  const { t } = cli;
  const clock = program.command('clock').description(t('cli.clock'));
  clock
    .command('show')
    .description(t('cli.clock.show'))
    .action(async (_options: object, command: Command) => {
      const { now, time } = await withDeps(cli, 'look', viewTime);
      cli.show(command, { now: new Date(now).toISOString(), jump: time.jump }, () =>
        time.jump === null
          ? t('cli.clock.steady', { now: serviceMinute(now) })
          : t('cli.clock.jumped', { from: serviceMinute(time.jump.from), now: serviceMinute(now) }),
      );
    });
  clock
    .command('confirm')
    .description(t('cli.clock.confirm'))
    .argument('<date>', t('cli.argument.today'))
    .action(async (date: string, _options: object, command: Command) => {
      await asUser(cli, command, 'change', (deps, actor) => confirmTime(deps, actor, date));
      cli.show(command, { confirmed: date }, () => t('cli.clock.confirmed'));
    });
}
