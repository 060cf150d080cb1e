import type { Command } from 'commander';
import { sendingCommands, type PlannedWave } from '../../domain/messaging/decide-sending.ts';
import { formatYuan } from '../../domain/messaging/cost.ts';
import { AppError } from '../../domain/errors.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { sendingKinds, type SendingKind } from '../../domain/model/sending.ts';
import { setDoNotContact } from '../../operations/message/numbers.ts';
import {
  commandSending,
  planSendings,
  scheduleSendings,
  textKinds,
  viewSendings,
  type PlannedCounty,
  type SendingRequest,
  type TextKind,
} from '../../operations/message/schedule.ts';
import { shortfallWords } from '../../texts/shortfall-words.ts';
import { campaignArgument, countArgument, countyOfOption, priceArgument, withCounty } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { asUser } from '../session.ts';
import { serviceMinute } from '../../domain/time-zone.ts';

interface PlanOptions {
  readonly county?: CountyCode;
  readonly channel: string;
  readonly signature?: string;
  readonly wave: readonly string[];
  readonly text?: readonly string[];
  readonly perDay?: number;
  readonly price?: number;
}

/** `reminder=2026-05-15T09:00` */
function readWave(value: string): Pick<PlannedWave, 'kind' | 'dueAt'> {
  const [kind = '', time] = value.split('=');
  const dueAt = time === undefined ? null : Date.parse(`${time}:00+08:00`);
  const isKind = (sendingKinds as readonly string[]).includes(kind);
  if (!isKind || Number.isNaN(dueAt) || (dueAt === null && kind !== 'last-notice'))
    throw new AppError('invalid', 'cli.sending.bad-wave', { params: { value } });
  return { kind: kind as SendingKind, dueAt };
}

function readTexts(values: readonly string[]): Readonly<Partial<Record<TextKind, string>>> {
  return Object.fromEntries(
    values.map((value) => {
      const at = value.indexOf('=');
      const kind = value.slice(0, at);
      if (!(textKinds as readonly string[]).includes(kind))
        throw new AppError('invalid', 'cli.sending.bad-text', { params: { value } });
      return [kind, value.slice(at + 1)];
    }),
  );
}

const collect = (value: string, before: readonly string[] | undefined) => [...(before ?? []), value];

export function addSending(program: Command, cli: Cli): void {
  const { t } = cli;
  const sending = program.command('sending').description(t('cli.sending'));
  const campaignCommand = (name: string) =>
    withCounty(
      sending
        .command(name)
        .description(t(`cli.sending.${name}`))
        .argument('<campaign>', t('cli.argument.campaign'), campaignArgument),
      t('cli.option.county'),
    );
  const planned = (name: 'plan' | 'schedule') =>
    campaignCommand(name)
      .requiredOption('--channel <name>', t('cli.sending.option.channel'))
      .requiredOption('--wave <kind=time>', t('cli.sending.option.wave'), collect)
      .option('--text <kind=text>', t('cli.sending.option.text'), collect)
      .option('--signature <text>', t('cli.option.signature'))
      .option('--per-day <count>', t('cli.sending.option.per-day'), countArgument)
      .option('--price <yuan>', t('cli.sending.option.price'), priceArgument);

  /** Without `--county` every county of the campaign. */
  const requestOf = (campaign: CampaignId, o: PlanOptions): SendingRequest => ({
    ...{ campaign, county: o.county ?? null, channel: o.channel, signature: o.signature },
    texts: readTexts(o.text ?? []),
    perDay: o.perDay ?? null,
    price: o.price === undefined ? null : Math.round(o.price * 1e6) / 1000,
    waves: o.wave.map(readWave),
  });

  const listed = (counties: readonly PlannedCounty[]) =>
    counties.flatMap(({ county, name, sendings }) =>
      sendings.map((s) => ({ ...s, county, what: `${name} ${t(`sending.kind.${s.kind}`)}` })),
    );
  /** Messages that cannot be sent in time, and warnings about texts. */
  function warningsOf(planned: ReturnType<typeof listed>): readonly string[] {
    const short = planned.flatMap(({ kind, what, shortfall }) =>
      shortfall === null ? [] : [shortfallWords(t, kind, what, shortfall, String)],
    );
    const texts = planned.flatMap((s) => s.text.warnings.map((w) => t(w.message, w.params)));
    return [...short, ...new Set(texts)];
  }

  planned('plan').action(async (campaign: CampaignId, options: PlanOptions, command: Command) => {
    const request = requestOf(campaign, options);
    await asUser(cli, command, 'change', async (deps, actor) => {
      const counties = await planSendings(deps, actor, request);
      cli.show(command, counties, () => {
        const planned = listed(counties);
        const numbers = cli.table(
          ['what', 'when', 'contacts', 'barred', 'segments', 'cost', 'ends'].map((c) =>
            t(`sending.column.${c}`),
          ),
          planned.map((s) => [
            s.what,
            serviceMinute(s.dueAt),
            String(s.contacts),
            String(s.barred),
            String(s.segments),
            s.cost === null ? '' : formatYuan(s.cost),
            s.contacts === 0 ? '' : serviceMinute(s.endsAt),
          ]),
        );
        return [numbers, ...warningsOf(planned)].join('\n');
      });
    });
  });
  planned('schedule').action(async (campaign: CampaignId, options: PlanOptions, command: Command) => {
    const request = requestOf(campaign, options);
    await asUser(cli, command, 'change', async (deps, actor) => {
      // A user of the shell may not have planned before.
      const planned = listed(await planSendings(deps, actor, request));
      const made = await scheduleSendings(deps, actor, request);
      const shown = made.map((sending) => {
        const own = planned.find(
          (p) => p.county === sending.county && p.kind === sending.kind && p.dueAt === sending.dueAt,
        );
        return { ...sending, shortfall: own?.shortfall ?? null };
      });
      cli.show(command, shown, () =>
        [t('cli.sending.scheduled', { waves: made.length }), ...warningsOf(planned)].join('\n'),
      );
    });
  });
  campaignCommand('list').action(
    async (campaign: CampaignId, options: { readonly county?: CountyCode }, command: Command) =>
      asUser(cli, command, 'look', async (deps, actor) => {
        const county = await countyOfOption(deps, actor, campaign, options.county);
        const { sendings } = await viewSendings(deps, actor, campaign, county);
        cli.show(command, sendings, () =>
          sendings.length === 0
            ? t('sending.list.none')
            : cli.table(
                [
                  '#',
                  ...['what', 'when', 'state', 'contacts', 'messages'].map((c) => t(`sending.column.${c}`)),
                ],
                sendings.map((s) => [
                  String(s.no),
                  t(`sending.kind.${s.kind}`),
                  serviceMinute(s.startedAt ?? s.dueAt),
                  t(`sending.state.${s.state}`),
                  s.contacts === null ? '' : String(s.contacts),
                  s.counts === null
                    ? t('sending.hidden')
                    : String(s.counts.reduce((n, c) => n + c.messages, 0)),
                ]),
              ),
        );
      }),
  );
  for (const name of sendingCommands)
    campaignCommand(name)
      .argument('<no>', t('cli.sending.argument.no'), countArgument)
      .action(
        async (
          campaign: CampaignId,
          no: number,
          options: { readonly county?: CountyCode },
          command: Command,
        ) =>
          asUser(cli, command, 'change', async (deps, actor) => {
            const county = await countyOfOption(deps, actor, campaign, options.county);
            await commandSending(deps, actor, campaign, county, no, name);
            cli.show(command, { campaign, county, no, command: name }, () => t('cli.sending.done'));
          }),
      );
  sending
    .command('do-not-contact')
    .description(t('cli.sending.bar'))
    .argument('<phone>', t('cli.sending.argument.phone'))
    .option('--remove', t('cli.sending.option.remove'))
    .action(async (phone: string, options: { readonly remove?: boolean }, command: Command) =>
      asUser(cli, command, 'change', async (deps, actor) => {
        await setDoNotContact(deps, actor, phone, options.remove !== true);
        cli.show(command, { listed: options.remove !== true }, () => t('cli.sending.done'));
      }),
    );
}
