import type { Command } from 'commander';
import type { CampaignId } from '../../domain/model/ids.ts';
import type { CountyAudit } from '../../domain/evidence/audit/audit-county.ts';
import { listCampaigns } from '../../operations/campaign/campaigns.ts';
import { auditCampaign, auditTrail } from '../../operations/evidence/audit.ts';
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

type Audited = CountyRecount & { readonly campaign: CampaignId; readonly log: CountyAudit | null };

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
          // A figure counted from damaged pages is meaningless.
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
        const found: Audited[] = [];
        for (const campaign of campaigns) {
          const logs = new Map(
            (await auditCampaign(deps, shellActor, campaign)).map((log) => [log.county, log]),
          );
          for (const county of await recountCampaign(deps, shellActor, campaign))
            found.push({ campaign, ...county, log: logs.get(county.county) ?? null });
        }
        const trail = await auditTrail(deps, shellActor);
        cli.show(command, found, () =>
          found.length === 0
            ? t('cli.audit.nothing')
            : [...found.flatMap((f) => [describe(f), ...describeLog(f)]), describeTrail(trail)].join('\n'),
        );
        if (trail.breaks.length > 0) cli.note(describeTrail(trail));
        const isClean =
          found.every((f) => f.differences.length === 0 && (f.log?.count ?? 0) === 0) &&
          trail.breaks.length === 0;
        if (!isClean) cli.fail(exitFound);
      });
    });

  /** Compares the tables with the log: each difference by table, row and leaf. */
  function describeLog({ campaign, county, name, log: f }: Audited): readonly string[] {
    if (f === null) return [];
    const place = { campaign, county: `${county} ${name}` };
    const lines =
      f.count === 0
        ? [t('cli.audit.log.equal', { ...place, size: f.size, responses: f.responses })]
        : [t('cli.audit.log.differs', { ...place, differences: f.count })];
    for (const { table, row, leaf, what, expected, found } of f.differences)
      lines.push(
        `  ${t(leaf === null ? 'cli.audit.log.row-without-leaf' : 'cli.audit.log.row', {
          ...{ table, row, what, expected, found },
          leaf: leaf ?? '',
        })}`,
      );
    if (f.count > f.differences.length)
      lines.push(`  ${t('cli.audit.log.more', { more: f.count - f.differences.length })}`);
    if (f.uncommitted.length > 0)
      lines.push(
        `  ${t('cli.audit.log.uncommitted', {
          facts: f.uncommitted.map((fact) => t(`audit.fact.${fact}`)).join(t('cli.audit.log.separator')),
        })}`,
      );
    if (f.count > 0) lines.push(`  ${t('cli.audit.log.what-to-do')}`);
    return lines;
  }

  function describeTrail({ entries, breaks }: Awaited<ReturnType<typeof auditTrail>>): string {
    if (breaks.length === 0) return t('cli.audit.trail.whole', { entries });
    return [
      t('cli.audit.trail.broken', { breaks: breaks.length }),
      ...breaks.slice(0, 100).map((b) => `  ${t(`cli.audit.trail.${b.what}`, { no: b.no, to: b.to })}`),
    ].join('\n');
  }

  function describe(f: Audited): string {
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
