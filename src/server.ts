/** The process: environment in, service up, signals down. */
import { exitCodeOf } from './cli/exit-codes.ts';
import { composeService, createLogger } from './compose.ts';
import { readConfig, type Config } from './config.ts';
import { AppError } from './domain/errors.ts';
import { systemError } from './domain/system-error.ts';
import { lowerHelperThreads } from './helper-threads.ts';
import { errorWords } from './texts/error-words.ts';
import { negotiateLanguage, translator } from './texts/texts.ts';

const started = performance.now();
// The operator's language from the shell's locale: zh_CN.UTF-8.
const locale = (process.env['LC_ALL'] ?? process.env['LANG'] ?? '').split('.')[0]?.replace('_', '-');
const t = translator(negotiateLanguage(locale));

/** Errors that the operator can act on are printed in plain words, all others in full. */
function report(thrown: unknown): void {
  const error = systemError(thrown) ?? thrown;
  const text =
    error instanceof AppError
      ? [
          errorWords(t, error.message, error.params),
          ...error.issues.map((i) => `- ${errorWords(t, i.message, i.params)}`),
        ].join('\n')
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error);
  process.stderr.write(`${text}\n`);
  process.exitCode = exitCodeOf(error);
}

async function main(config: Config): Promise<void> {
  lowerHelperThreads();
  const log = createLogger(config);
  for (const { path, message, params } of config.warnings)
    log.warn({ variable: path, text: t(message, params) }, 'config.warning');
  const service = await composeService(config, log, {
    onFatal(err) {
      log.fatal({ err }, 'storage.died');
      process.exitCode = 1;
      void service.stop().catch(report);
    },
  });
  const end = (signal: NodeJS.Signals): void => {
    log.info({ signal }, 'service.stopping');
    service.stop().then(() => log.info({}, 'service.stopped'), report);
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  try {
    const address = await service.start();
    log.info(
      {
        ...{ address, publicUrl: config.publicUrl, keys: config.keyDir },
        data: config.database === null ? config.dataDir : 'postgres',
        ms: Math.round(performance.now() - started),
      },
      'service.started',
    );
  } catch (error) {
    await service.stop();
    throw error;
  }
}

try {
  await main(readConfig(process.env));
} catch (error) {
  report(error);
}
