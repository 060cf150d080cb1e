import type { Command } from 'commander';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { settle } from '../../domain/scoring/figure.ts';
import { formatValue } from '../../domain/scoring/format.ts';
import { planSurvey } from '../../operations/campaign/planning.ts';
import { campaignArgument, countyOfOption, withCounty } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { asUser } from '../session.ts';

const numbers = [
  'half-width',
  'level',
  'deviation',
  'deff',
  'response',
  'invited',
  'valid',
  'low',
  'high',
] as const;

export function addPlan(program: Command, cli: Cli): void {
  const { t } = cli;
  const plan = withCounty(
    program
      .command('plan')
      .description(t('cli.plan'))
      .argument('<campaign>', t('cli.argument.campaign'), campaignArgument),
    t('cli.option.county'),
  );
  for (const name of numbers) plan.option(`--${name} <number>`, t(`cli.plan.${name}`));
  plan
    .option('--channels <rates...>', t('cli.plan.channels'))
    .action(
      async (
        campaign: CampaignId,
        { county: chosen, ...question }: { readonly county?: CountyCode },
        command: Command,
      ) => {
        await asUser(cli, command, 'look', async (deps, actor) => {
          const county = await countyOfOption(deps, actor, campaign, chosen);
          const made = await planSurvey(deps, actor, campaign, county, question);
          cli.show(command, made, () =>
            [
              t('cli.plan.invitations', {
                valid: made.question.valid,
                least: made.invitations.least,
                most: made.invitations.most,
              }),
              t('cli.plan.reach', {
                rate: `${formatValue(settle(100 * made.reach.rate), { decimals: 1, threshold: made.reach.floor })}%`,
                floor: made.reach.floor ?? '—',
              }),
              '',
              cli.table(
                [
                  'group',
                  'population',
                  'needed',
                  'to-invite',
                  'expected',
                  'schools',
                  'visible',
                  'invite-for-all',
                ].map((c) => t(`cli.column.${c}`)),
                made.groups.map((g) => [
                  t(`cli.group.${g.group}`),
                  g.population ?? '—',
                  g.needed,
                  g.invitations,
                  Math.round(g.expected),
                  g.schools,
                  g.visibleSchools,
                  g.invitedForAll ?? '—',
                ]),
              ),
            ].join('\n'),
          );
        });
      },
    );
}
