/** Compares what was stated at close with the log. */
import { canonicalJson, contentHash, toHex } from '../../hash.ts';
import { decodeTally } from '../../scoring/tally/tally-bytes.ts';
import { presentCells } from '../leaf.ts';
import { checkFlags } from './flags.ts';
import { cellName } from './recount-cells.ts';
import { isCounted } from './respondents.ts';
import { first, indexOf, type Run } from './run.ts';
import { cellsOfLast, checkTallies, createPlaceCounter, firstName, sizesOfLast } from './tallies.ts';

/**
 * Compares the respondents in the leaves with the dispositions, and their tallies with what was committed to. Differences become
 * findings.
 */
export function checkRespondents(run: Run): void {
  const again = new Map<number, { respondents: number; reanswered: number }>();
  const firsts = createPlaceCounter();
  const lasts = createPlaceCounter();
  for (let who = 0; who < run.respondents.size; who++) {
    const state = run.respondents.stateOf(who);
    if (state.revisions === 0) continue;
    const place = run.respondents.placeOf(who);
    const name = () => toHex(run.respondents.pseudonymOf(who));
    if (!state.isWhole)
      run.find('revision', null, `revisions 1 to ${state.revisions} of ${name()}`, 'others');
    if (run.erasedAt !== null) {
      if (state.contents > 0)
        run.find('erased-contents', null, `nothing of ${name()}`, `revision ${state.contents}`);
    } else if (state.hasTwoContents || (state.contents > 0 && state.contents !== state.best))
      run.find(
        'superseded-contents',
        null,
        `revision ${state.best} of ${name()}`,
        `revision ${state.contents}`,
      );
    else if (state.contents === 0)
      run.find('contents-missing', null, `revision ${state.best} of ${name()}`, '');
    if (!isCounted(place)) continue;
    let stratum = again.get(place.reportingStratum);
    if (!stratum) again.set(place.reportingStratum, (stratum = { respondents: 0, reanswered: 0 }));
    stratum.respondents += 1;
    if (state.revisions > 1) stratum.reanswered += 1;
    firsts.add(place, state.firstChannel);
    lasts.add(place, state.bestChannel);
  }
  checkDispositions(run, again, firsts.named());
  if (run.erasedAt !== null) checkTallies(run, lasts.named());
}

function checkDispositions(
  run: Run,
  again: ReadonlyMap<number, { readonly respondents: number; readonly reanswered: number }>,
  firsts: ReadonlyMap<string, number>,
): void {
  const dispositions = first(run, 'dispositions');
  if (!dispositions) return;
  const at = indexOf(run, 'dispositions');
  const counted = new Map<string, { answered: number; valid: number }>();
  for (const cell of sizesOfLast(run)) {
    const name = `${cell.reportingStratum} ${cell.set} ${cell.channel}`;
    const sum = counted.get(name) ?? { answered: 0, valid: 0 };
    sum.answered += cell.n;
    if (cell.valid) sum.valid += cell.n;
    counted.set(name, sum);
  }
  const compare = (code: 'dispositions' | 'first-answers', expected: unknown, found: unknown) => {
    const [a, b] = [canonicalJson(expected), canonicalJson(found)];
    if (a !== b) run.find(code, at, a.slice(0, 400), b.slice(0, 400));
  };
  const stated = dispositions.strata.filter((s) => s.answered > 0);
  compare(
    'dispositions',
    Object.fromEntries(
      stated.map((s) => [
        `${s.reportingStratum} ${s.set} ${s.channel}`,
        { answered: s.answered, valid: s.valid },
      ]),
    ),
    Object.fromEntries(counted),
  );
  compare(
    'dispositions',
    Object.fromEntries(
      dispositions.reanswers.map((r) => [
        r.reportingStratum,
        { respondents: r.respondents, reanswered: r.reanswered },
      ]),
    ),
    Object.fromEntries(again),
  );
  checkFlags(run, again);
  if (dispositions.last !== undefined && run.erasedAt === null) {
    const last = contentHash(presentCells(cellsOfLast(run)));
    if (last !== dispositions.last) run.find('tallies', at, dispositions.last, last);
  }
  if (run.firstHash !== dispositions.first) {
    run.find('first-answers', at, dispositions.first, String(run.firstHash));
    return;
  }
  const sizes = new Map<string, number>();
  const last = new Map(cellsOfLast(run).map((c) => [cellName(c), toHex(c.bytes)]));
  for (const cell of run.firstCells) {
    const q = run.questionnaires.get(cell.questionnaire);
    if (!q) continue;
    const { n } = decodeTally(q, cell.bytes);
    if (n > 0) sizes.set(firstName(cell), (sizes.get(firstName(cell)) ?? 0) + n);
    // If nobody answered again, the first answers are the last.
    if (again.get(cell.reportingStratum)?.reanswered === 0 && n > 0)
      compare(
        'first-answers',
        { [cellName(cell)]: toHex(cell.bytes) },
        { [cellName(cell)]: last.get(cellName(cell)) },
      );
  }
  compare('first-answers', Object.fromEntries(sizes), Object.fromEntries(firsts));
}
