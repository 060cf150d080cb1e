/** Inspectors’ test contacts. */
import { AppError } from '../../errors.ts';
import { fromHex } from '../../hash.ts';
import { canaryCommitment, type CanaryFile, judgeCanary, parseCanaryFile } from '../canaries.ts';
import { first, indexOf, type Run } from './run.ts';

/**
 * Codes of test contacts remove nobody from the sample, whose codes are counted by stratum. Without the list, nothing more can be
 * checked.
 */
export function checkCanaries(run: Run): void {
  const sealed = first(run, 'canaries');
  const cells = (first(run, 'issue')?.codes ?? []).filter((c) => c.set === 'canary');
  const issued = cells.reduce((n, c) => n + c.count, 0);
  if (issued > (sealed?.count ?? 0))
    run.find(
      'canary-issue',
      indexOf(run, 'issue'),
      `at most ${sealed?.count ?? 0} test contacts`,
      String(issued),
    );
  if (run.options.canaries === undefined) return;
  let file: CanaryFile;
  try {
    file = parseCanaryFile(run.options.canaries);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    run.find('canary-file', null, 'a list of test contacts', run.options.canaries.slice(0, 100));
    return;
  }
  const commitment = canaryCommitment(file);
  if (commitment !== sealed?.commitment || file.canaries.length !== sealed.count) {
    run.find('canary-file', indexOf(run, 'canaries'), sealed?.commitment ?? 'no test contacts', commitment);
    return;
  }
  run.canaries = file.canaries.map((canary) => {
    const who = run.respondents.find(fromHex(canary.pseudonym));
    const set = who < 0 ? null : run.respondents.placeOf(who).set;
    return judgeCanary(canary, { set, answers: run.canaryAnswers.get(canary.pseudonym) ?? null });
  });
  for (const { label, fault } of run.canaries) if (fault) run.find('canary', null, label, fault);
}
