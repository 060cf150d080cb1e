import type { Command } from 'commander';
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import { parseCanaryFile } from '../../domain/evidence/canaries.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { groupSchema } from '../../domain/model/vocabulary.ts';
import { openCanaries, sealCanaries, viewCanaries } from '../../operations/evidence/canaries.ts';
import { campaignArgument, countyOfOption, withCounty } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { exitFound } from '../exit-codes.ts';
import { assertAbsent, readText, replaceWhole, writeWhole } from '../files.ts';
import { asUser } from '../session.ts';

const inputSchema = z.array(
  z.strictObject({
    label: z.string(),
    phone: z.string(),
    group: groupSchema,
    school: z.string().nullable().default(null),
    answers: z.union([z.record(z.string(), z.unknown()), z.int().min(1).max(20)]).nullable(),
  }),
);

interface Options {
  readonly county?: CountyCode;
  readonly seal?: string;
  readonly output?: string;
  readonly open?: string;
}

/** For inspectors: `--as LOGIN`. */
export function addCanaries(program: Command, cli: Cli): void {
  const { t } = cli;
  const command = program
    .command('canaries')
    .description(t('cli.canaries'))
    .argument('<campaign>', t('cli.argument.campaign'), campaignArgument)
    .option('--seal <file>', t('cli.option.canaries-seal'))
    .option('-o, --output <file>', t('cli.option.canaries-output'))
    .option('--open <file>', t('cli.option.canaries-open'));
  withCounty(command, t('cli.option.county')).action(
    async (campaign: CampaignId, options: Options, own: Command) => {
      const { seal, open, output } = options;
      if ((seal === undefined) === (open === undefined) || (seal !== undefined && output === undefined))
        throw new AppError('invalid', 'cli.canaries.which');
      const inputs = seal === undefined ? null : parseInputs(readText(seal));
      const kept = open === undefined ? null : readText(open);
      await asUser(cli, own, 'change', async (deps, actor) => {
        const county = await countyOfOption(deps, actor, campaign, options.county);
        if (inputs !== null && output !== undefined) {
          const { sealed } = await viewCanaries(deps, actor, campaign, county);
          // From a command that was killed before anything was sealed: it opens nothing.
          const isWorthless = sealed === null && isKeptFor(output, campaign, county);
          if (!isWorthless) assertAbsent(output);
          await sealCanaries(deps, actor, campaign, county, inputs, (file) =>
            (isWorthless ? replaceWhole : writeWhole)(output, [`${JSON.stringify(file, null, 2)}\n`]),
          );
          cli.note(t('cli.canaries.keep', { file: output }));
        } else if (kept !== null) {
          const results = await openCanaries(deps, actor, campaign, county, kept);
          cli.show(own, results, () =>
            cli.table(
              [t('cli.column.label'), t('cli.column.group'), t('cli.column.found')],
              results.map((r) => [
                r.label,
                t(`cli.group.${r.group}`),
                t(`verify.canary.${r.fault ?? 'sound'}`),
              ]),
            ),
          );
          if (results.some((r) => r.fault !== null)) cli.fail(exitFound);
        }
      });
    },
  );
}

function isKeptFor(path: string, campaign: CampaignId, county: CountyCode): boolean {
  if (!existsSync(path)) return false;
  try {
    const file = parseCanaryFile(readText(path));
    return file.campaign === campaign && file.county === county;
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}

function parseInputs(text: string): z.infer<typeof inputSchema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  const parsed = inputSchema.safeParse(value);
  if (!parsed.success) throw new AppError('invalid', 'cli.canaries.input');
  return parsed.data;
}
