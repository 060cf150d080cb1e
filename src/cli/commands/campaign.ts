import type { Command } from 'commander';
import type { CampaignId } from '../../domain/model/ids.ts';
import { createCampaign, getCampaign, listCampaigns } from '../../operations/campaign/campaigns.ts';
import { ensureDivisions } from '../../operations/campaign/divisions.ts';
import type { Campaign } from '../../domain/model/campaign.ts';
import { campaignArgument } from '../arguments.ts';
import { readCampaignFile } from '../campaign-file.ts';
import type { Cli } from '../cli.ts';
import { asUser } from '../session.ts';
import { serviceMinute } from '../../domain/time-zone.ts';

export function addCampaign(program: Command, cli: Cli): void {
  const { t } = cli;
  const campaign = program.command('campaign').description(t('cli.campaign'));
  campaign
    .command('create')
    .description(t('cli.campaign.create'))
    .argument('<file.json>', t('cli.argument.campaign-file'))
    .action(async (file: string, _options: object, command: Command) => {
      const input = readCampaignFile(file);
      await asUser(cli, command, 'change', async (deps, actor) => {
        await ensureDivisions(deps);
        const made = await createCampaign(deps, actor, input);
        cli.show(command, made, () => t('cli.campaign.created', { id: made.id, name: made.name }));
      });
    });
  campaign
    .command('list')
    .description(t('cli.campaign.list'))
    .action(async (_options: object, command: Command) => {
      await asUser(cli, command, 'look', async (deps, actor) => {
        const all = await listCampaigns(deps, actor);
        cli.show(command, all, () =>
          cli.table(
            ['id', 'name', 'state', 'closes-at', 'counties'].map((c) => t(`cli.column.${c}`)),
            all.map((c) => [
              c.id,
              c.name,
              t(`staff.state.${c.state}`),
              serviceMinute(c.closesAt),
              c.counties.map((county) => county.code).join(' '),
            ]),
          ),
        );
      });
    });
  campaign
    .command('show')
    .description(t('cli.campaign.show'))
    .argument('<campaign>', t('cli.argument.campaign'), campaignArgument)
    .action(async (id: CampaignId, _options: object, command: Command) => {
      await asUser(cli, command, 'look', async (deps, actor) => {
        const found = await getCampaign(deps, actor, id);
        cli.show(command, found, () => describe(found));
      });
    });

  const pair = (column: string, value: string) => t('cli.pair', { name: t(`cli.column.${column}`), value });

  function describe(c: Campaign): string {
    return [
      [c.id, c.name, ...(c.demo ? [t('cli.demo')] : [])].join('  '),
      pair('state', t(`staff.state.${c.state}`)),
      pair('commissioner', `${c.commissioner}  ${c.commissionerPhone}`),
      pair('closes-at', serviceMinute(c.closesAt)),
      pair('storage-until', serviceMinute(c.storageUntil)),
      '',
      cli.table(
        ['county', 'name', 'residents', 'frame', 'size', 'drawn-at'].map((column) =>
          t(`cli.column.${column}`),
        ),
        c.counties.map((county) => [
          county.code,
          county.name,
          county.residents?.count ?? '—',
          t(`cli.frame.${county.frameState}`),
          county.frame?.size ?? '—',
          county.draw === null ? '—' : serviceMinute(county.draw.at),
        ]),
      ),
    ].join('\n');
  }
}
