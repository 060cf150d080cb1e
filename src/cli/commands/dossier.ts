import type { Command } from 'commander';
import { basename, join } from 'node:path';
import type { Actor } from '../../domain/campaign/permissions.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { Language } from '../../domain/model/vocabulary.ts';
import { zipChunks } from '../../export/zip.ts';
import { getCampaign } from '../../operations/campaign/campaigns.ts';
import type { Deps } from '../../operations/deps.ts';
import { makeDossier, nameDossier } from '../../operations/summary/dossier.ts';
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
        const places = await placesOf(deps, actor, campaign, counties, options.output, cli.language);
        const made: { county: CountyCode; folder: string; zip: string; files: number }[] = [];
        for (const { county, folder, zip } of places) {
          const { files } = await makeDossier(deps, actor, campaign, county, cli.language);
          await writeTree(folder, files);
          const name = basename(folder);
          const inFolder = files.map((file) => ({ name: `${name}/${file.name}`, content: [file.content] }));
          await writeWhole(zip, zipChunks(inFolder, deps.now()));
          made.push({ county, folder, zip, files: files.length });
        }
        cli.show(command, made, () => made.flatMap((m) => [m.folder, m.zip]).join('\n'));
      });
    });
}

interface Place {
  readonly county: CountyCode;
  readonly folder: string;
  readonly zip: string;
}

/** All names are free before the first is made. Districts of one name in different cities are distinguished by their codes. */
async function placesOf(
  deps: Deps,
  actor: Actor,
  campaign: CampaignId,
  counties: readonly CountyCode[],
  output: string,
  language: Language,
): Promise<readonly Place[]> {
  const names: string[] = [];
  for (const county of counties) names.push(await nameDossier(deps, actor, campaign, county, language));
  const places = counties.map((county, i): Place => {
    const name = names[i]!;
    const isShared = names.filter((other) => other === name).length > 1;
    const folder = join(output, isShared ? `${name} ${county}` : name);
    return { county, folder, zip: `${folder}.zip` };
  });
  for (const { folder, zip } of places) {
    assertAbsent(folder);
    assertAbsent(zip);
  }
  return places;
}
