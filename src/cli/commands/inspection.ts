import { InvalidArgumentError, type Command } from 'commander';
import { AppError } from '../../domain/errors.ts';
import { inspectionRecords, type InspectionRecord } from '../../domain/inspection/record-names.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { groups, type Group } from '../../domain/model/vocabulary.ts';
import type { Figure } from '../../domain/scoring/figure.ts';
import { formatAtMost, formatShare, formatSigned, formatValue } from '../../domain/scoring/format.ts';
import { viewBalance } from '../../operations/inspection/balance.ts';
import { changeInspection, listInspectionVersions } from '../../operations/inspection/inspection.ts';
import { viewInspection } from '../../operations/inspection/documents.ts';
import { getRegime, listRegimes } from '../../operations/inspection/regimes.ts';
import { listSpotSurveys, makeSpotSurvey } from '../../operations/inspection/spot.ts';
import { importSchoolTable } from '../../operations/inspection/school-table.ts';
import { rectificationXlsx } from '../../export/rectification.ts';
import { viewProgramme } from '../../operations/inspection/programme.ts';
import {
  createResurvey,
  rectificationList,
  viewRectification,
} from '../../operations/inspection/rectification.ts';
import {
  campaignArgument,
  choiceArgument,
  countArgument,
  countyOfOption,
  timeArgument,
  withCounty,
} from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { exitFound } from '../exit-codes.ts';
import { assertAbsent, assertNamed, openFile, readText, writeWhole } from '../files.ts';
import { determinationTables, determinationXlsx } from '../../export/determination.ts';
import { localisedIn } from '../../export/report/draft.ts';
import { overallText } from '../../texts/gate-words.ts';
import { determinationOf, viewSheet } from '../../operations/inspection/sheet.ts';
import { asUser } from '../session.ts';
import { warningText } from '../warnings.ts';
import { serviceMinute } from '../../domain/time-zone.ts';

interface Options {
  readonly county?: CountyCode;
  readonly reason?: string;
  readonly skipHidden?: boolean;
  readonly output?: string;
}

/** The inspection around the survey: its documents, one command for each action. */
export function addInspection(program: Command, cli: Cli): void {
  const { t } = cli;
  const group = program.command('inspection').description(t('cli.inspection'));
  const ofCampaign = (name: string, description: string) =>
    withCounty(
      group
        .command(name)
        .description(description)
        .argument('<campaign>', t('cli.argument.campaign'), campaignArgument),
      t('cli.option.county'),
    );
  const withReason = (command: Command) =>
    command.option('--reason <text>', t('cli.option.inspection-reason'));

  group
    .command('regimes')
    .description(t('cli.inspection.regimes'))
    .action(async (_options: unknown, command: Command) => {
      const regimes = await listRegimes();
      cli.show(command, regimes, () =>
        cli.table(
          [t('cli.column.id'), t('cli.column.name')],
          regimes.map((r) => [r.id, r.title[cli.language === 'en' ? 'en' : 'zh-CN']]),
        ),
      );
    });

  ofCampaign('show', t('cli.inspection.show')).action(
    async (campaign: CampaignId, options: Options, command: Command) => {
      await asUser(cli, command, 'look', async (deps, actor) => {
        const county = await countyOfOption(deps, actor, campaign, options.county);
        const { documents } = await viewInspection(deps, actor, campaign, county);
        const entries = await listInspectionVersions(deps, actor, campaign, county);
        cli.show(command, { documents, versions: entries }, () =>
          cli.table(
            [t('cli.column.when'), t('cli.column.what'), t('cli.column.version'), t('cli.column.who')],
            entries.map((e) => [
              serviceMinute(e.at),
              t(`inspection.record.${e.record}`),
              e.version,
              e.by.name,
            ]),
          ),
        );
      });
    },
  );

  withReason(
    ofCampaign('rules', t('cli.inspection.rules')).argument('<regime>', t('cli.argument.regime')),
  ).action(async (campaign: CampaignId, regime: string, options: Options, command: Command) => {
    const isFile = regime.endsWith('.json');
    const document = isFile ? readJson(regime) : await getRegime(regime);
    const change = { do: 'choose', regime: document, adapted: isFile };
    await asUser(cli, command, 'change', async (deps, actor) => {
      const county = await countyOfOption(deps, actor, campaign, options.county);
      const made = await changeInspection(deps, actor, campaign, county, 'rules', change, options);
      cli.show(command, made, () => t('cli.inspection.saved', { version: made.version }));
    });
  });

  withReason(
    ofCampaign('change', t('cli.inspection.change'))
      .argument('<record>', inspectionRecords.join(' | '), choiceArgument(...inspectionRecords))
      .argument('<file>', t('cli.argument.change')),
  ).action(
    async (
      campaign: CampaignId,
      record: InspectionRecord,
      file: string,
      options: Options,
      command: Command,
    ) => {
      const change = readJson(file);
      await asUser(cli, command, 'change', async (deps, actor) => {
        const county = await countyOfOption(deps, actor, campaign, options.county);
        const made = await changeInspection(deps, actor, campaign, county, record, change, options);
        cli.show(command, made, () => t('cli.inspection.saved', { version: made.version }));
      });
    },
  );

  withReason(ofCampaign('schools', t('cli.inspection.schools')).argument('<file>', t('cli.argument.table')))
    .option('--skip-hidden', t('cli.option.skip-hidden'))
    .action(async (campaign: CampaignId, file: string, options: Options, command: Command) => {
      const opened = openFile(file, options);
      await asUser(cli, command, 'change', async (deps, actor) => {
        const county = await countyOfOption(deps, actor, campaign, options.county);
        const result = await importSchoolTable(deps, actor, campaign, county, opened, options.reason);
        const texts = <
          T extends { readonly message: string; readonly params?: Record<string, string | number> },
        >(
          list: readonly T[],
        ) => list.map((one) => ({ ...one, text: warningText(t, one) }));
        const faults = texts(result.faults as never) as unknown as readonly {
          sheet: string;
          row: number;
          params: Record<string, string | number>;
          text: string;
        }[];
        const warnings = texts(result.warnings as never);
        cli.show(command, { ...result, faults, warnings }, () =>
          [
            ...warnings.map((w) => `${t('cli.template.warning')}${w.text}`),
            ...faults.map((f) =>
              t('cli.fault', {
                file,
                sheet: f.sheet,
                row: `${f.params['column'] ?? ''}${f.row}`,
                text: f.text,
              }),
            ),
            faults.length === 0
              ? t('inspection.done.table', { schools: result.saved })
              : t('inspection.table.faults', { count: faults.length }),
          ].join('\n'),
        );
        if (faults.length > 0) cli.fail(exitFound);
      });
    });

  ofCampaign('sheet', t('cli.inspection.sheet'))
    .option('-o, --output <file>', t('cli.option.sheet-output'))
    .action(async (campaign: CampaignId, options: Options, command: Command) => {
      const { output } = options;
      if (output !== undefined) {
        assertNamed(output, '.docx', '.xlsx');
        assertAbsent(output);
      }
      await asUser(cli, command, 'look', async (deps, actor) => {
        const county = await countyOfOption(deps, actor, campaign, options.county);
        const view = await viewSheet(deps, actor, campaign, county);
        const made = determinationOf(view);
        if (made === null) throw new AppError('conflict', 'inspection.no-regime');
        if (output !== undefined) {
          const chunks: Uint8Array[] = [];
          if (output.endsWith('.docx')) {
            const { determinationDocx } = await import('../../export/report/determination-docx.ts');
            chunks.push(await determinationDocx(made, cli.language));
          } else for await (const chunk of determinationXlsx(made, cli.language)) chunks.push(chunk);
          await writeWhole(output, chunks);
          cli.note(t('cli.written', { file: output }));
          return;
        }
        cli.show(command, made.sheet, () =>
          [
            cli.wrap(overallText(t, localisedIn(cli.language), made.sheet)),
            cli.table(
              [t('inspection.gate'), t('inspection.verdict'), t('inspection.reasons')],
              determinationTables(made, cli.language)[0]?.rows ?? [],
            ),
          ].join('\n'),
        );
      });
    });

  ofCampaign('spot', t('cli.inspection.spot'))
    .option('--slips <list>', t('cli.option.slips'), slipsOption)
    .option('--closes <time>', t('cli.option.spot-closes'), timeArgument)
    .action(async (campaign: CampaignId, options: Options, command: Command) => {
      const { slips, closes } = options as Options & {
        readonly slips?: readonly { readonly group: Group; readonly count: number }[];
        readonly closes?: number;
      };
      await asUser(cli, command, slips ? 'change' : 'look', async (deps, actor) => {
        const county = await countyOfOption(deps, actor, campaign, options.county);
        if (slips) {
          const made = await makeSpotSurvey(deps, actor, campaign, county, { slips, closesAt: closes ?? 0 });
          cli.show(command, { campaign: made.id }, () => `${made.id} ${t('inspection.done.spot')}`);
          return;
        }
        const spots = await listSpotSurveys(deps, actor, campaign, county);
        const shown = (f: Figure) =>
          f.kind === 'estimate' ? formatValue(f.value, { decimals: 1, threshold: null }) : '–';
        const out = spots.map(({ survey, campaign: own, rows, waits }) => ({
          ...{ campaign: own.id, state: own.state, handOut: survey.handOut, waits, rows },
        }));
        cli.show(command, out, () =>
          spots
            .map(({ campaign: own, rows, waits }) =>
              rows === null
                ? `${own.name}\n${t(`inspection.spot.waits.${waits ?? 'spot-open'}`)}`
                : cli.table(
                    [
                      own.name,
                      t('inspection.spot.county'),
                      t('inspection.spot.here'),
                      t('inspection.spot.difference'),
                      t('inspection.spot.interviews'),
                    ],
                    rows.map((r) => [
                      t(`staff.group.${r.group}`),
                      shown(r.county),
                      shown(r.spot),
                      r.difference.kind === 'difference'
                        ? `${formatSigned(r.difference.value, 1)} (${formatSigned(r.difference.interval.low, 1)} … ${formatSigned(r.difference.interval.high, 1)})`
                        : '–',
                      shown(r.interviews),
                    ]),
                  ),
            )
            .join('\n\n'),
        );
      });
    });

  ofCampaign('collect', t('cli.inspection.collect'))
    .option('--lowest <count>', t('cli.option.lowest'), countArgument, 5)
    .action(async (campaign: CampaignId, options: Options & { lowest: number }, command: Command) => {
      await asUser(cli, command, 'change', async (deps, actor) => {
        const county = await countyOfOption(deps, actor, campaign, options.county);
        const change = { do: 'collect', lowest: options.lowest };
        const made = await changeInspection(deps, actor, campaign, county, 'rectification', change);
        cli.show(command, made, () => t('cli.inspection.saved', { version: made.version }));
      });
    });

  ofCampaign('rectification', t('cli.inspection.rectification'))
    .option('-o, --output <file>', t('cli.option.rectification-output'))
    .action(async (campaign: CampaignId, options: Options, command: Command) => {
      const { output } = options;
      if (output !== undefined) {
        assertNamed(output, '.xlsx');
        assertAbsent(output);
      }
      await asUser(cli, command, 'look', async (deps, actor) => {
        const county = await countyOfOption(deps, actor, campaign, options.county);
        const view = await viewRectification(deps, actor, campaign, county);
        if (output !== undefined) {
          const chunks: Uint8Array[] = [];
          for await (const chunk of rectificationXlsx(rectificationList(view), cli.language))
            chunks.push(chunk);
          await writeWhole(output, chunks);
          cli.note(t('cli.written', { file: output }));
          return;
        }
        const { tasks } = view.body;
        cli.show(command, { list: view.body, ...view.state }, () =>
          [
            t('inspection.tasks.counts', { all: tasks.length, ...view.state.counts }),
            cli.table(
              [
                t('inspection.archive.no'),
                t('inspection.task.problem'),
                t('inspection.task.owner'),
                t('inspection.task.due'),
                t('inspection.task.state'),
              ],
              tasks.map((task) => [
                task.no,
                task.title[cli.language === 'en' ? 'en' : 'zh-CN'],
                task.owner === null ? '–' : `${task.owner.unit} ${task.owner.role}`,
                task.due ?? '–',
                t(`inspection.task.state.${task.state}`),
              ]),
            ),
          ].join('\n'),
        );
      });
    });

  ofCampaign('re-survey', t('cli.inspection.re-survey'))
    .requiredOption('--name <text>', t('cli.option.resurvey-name'))
    .requiredOption('--closes-at <time>', t('cli.option.closes-at'), timeArgument)
    .action(
      async (
        campaign: CampaignId,
        options: Options & { name: string; closesAt: number },
        command: Command,
      ) => {
        await asUser(cli, command, 'change', async (deps, actor) => {
          const county = await countyOfOption(deps, actor, campaign, options.county);
          const { name, closesAt } = options;
          const made = await createResurvey(deps, actor, campaign, county, { name, closesAt });
          cli.show(command, { id: made.id }, () => made.id);
        });
      },
    );

  ofCampaign('programme', t('cli.inspection.programme')).action(
    async (campaign: CampaignId, options: Options, command: Command) => {
      await asUser(cli, command, 'look', async (deps, actor) => {
        const county = await countyOfOption(deps, actor, campaign, options.county);
        const { view, coverage } = await viewProgramme(deps, actor, campaign, county);
        const { body } = view.documents.programme;
        if (coverage === null) throw new AppError('conflict', 'inspection.programme.none');
        const percent = (share: number) => `${formatShare(share)}%`;
        cli.show(command, { ...coverage, levels: body.levels }, () =>
          cli.table(
            [
              t('inspection.year'),
              t('inspection.programme.target'),
              t('inspection.programme.at-least'),
              t('inspection.programme.reached'),
              t('inspection.verdict'),
            ],
            coverage.targets.map((own) => [
              own.year,
              own.kind === 'coverage'
                ? t('inspection.programme.target.coverage')
                : (body.rules?.levels.at(-1)?.title[cli.language === 'en' ? 'en' : 'zh-CN'] ?? ''),
              percent(own.target),
              own.share === null ? '–' : percent(own.share),
              own.meets === null
                ? t('inspection.programme.not-yet')
                : t(`inspection.gate.${own.meets ? 'met' : 'not-met'}`),
            ]),
          ),
        );
      });
    },
  );

  ofCampaign('balance', t('cli.inspection.balance')).action(
    async (campaign: CampaignId, options: Options, command: Command) => {
      await asUser(cli, command, 'look', async (deps, actor) => {
        const county = await countyOfOption(deps, actor, campaign, options.county);
        const { balance, stages } = await viewBalance(deps, actor, campaign, county);
        if (balance === null) throw new AppError('conflict', 'inspection.table.none');
        cli.show(command, { ...balance, additions: stages.map((s) => s.plan) }, () =>
          cli.table(
            [
              t('inspection.indicator'),
              t('inspection.coefficient'),
              t('inspection.gate.limit'),
              t('inspection.mean'),
            ],
            balance.stages.flatMap((s) => {
              const limit = formatValue(s.limit, { decimals: 2, threshold: null });
              const show = (value: number | null) => (value === null ? '–' : formatAtMost(value, 3, s.limit));
              return [
                ...s.indicators.map((i) => [
                  `${t(`inspection.stage.${s.stage}`)} ${i.indicator.title[cli.language === 'en' ? 'en' : 'zh-CN']}`,
                  show(i.value),
                  s.composite === null ? limit : '',
                  formatValue(i.mean, { decimals: 3, threshold: null }),
                ]),
                ...(s.composite === null
                  ? []
                  : [
                      [
                        `${t(`inspection.stage.${s.stage}`)} ${t('inspection.composite')}`,
                        show(s.composite),
                        limit,
                        '',
                      ],
                    ]),
              ];
            }),
          ),
        );
      });
    },
  );
}

/** `parent=120,teacher=60` */
function slipsOption(text: string) {
  return text.split(',').map((part) => {
    const [name = '', count = ''] = part.split('=').map((side) => side.trim());
    const group = groups.find((g) => g === name);
    if (!group || !/^\d{1,4}$/.test(count)) throw new InvalidArgumentError('parent=120,teacher=60');
    return { group, count: Number(count) };
  });
}

function readJson(file: string): unknown {
  const text = readText(file);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError('invalid', 'inspection.regime.json', { cause });
  }
}
