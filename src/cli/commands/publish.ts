import type { Command } from 'commander';
import { join } from 'node:path';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { publicationHtml, publicationJson } from '../../export/publication.ts';
import { getCampaign } from '../../operations/campaign/campaigns.ts';
import { makePublication } from '../../operations/summary/publication.ts';
import { campaignArgument, countiesArgument } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { writeFolder } from '../files.ts';
import { asUser } from '../session.ts';

interface Options {
  readonly county?: readonly CountyCode[];
  readonly output: string;
}

/** A folder of files that any web server can serve: a JSON and an HTML file a county. */
export function addPublish(program: Command, cli: Cli): void {
  const { t } = cli;
  program
    .command('publish')
    .description(t('cli.publish'))
    .argument('<campaign>', t('cli.argument.campaign'), campaignArgument)
    .option('--county <code>', t('cli.option.summary-counties'), countiesArgument)
    .requiredOption('-o, --output <folder>', t('cli.option.publish-output'))
    .action(async (campaign: CampaignId, options: Options, command: Command) => {
      await asUser(cli, command, 'change', async (deps, actor) => {
        const counties =
          options.county ?? (await getCampaign(deps, actor, campaign)).counties.map((c) => c.code);
        const names = counties.map((county) => ({
          county,
          json: `${campaign}-${county}.json`,
          html: `${campaign}-${county}.html`,
        }));
        await writeFolder(
          options.output,
          names.flatMap(({ json, html }) => [json, html]),
          (async function* () {
            for (const { county, json, html } of names) {
              const publication = await makePublication(deps, actor, campaign, county);
              yield { name: json, text: publicationJson(publication) };
              yield { name: html, text: publicationHtml(publication, cli.language) };
            }
          })(),
        );
        const files = names.map(({ county, json, html }) => ({
          county,
          json: join(options.output, json),
          html: join(options.output, html),
        }));
        cli.show(command, files, () => files.flatMap((f) => [f.json, f.html]).join('\n'));
      });
    });
}
