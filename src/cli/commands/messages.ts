import type { Command } from 'commander';
import { resolve } from 'node:path';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { textedKinds, type TextedKind } from '../../domain/messaging/sms-text.ts';
import { exportMessages, previewMessage, type MessageRequest } from '../../operations/code/codes.ts';
import { campaignArgument, choiceArgument, countyOfOption, withCounty } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { exitFound } from '../exit-codes.ts';
import { assertAbsent, writeWhole } from '../files.ts';
import { asUser } from '../session.ts';

interface PreviewOptions extends Pick<MessageRequest, 'signature' | 'template'> {
  readonly kind: TextedKind;
  readonly county?: CountyCode;
}
interface Options extends Pick<MessageRequest, 'kind' | 'format' | 'signature' | 'template'> {
  readonly county?: CountyCode;
  readonly output: string;
}

export function addMessages(program: Command, cli: Cli): void {
  const { t } = cli;
  const kinds = [...textedKinds, 'slips'] as const;
  const messages = program.command('messages').description(t('cli.messages'));
  withCounty(
    messages
      .command('preview')
      .description(t('cli.messages.preview'))
      .argument('<campaign>', t('cli.argument.campaign'), campaignArgument),
    t('cli.option.county'),
  )
    .option('--kind <kind>', textedKinds.join(' | '), choiceArgument(...textedKinds), 'invitation')
    .option('--signature <text>', t('cli.option.signature'))
    .option('--template <text>', t('cli.option.sms-template'))
    .action(async (campaign: CampaignId, options: PreviewOptions, command: Command) =>
      asUser(cli, command, 'look', async (deps, actor) => {
        const county = await countyOfOption(deps, actor, campaign, options.county);
        const { kind, signature, template } = options;
        const sms = await previewMessage(deps, actor, { campaign, county, kind, signature, template });
        const { text, length, segments, issues, warnings } = sms;
        cli.show(command, { text, units: length, segments, issues, warnings }, () =>
          [
            text,
            t('cli.messages.count', { units: length, segments }),
            ...[...issues, ...warnings].map((issue) => t(issue.message, issue.params)),
          ].join('\n'),
        );
        if (issues.length > 0) cli.fail(exitFound);
      }),
    );
  withCounty(
    messages
      .command('export')
      .description(t('cli.messages.export'))
      .argument('<campaign>', t('cli.argument.campaign'), campaignArgument),
    t('cli.option.county'),
  )
    .requiredOption('--kind <kind>', kinds.join(' | '), choiceArgument(...kinds))
    .option('--format <format>', 'xlsx | csv', choiceArgument('xlsx', 'csv'), 'xlsx')
    .option('--signature <text>', t('cli.option.signature'))
    .option('--template <text>', t('cli.option.sms-template'))
    .requiredOption('-o, --output <file>', t('cli.option.output'))
    .action(async (campaign: CampaignId, options: Options, command: Command) => {
      const target = resolve(options.output);
      assertAbsent(target);
      await asUser(cli, command, 'change', async (deps, actor) => {
        const county = await countyOfOption(deps, actor, campaign, options.county);
        const { kind, format, signature, template } = options;
        const language = cli.language;
        const made = await exportMessages(deps, actor, {
          campaign,
          county,
          kind,
          format,
          language,
          signature,
          template,
        });
        await writeWhole(target, made.body);
        const { count, fileHash } = made.export;
        cli.show(command, { ...made.export, file: target, message: made.message }, () =>
          [
            t('cli.messages.exported', { count, file: target, hash: fileHash }),
            ...(made.message === null ? [] : [t('cli.messages.count', made.message)]),
          ].join('\n'),
        );
      });
    });
}
