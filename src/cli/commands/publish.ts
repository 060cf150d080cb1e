import type { Command } from 'commander';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { publicationHtml, publicationIndex, type PublishedCounty } from '../../export/publication-page.ts';
import { publicationJson } from '../../export/publication.ts';
import { publicationNames } from '../../export/publication-zip.ts';
import { summaryCsv } from '../../export/summary-csv.ts';
import { getCampaign } from '../../operations/campaign/campaigns.ts';
import { makePublication } from '../../operations/summary/publication.ts';
import { campaignArgument, countiesArgument } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { assertWritable, writeFolder } from '../files.ts';
import { asUser } from '../session.ts';

interface Options {
  readonly county?: readonly CountyCode[];
  readonly output: string;
}

const index = 'index.html';

/** A folder of files for any web server: a page, its data and its table for each county, and an index page. */
export function addPublish(program: Command, cli: Cli): void {
  const { t } = cli;
  program
    .command('publish')
    .description(t('cli.publish'))
    .argument('<campaign>', t('cli.argument.campaign'), campaignArgument)
    .option('--county <code>', t('cli.option.summary-counties'), countiesArgument)
    .requiredOption('-o, --output <folder>', t('cli.option.publish-output'))
    .action(async (campaign: CampaignId, options: Options, command: Command) => {
      assertWritable(options.output);
      await asUser(cli, command, 'change', async (deps, actor) => {
        const { language } = cli;
        const { counties: all, demo } = await getCampaign(deps, actor, campaign);
        const counties = options.county ?? all.map((c) => c.code);
        const names = counties.map((county) => ({ county, ...publicationNames(campaign, county) }));
        // An index page of other counties may exist already, and stays.
        const hasIndex = counties.length > 1 && !existsSync(join(options.output, index));
        await writeFolder(
          options.output,
          [...names.flatMap(({ json, html, csv }) => [json, html, csv]), ...(hasIndex ? [index] : [])],
          (async function* () {
            const made: PublishedCounty[] = [];
            for (const { county, json, html, csv } of names) {
              const publication = await makePublication(deps, actor, campaign, county);
              const { summary } = publication;
              made.push({ summary, href: html });
              yield { name: json, content: [publicationJson(publication)] };
              const files = { json, csv, ...(hasIndex && { index }) };
              yield { name: html, content: [publicationHtml(publication, language, files)] };
              yield { name: csv, content: summaryCsv([summary], language) };
            }
            if (!hasIndex) return;
            const content = [publicationIndex(made, { language, demo, publishedAt: deps.now() })];
            yield { name: index, content };
          })(),
        );
        const files = names.map(({ county, json, html, csv }) => ({
          county,
          json: join(options.output, json),
          html: join(options.output, html),
          csv: join(options.output, csv),
        }));
        cli.show(command, files, () => files.flatMap((f) => [f.html, f.json, f.csv]).join('\n'));
      });
    });
}
