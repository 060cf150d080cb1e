import type { Command } from 'commander';
import { createFirstAdministrator, resetAdministratorPassword } from '../../operations/user/users.ts';
import { removeAdministratorsFactor } from '../../operations/user/second-factor.ts';
import type { Cli } from '../cli.ts';
import { askFreshPassword, withDeps } from '../session.ts';

export function addAdmin(program: Command, cli: Cli): void {
  const { t } = cli;
  const admin = program.command('admin').description(t('cli.admin'));
  admin
    .command('create')
    .description(t('cli.admin.create'))
    .argument('<login>', t('cli.argument.login'))
    .option('--name <name>', t('cli.option.name'))
    .action(async (login: string, options: { name?: string }, command: Command) => {
      await withDeps(cli, 'begin', async (deps) => {
        const password = () => askFreshPassword(cli, command, login);
        const user = await createFirstAdministrator(deps, { login, name: options.name ?? login, password });
        cli.show(command, user, () =>
          t('cli.user.created', { login: user.login, role: t(`cli.role.${user.role}`) }),
        );
      });
    });
  admin
    .command('reset-password')
    .description(t('cli.admin.reset-password'))
    .argument('<login>', t('cli.argument.login'))
    .action(async (login: string, _options: object, command: Command) => {
      await withDeps(cli, 'change', async (deps) => {
        const user = await resetAdministratorPassword(deps, login, () =>
          askFreshPassword(cli, command, login),
        );
        cli.show(command, user, () => t('cli.admin.password-reset', { login: user.login }));
      });
    });
  admin
    .command('reset-second-factor')
    .description(t('cli.admin.reset-second-factor'))
    .argument('<login>', t('cli.argument.login'))
    .action(async (given: string, _options: object, command: Command) => {
      const login = await withDeps(cli, 'change', (deps) => removeAdministratorsFactor(deps, given));
      cli.show(command, { login }, () => t('cli.admin.second-factor-reset', { login }));
    });
}
