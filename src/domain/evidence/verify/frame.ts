/** The frozen roll, its documents, the dice, and the repeated draw. */
import { AppError } from '../../errors.ts';
import { readDice, seedFromDice } from '../../frame/sample.ts';
import type { CountedSet } from '../../model/vocabulary.ts';
import { canonicalJson, contentHash, fromHex, toHex } from '../../hash.ts';
import { checkQuestionnaire } from '../../questionnaire/check.ts';
import { compileQuestionnaire } from '../../questionnaire/compile.ts';
import { checkProfile } from '../../scoring/rules/profile.ts';
import { createValidityTest } from '../../scoring/rules/valid.ts';
import { questionnaireTexts } from '../../scoring/summary/summary-input.ts';
import { parseLine } from '../bundle.ts';
import type { StateLeafBody } from '../leaf.ts';
import { replayDraw } from './replay-draw.ts';
import { first, indexOf, type Run } from './run.ts';
import type { BundleSource } from './verification.ts';

/** Compares the frame leaf with the roll in the bundle: size and root. */
export function takeFrame(run: Run, index: number, frame: StateLeafBody<'frame'>): void {
  if (run.head && (frame.campaign !== run.head.campaign || frame.county !== run.head.county))
    run.find('order', index, `${run.head.campaign}/${run.head.county}`, `${frame.campaign}/${frame.county}`);
  if (frame.size !== run.frameTree.size || frame.root !== toHex(run.frameTree.root()))
    run.find(
      'frame-root',
      index,
      `${frame.root} of ${frame.size}`,
      `${toHex(run.frameTree.root())} of ${run.frameTree.size}`,
    );
  // The log commits to no document that the leaf does not name, and to no other order.
  const named = [`profile ${frame.profile}`, ...frame.questionnaires.map((q) => `questionnaire ${q.hash}`)];
  const [expected, found] = [[...new Set(named)], [...run.documents.keys()]].map((list) => list.join(', '));
  if (expected !== found) run.find('document', index, expected!, found!);
  if (!run.sections.has('schools') || frame.schools !== contentHash(run.schools))
    run.find('document', index, frame.schools, contentHash(run.schools));
  const checkedProfile = checkProfile(run.documents.get(`profile ${frame.profile}`) ?? null);
  if (checkedProfile.ok && checkedProfile.hash === frame.profile) run.profile = checkedProfile.profile;
  else run.find('document', index, frame.profile, 'no such profile');
  for (const { no, hash } of frame.questionnaires) {
    const checked = checkQuestionnaire(run.documents.get(`questionnaire ${hash}`) ?? null);
    const compiled = checked.ok ? compileQuestionnaire(checked.questionnaire) : undefined;
    if (!checked.ok || compiled?.hash !== hash) {
      run.find('document', index, hash, 'no such questionnaire');
      continue;
    }
    run.questionnaires.set(no, compiled);
    run.texts.set(no, questionnaireTexts(checked.questionnaire, frame.name));
    if (run.profile) run.validity.set(no, createValidityTest(run.profile.valid, compiled));
  }
}

/** The seed must follow from root and dice. */
export function takeDraw(run: Run, index: number, draw: StateLeafBody<'draw'>): void {
  const frame = first(run, 'frame');
  if (!frame) return;
  let seed = '';
  try {
    if (readDice(draw.dice) === draw.dice) seed = toHex(seedFromDice(fromHex(frame.root), draw.dice));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
  }
  if (seed !== draw.seed) run.find('seed', index, seed, draw.seed);
}

/** Repeats the draw from the roll, and compares the codes issued by stratum. */
export async function checkDraw(run: Run, source: BundleSource): Promise<void> {
  const [frame, draw, issue] = [first(run, 'frame'), first(run, 'draw'), first(run, 'issue')];
  if (!frame || !draw || !issue || !run.profile) return;
  // A roll that is not the committed one cannot give the committed draw; this was reported above.
  if (frame.root !== toHex(run.frameTree.root())) return;
  const entries = async function* () {
    for await (const lines of source()) {
      for (const line of lines) {
        if (line.startsWith('{"entries":')) {
          const parsed = parseLine(line, 0);
          if (parsed.kind === 'entries') yield* parsed.value;
        } else if (line.includes('"h":')) return;
      }
    }
  };
  const at = run.tree.size === 0 ? null : indexOf(run, 'issue');
  let again: Awaited<ReturnType<typeof replayDraw>>;
  try {
    again = await replayDraw({
      frame,
      seed: fromHex(draw.seed),
      profile: run.profile,
      schools: run.schools,
      entries,
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    run.find('draw', at, 'a draw', error.message);
    return;
  }
  const compare = (what: string, expected: unknown, found: unknown) => {
    if (canonicalJson(expected) !== canonicalJson(found))
      run.find(
        'draw',
        at,
        `${what} ${canonicalJson(expected)}`.slice(0, 400),
        canonicalJson(found).slice(0, 400),
      );
  };
  compare('quotas', again.quotas, draw.quotas);
  compare('moves', again.moves, draw.moves);
  compare('sampling strata', again.sampling, issue.sampling);
  compare('reporting strata', again.reporting, issue.reporting);
  compare('drawn contacts', again.contacts, issue.contacts);
  if (again.arms.length === 0) return;
  // As many codes of each arm as contacts: the questionnaire is not chosen after the draw.
  const cellsOf = (list: typeof again.arms) =>
    list
      .map((c) => [c.questionnaire, c.samplingStratum, c.reportingStratum, c.set, c.count].join(' '))
      .sort();
  const isDrawn = (code: (typeof issue.codes)[number]): code is typeof code & { set: CountedSet } =>
    code.set !== 'canary';
  compare('arms', cellsOf(again.arms), cellsOf(issue.codes.filter(isDrawn)));
}
