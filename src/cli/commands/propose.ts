import type { Command } from 'commander';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { Group } from '../../domain/model/vocabulary.ts';
import { listProposals, makeProposal } from '../../operations/campaign/proposals.ts';
import type { ProposalContent } from '../../domain/campaign/proposal.ts';
import {
  campaignArgument,
  countArgument,
  countyOfOption,
  groupArgument,
  timeArgument,
  withCounty,
} from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { asUser } from '../session.ts';
import { serviceMinute } from '../../domain/time-zone.ts';

interface VoidOptions {
  readonly county?: CountyCode;
  readonly group?: Group;
  readonly stratum?: number;
  readonly reason: string;
}

interface IneligibleOptions {
  readonly county?: CountyCode;
  readonly stratum: number;
  readonly contacts: number;
  readonly issued?: number;
  readonly reason: string;
}

export function addPropose(program: Command, cli: Cli): void {
  const { t } = cli;
  const propose = program.command('propose').description(t('cli.propose'));
  const sub = (name: string) =>
    propose
      .command(name)
      .description(t(`cli.propose.${name}`))
      .argument('<campaign>', t('cli.argument.campaign'), campaignArgument);

  withCounty(sub('void'), t('cli.option.void-county'))
    .option('--group <group>', t('cli.option.void-group'), groupArgument)
    .option('--stratum <no>', t('cli.option.stratum'), countArgument)
    .requiredOption('--reason <text>', t('cli.option.reason'))
    .action(async (campaign: CampaignId, options: VoidOptions, command: Command) => {
      const { county = null, group = null, stratum = null, reason } = options;
      await make(command, campaign, { kind: 'void', county, group, reportingStratum: stratum }, reason);
    });
  sub('dates')
    .requiredOption('--closes-at <time>', t('cli.option.closes-at'), timeArgument)
    .requiredOption('--reason <text>', t('cli.option.reason'))
    .action(async (campaign: CampaignId, options: { closesAt: number; reason: string }, command: Command) => {
      await make(command, campaign, { kind: 'dates', closesAt: options.closesAt }, options.reason);
    });
  for (const kind of ['close', 'release'] as const)
    sub(kind)
      .requiredOption('--reason <text>', t('cli.option.reason'))
      .action(async (campaign: CampaignId, options: { reason: string }, command: Command) => {
        await make(command, campaign, { kind }, options.reason);
      });
  withCounty(sub('ineligible'), t('cli.option.county'))
    .requiredOption('--stratum <no>', t('cli.option.sampling-stratum'), countArgument)
    .requiredOption('--contacts <n>', t('cli.option.ineligible-contacts'), countArgument)
    .option('--issued <n>', t('cli.option.ineligible-issued'), countArgument)
    .requiredOption('--reason <text>', t('cli.option.reason'))
    .action(async (campaign: CampaignId, options: IneligibleOptions, command: Command) => {
      await asUser(cli, command, 'change', async (deps, actor) => {
        const county = await countyOfOption(deps, actor, campaign, options.county);
        const { stratum: samplingStratum, contacts, issued = 0 } = options;
        const content = { kind: 'ineligible', county, samplingStratum, contacts, issued } as const;
        const id = await makeProposal(deps, actor, campaign, content, options.reason);
        cli.show(command, { id }, () => t('cli.propose.made', { id }));
      });
    });
  sub('list').action(async (campaign: CampaignId, _options: object, command: Command) => {
    await asUser(cli, command, 'look', async (deps, actor) => {
      const all = await listProposals(deps, actor, campaign);
      cli.show(command, all, () =>
        cli.table(
          ['id', 'what', 'reason', 'by', 'decision'].map((c) => t(`cli.column.${c}`)),
          all.map((p) => [
            p.id,
            what(p.content),
            p.reason,
            p.proposedBy.name,
            t(`cli.decision.${p.decision}`),
          ]),
        ),
      );
    });
  });

  function what(content: ProposalContent): string {
    if (content.kind === 'dates') return t('cli.propose.to', { time: serviceMinute(content.closesAt) });
    if (content.kind === 'ineligible')
      return t('cli.propose.ineligible.of', {
        county: content.county,
        stratum: content.samplingStratum,
        contacts: content.contacts,
        issued: content.issued,
      });
    if (content.kind === 'close' || content.kind === 'release') return t(`cli.propose.${content.kind}.what`);
    const { county, group, reportingStratum } = content;
    const parts = [county, group && t(`cli.group.${group}`), reportingStratum && `#${reportingStratum}`];
    return t('cli.propose.of', { what: parts.filter(Boolean).join(' ') || t('cli.propose.whole') });
  }

  async function make(
    command: Command,
    campaign: CampaignId,
    content: ProposalContent,
    reason: string,
  ): Promise<void> {
    await asUser(cli, command, 'change', async (deps, actor) => {
      const id = await makeProposal(deps, actor, campaign, content, reason);
      cli.show(command, { id }, () => t('cli.propose.made', { id }));
    });
  }
}
