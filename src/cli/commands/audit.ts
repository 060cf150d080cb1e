import type { Command } from 'commander';
import type { CampaignId } from '../../domain/model/ids.ts';
import { listCampaigns } from '../../operations/campaign/campaigns.ts';
import {
  checkDatabase,
  findBrokenCampaigns,
  recountCampaign,
  type CountyRecount,
} from '../../operations/evidence/recount.ts';
import { campaignArgument } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { exitFound } from '../exit-codes.ts';
import { damageText } from '../present.ts';
import { shellActor, withDeps } from '../session.ts';

export function addAudit(program: Command, cli: Cli): void {
  const { t } = cli;
  program
    .command('audit')
    .alias('recount')
    .description(t('cli.audit'))
    .argument('[campaign]', t('cli.argument.audit'), campaignArgument)
    .action(async (only: CampaignId | undefined, _options: object, command: Command) => {
      await withDeps(cli, 'look', async (deps) => {
        const damage = await checkDatabase(deps, shellActor);
        if (damage.length > 0) {
          // A figure that is counted from damaged pages means nothing.
          cli.show(
            command,
            damage.map((d) => ({ damage: d })),
            () => [...damage.map((d) => damageText(t, d)), t('cli.audit.damaged')].join('\n'),
          );
          return cli.fail(exitFound);
        }
        const broken = (await findBrokenCampaigns(deps, shellActor)).filter(
          ({ id }) => only === undefined || id === only,
        );
        if (broken.length > 0) {
          cli.note(
            broken.map(({ id, fault }) => t('cli.audit.broken', { campaign: id, column: fault })).join('\n'),
          );
          cli.fail(exitFound);
          if (only !== undefined) return;
        }
        const campaigns =
          only === undefined
            ? (await listCampaigns(deps, shellActor)).filter((c) => c.state !== 'draft').map((c) => c.id)
            : [only];
        const found: (CountyRecount & { readonly campaign: CampaignId })[] = [];
        for (const campaign of campaigns)
          for (const county of await recountCampaign(deps, shellActor, campaign))
            found.push({ campaign, ...county });
        cli.show(command, found, () =>
          found.length === 0 ? t('cli.audit.nothing') : found.map(describe).join('\n'),
        );
        if (found.some((f) => f.differences.length > 0)) cli.fail(exitFound);
      });
    });

  function describe(f: CountyRecount & { readonly campaign: CampaignId }): string {
    const place = { campaign: f.campaign, county: `${f.county} ${f.name}` };
    if (f.differences.length === 0)
      return t(f.erased ? 'cli.audit.erased' : f.counted ? 'cli.audit.equal' : 'cli.audit.uncounted', {
        ...place,
        responses: f.responses,
        cells: f.cells,
      });
    return [
      t('cli.audit.differs', { ...place, differences: f.differences.length }),
      ...f.differences.map(
        (d) =>
          `  ${t('cli.audit.cell', { cell: d.cell, what: d.what, stored: d.stored, recounted: d.recounted })}`,
      ),
    ].join('\n');
  }
}
