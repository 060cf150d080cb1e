/** Signals stated at close. */
import { canonicalJson } from '../../hash.ts';
import { countRolls, findRecountableFlags, recountableFlags } from '../../scoring/signals/find-flags.ts';
import { compareFlags, type Flag } from '../../scoring/signals/flags.ts';
import { all, first, indexOf, type Run } from './run.ts';

/** Flags as the `signal` leaves state them. */
export const statedFlags = (run: Run): readonly Flag[] =>
  all(run, 'signal').map(({ at: _at, ...flag }) => flag);

/**
 * Flags that follow from the bundle must be present, and no others of their kinds. What only the running service saw is stated
 * only in the leaves.
 */
export function checkFlags(
  run: Run,
  again: ReadonlyMap<number, { readonly respondents: number; readonly reanswered: number }>,
): void {
  const issue = first(run, 'issue');
  if (!issue || !run.profile) return;
  // Signals and fates were introduced in the same version. A campaign opened since must state them.
  if (first(run, 'dispositions')?.fates === undefined) {
    if (first(run, 'open')?.revisionRule !== undefined)
      run.find('dispositions', indexOf(run, 'dispositions'), 'fates', 'none');
    return;
  }
  const found = findRecountableFlags(
    issue.reporting,
    {
      sheets: run.sheets,
      reanswers: [...again].map(([stratum, n]) => ({ stratum, n: n.respondents, x: n.reanswered })),
      rolls: countRolls(
        issue.reporting,
        run.schools,
        (group, school) => run.affiliated.get(`${group} ${school}`) ?? 0,
      ),
    },
    run.profile.minimumCell,
  );
  // Once the answers are erased, signals about sheets can no longer be recomputed.
  const isCounted = ({ kind }: Flag) =>
    recountableFlags.has(kind) && (run.erasedAt === null || (kind !== 'identical' && kind !== 'uniform'));
  const stated = statedFlags(run).filter(isCounted).sort(compareFlags);
  const [a, b] = [canonicalJson(stated), canonicalJson(found.filter(isCounted))];
  if (a !== b) run.find('flags', indexOf(run, 'signal'), a.slice(0, 400), b.slice(0, 400));
}
