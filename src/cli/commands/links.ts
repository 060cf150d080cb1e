import type { Command } from 'commander';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { Group } from '../../domain/model/vocabulary.ts';
import { listSchools } from '../../operations/frame/schools.ts';
import { createLinks, listLinks } from '../../operations/code/links.ts';
import { campaignArgument, countyOfOption, groupsArgument, withCounty } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { asUser } from '../session.ts';

interface Options {
  readonly county?: CountyCode;
  readonly group?: readonly Group[];
}

export function addLinks(program: Command, cli: Cli): void {
  const { t } = cli;
  withCounty(
    program
      .command('links')
      .description(t('cli.links'))
      .argument('<campaign>', t('cli.argument.campaign'), campaignArgument),
    t('cli.option.county'),
  )
    .option('--group <group>', t('cli.option.link-groups'), groupsArgument)
    .action(async (campaign: CampaignId, options: Options, command: Command) => {
      const access = options.group === undefined ? 'look' : 'change';
      await asUser(cli, command, access, async (deps, actor) => {
        const county = await countyOfOption(deps, actor, campaign, options.county);
        const links =
          options.group === undefined
            ? await listLinks(deps, actor, campaign, county)
            : await createLinks(deps, actor, campaign, county, options.group);
        const shown = links.map((l) => ({ ...l, url: `${deps.publicUrl}/q/${l.id}` }));
        const schools = await listSchools(deps, actor, campaign, county);
        const names = new Map(schools.map((s) => [s.id, s.name]));
        cli.show(command, shown, () =>
          cli.table(
            ['group', 'school', 'link'].map((c) => t(`cli.column.${c}`)),
            shown.map((l) => [
              t(`cli.group.${l.group}`),
              l.school === null ? '—' : (names.get(l.school) ?? l.school),
              l.url,
            ]),
          ),
        );
      });
    });
}
