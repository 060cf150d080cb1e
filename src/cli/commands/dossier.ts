import type { Command } from 'commander';
import { join } from 'node:path';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { zipChunks } from '../../export/zip.ts';
import { getCampaign } from '../../operations/campaign/campaigns.ts';
import { makeDossier } from '../../operations/summary/dossier.ts';
import { campaignArgument, countiesArgument } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { assertAbsent, assertWritable, writeTree, writeWhole } from '../files.ts';
import { asUser } from '../session.ts';

interface Options {
  readonly county?: readonly CountyCode[];
  readonly output: string;
}

/** A folder for each county, in the archive's numbering, and the same as a zip beside it. */
export function addDossier(program: Command, cli: Cli): void {
  const { t } = cli;
  program
    .command('dossier')
    .description(t('cli.dossier'))
    .argument('<campaign>', t('cli.argument.campaign'), campaignArgument)
    .option('--county <code>', t('cli.option.summary-counties'), countiesArgument)
    .requiredOption('-o, --output <folder>', t('cli.option.dossier-output'))
    .action(async (campaign: CampaignId, options: Options, command: Command) => {
      assertWritable(options.output);
      await asUser(cli, command, 'change', async (deps, actor) => {
        const counties =
          options.county ?? (await getCampaign(deps, actor, campaign)).counties.map((c) => c.code);
        const made: { county: CountyCode; folder: string; zip: string; files: number }[] = [];
        for (const county of counties) {
          const { name, files } = await makeDossier(deps, actor, campaign, county, cli.language);
          const folder = join(options.output, name);
          const zip = `${folder}.zip`;
          assertAbsent(zip);
          await writeTree(folder, files);
          const inFolder = files.map((file) => ({ name: `${name}/${file.name}`, content: [file.content] }));
          await writeWhole(zip, zipChunks(inFolder, deps.now()));
          made.push({ county, folder, zip, files: files.length });
        }
        cli.show(command, made, () => made.flatMap((m) => [m.folder, m.zip]).join('\n'));
      });
    });
}
