/** One run of `manyi`: parses the command line, runs the command, and converts the outcome to text and an exit code. */
import { Command, CommanderError } from 'commander';
import { AppError } from '../domain/errors.ts';
import { systemError } from '../domain/system-error.ts';
import { readVersion } from '../operations/service/version.ts';
import { createCli, chooseLanguage, type Cli } from './cli.ts';
import { ownTerminal, type Terminal } from './terminal.ts';
import { addAdmin } from './commands/admin.ts';
import { addAudit } from './commands/audit.ts';
import { addBackup } from './commands/backup.ts';
import { addBundle } from './commands/bundle.ts';
import { addCanaries } from './commands/canaries.ts';
import { addCampaign } from './commands/campaign.ts';
import { addClock } from './commands/clock.ts';
import { addClose } from './commands/close.ts';
import { addExpire } from './commands/expire.ts';
import { addFlag } from './commands/flag.ts';
import { addCoverage } from './commands/coverage.ts';
import { addDecide } from './commands/decide.ts';
import { addDemo } from './commands/demo.ts';
import { addDisclosure } from './commands/disclosure.ts';
import { addDivisions } from './commands/divisions.ts';
import { addDraw } from './commands/draw.ts';
import { addFates } from './commands/fates.ts';
import { addFreeze } from './commands/freeze.ts';
import { addInspection } from './commands/inspection.ts';
import { addLate } from './commands/late.ts';
import { addLinks } from './commands/links.ts';
import { addLog } from './commands/log.ts';
import { addMessages } from './commands/messages.ts';
import { addMove } from './commands/move.ts';
import { addSending } from './commands/sending.ts';
import { addOpen } from './commands/open.ts';
import { addPlan } from './commands/plan.ts';
import { addPropose } from './commands/propose.ts';
import { addAnalysis } from './commands/analysis.ts';
import { addClaimed } from './commands/claimed.ts';
import { addDossier } from './commands/dossier.ts';
import { addPublish } from './commands/publish.ts';
import { addRates } from './commands/rates.ts';
import { addRelease } from './commands/release.ts';
import { addRoll } from './commands/roll.ts';
import { addSchools } from './commands/schools.ts';
import { addServe } from './commands/serve.ts';
import { addSummary } from './commands/summary.ts';
import { addTemplate } from './commands/template.ts';
import { addTrail } from './commands/trail.ts';
import { addUser } from './commands/user.ts';
import { addVerify } from './commands/verify.ts';
import { addVerifyBackup } from './commands/verify-backup.ts';
import { addWitness } from './commands/witness.ts';
import { exitCodeOf, exitUsage } from './exit-codes.ts';
import { createPasswordSource } from './passwords.ts';
import type { Translate } from '../texts/texts.ts';
import { errorText } from './present.ts';
import { explainIn, usageWords } from './usage.ts';

const commands: readonly ((program: Command, cli: Cli) => void)[] = [
  addServe,
  addDemo,

  addAdmin,
  addUser,
  addTemplate,
  addDivisions,
  addCampaign,
  addSchools,
  addRoll,
  addCoverage,
  addPlan,
  addFreeze,
  addDraw,
  addOpen,
  addMessages,
  addSending,
  addFates,
  addLinks,
  addLate,
  addRates,
  addPropose,
  addDecide,
  addClose,
  addExpire,
  addClock,
  addLog,
  addFlag,
  addRelease,
  addSummary,
  addPublish,
  addDossier,
  addClaimed,
  addAnalysis,
  addAudit,
  addDisclosure,
  addInspection,
  addBundle,
  addVerify,
  addCanaries,
  addTrail,
  addBackup,
  addVerifyBackup,
  addMove,

  addWitness,
];

export async function run(
  argv: readonly string[],
  environment: Cli['environment'],
  terminal: Terminal = ownTerminal,
): Promise<number> {
  let code = 0;
  const passwords = createPasswordSource(terminal, environment);
  const cli = createCli(
    environment,
    chooseLanguage(argv, environment),
    passwords,
    (failed) => {
      code = failed;
    },
    terminal,
  );
  const { t } = cli;
  const program = new Command('manyi')
    .description(t('cli.about'))
    .version(readVersion(), '--version', t('cli.option.version'))
    .option('--lang <language>', t('cli.option.lang'))
    .option('--json', t('cli.option.json'))
    .option('--as <login>', t('cli.option.as'))
    .option('--password-stdin', t('cli.option.password-stdin'))
    .option('--debug', t('cli.option.debug'))
    .exitOverride()
    .configureOutput({
      writeOut: (text) => cli.print(text.trimEnd()),
      writeErr: (text) => cli.note(text.trimEnd()),
      outputError: (text, write) => write(usageWords(t, text)),
    })
    .showHelpAfterError(t('cli.help-hint'));
  explainIn(program, t);
  for (const add of commands) add(program, cli);
  inherit(program);
  program.hook('preAction', (_, command) => assertPlacesNamed(command, t));
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : exitUsage;
    const error = systemError(thrown) ?? thrown;
    cli.note(error instanceof AppError ? errorText(t, error) : t('cli.internal'));
    if (argv.includes('--debug')) cli.note(stackOf(error));
    return exitCodeOf(error);
  }
}

/** Subcommands added with addCommand do not inherit the settings for errors and help. */
function inherit(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    inherit(child);
  }
}

/** An empty file or folder name, such as from an unset variable, would mean the current folder. */
function assertPlacesNamed(command: Command, t: Translate): void {
  const given: (readonly [name: string, value: unknown])[] = [
    ...command.registeredArguments.flatMap((a, i) =>
      /^(?:file|path|bundle)(?:\.[a-z]+)?$/.test(a.name())
        ? [[a.name(), command.processedArgs[i] as unknown] as const]
        : [],
    ),
    ...command.options.flatMap((o) =>
      /<(?:file|folder)(?:\.[a-z]+)?>/.test(o.flags)
        ? [[o.flags, command.getOptionValue(o.attributeName()) as unknown] as const]
        : [],
    ),
  ];
  for (const [name, value] of given)
    if ([value].flat().includes('')) command.error(t('cli.usage.place-empty', { name }));
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by ${stackOf(error.cause)}`;
  return (error.stack ?? error.message) + cause;
}
