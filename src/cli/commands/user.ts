import type { Command } from 'commander';
import type { CountyCode } from '../../domain/model/ids.ts';
import { roleSchema, type Role } from '../../domain/model/vocabulary.ts';
import { createUser, listUsers } from '../../operations/user/users.ts';
import { countiesArgument, roleArgument } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { generatePassword } from '../passwords.ts';
import { askFreshPassword, asUser } from '../session.ts';

interface Options {
  readonly role: Role;
  readonly name?: string;
  readonly county?: readonly CountyCode[];
  readonly generate?: boolean;
}

export function addUser(program: Command, cli: Cli): void {
  const { t } = cli;
  const user = program.command('user').description(t('cli.user'));
  user
    .command('create')
    .description(t('cli.user.create'))
    .argument('<login>', t('cli.argument.login'))
    .requiredOption('--role <role>', roleSchema.options.join(' | '), roleArgument)
    .option('--name <name>', t('cli.option.name'))
    .option('--county <code>', t('cli.option.counties'), countiesArgument)
    .option('--generate', t('cli.option.generate'))
    .action(async (login: string, options: Options, command: Command) => {
      await asUser(cli, command, 'change', async (deps, actor) => {
        const generated = options.generate ? generatePassword() : null;
        const made = await createUser(deps, actor, {
          login,
          name: options.name ?? login,
          role: options.role,
          counties: options.county ?? [],
          password: generated ?? (() => askFreshPassword(cli, command, login)),
        });
        const shown = generated === null ? made : { ...made, password: generated };
        cli.show(command, shown, () =>
          [
            t('cli.user.created', { login: made.login, role: t(`cli.role.${made.role}`) }),
            ...(generated === null ? [] : [t('cli.user.password', { password: generated })]),
          ].join('\n'),
        );
      });
    });
  user
    .command('list')
    .description(t('cli.user.list'))
    .action(async (_options: object, command: Command) => {
      await asUser(cli, command, 'look', async (deps, actor) => {
        const users = await listUsers(deps, actor);
        cli.show(command, users, () =>
          cli.table(
            ['login', 'name', 'role', 'county'].map((c) => t(`cli.column.${c}`)),
            users.map((u) => [
              u.login,
              u.name,
              u.disabled ? t('cli.user.disabled') : t(`cli.role.${u.role}`),
              u.counties.join(' '),
            ]),
          ),
        );
      });
    });
}
