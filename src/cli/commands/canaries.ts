import type { Command } from 'commander';
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import type { CampaignId, CountyCode } from '../../domain/ids.ts';
import { groupSchema } from '../../domain/vocabulary.ts';
import { openCanaries, sealCanaries } from '../../operations/canaries.ts';
import { campaignArgument, countyOfOption, withCounty } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { exitFound } from '../exit-codes.ts';
import { assertAbsent } from '../files.ts';
import { table } from '../present.ts';
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
      if (output !== undefined) assertAbsent(output);
      await asUser(cli, own, 'change', async (deps, actor) => {
        const county = await countyOfOption(deps, actor, campaign, options.county);
        if (seal !== undefined && output !== undefined) {
          const inputs = parseInputs(readText(seal));
          const file = await sealCanaries(deps, actor, campaign, county, inputs);
          writeFileSync(output, `${JSON.stringify(file, null, 2)}\n`, { flag: 'wx', mode: 0o600 });
          cli.note(t('cli.canaries.keep', { file: output }));
        } else if (open !== undefined) {
          const results = await openCanaries(deps, actor, campaign, county, readText(open));
          cli.show(own, results, () =>
            table(
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

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new AppError('invalid', 'cli.file-unreadable', { params: { file }, cause });
  }
}
