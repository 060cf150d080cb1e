import type { Command } from 'commander';
import { decideProposal } from '../../operations/campaign/proposals.ts';
import { choiceArgument } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { asUser } from '../session.ts';

export function addDecide(program: Command, cli: Cli): void {
  const { t } = cli;
  program
    .command('decide')
    .description(t('cli.decide'))
    .argument('<proposal>', t('cli.argument.proposal'))
    .argument('<decision>', 'confirmed | rejected', choiceArgument('confirmed', 'rejected'))
    .action(async (id: string, decision: 'confirmed' | 'rejected', _options: object, command: Command) => {
      await asUser(cli, command, 'change', async (deps, actor) => {
        await decideProposal(deps, actor, id, decision);
        cli.show(command, { id, decision }, () => t(`cli.decide.${decision}`));
      });
    });
}
