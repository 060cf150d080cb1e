/**
 * The verifier: reads a bundle and checks that it is complete, that it is the log of the given checkpoints, and that everything
 * in it follows from what was committed before. It also computes the summary. It shares hashing, decoding and scoring with the
 * writer, but nothing of storage, intake or the fold. Every fault becomes a finding with what was expected and what was found:
 * nothing is repaired, and nothing is trusted because it is signed.
 */
import { AppError } from '../../errors.ts';
import { toHex } from '../../hash.ts';
import { parseHead, parseLine } from '../bundle.ts';
import { checkAgainst } from './against.ts';
import { checkCanaries } from './canaries.ts';
import { checkSignatures } from './checkpoints.ts';
import { checkRespondents } from './dispositions.ts';
import { checkDraw } from './frame.ts';
import { checkHandOver, handedOverAt, statesHandOver } from './hand-over.ts';
import { checkIneligible } from './ineligible.ts';
import { disclosureRule, first, revisionRule, Run } from './run.ts';
import { takeHead, takeLine } from './sections.ts';
import { computeAgain } from './summary.ts';
import { checkWitnesses } from './witnesses.ts';
import type { BundleSource, FindingCode, Verification, VerifyOptions } from './verification.ts';

/** Reads the source at most twice. Faults of the bundle are findings and never thrown. */
export async function verifyBundle(source: BundleSource, options: VerifyOptions = {}): Promise<Verification> {
  const run = new Run(options);
  try {
    let number = 0;
    for await (const lines of source()) {
      for (const line of lines) {
        number += 1;
        if (number === 1) takeHead(run, parseHead(line));
        else takeLine(run, parseLine(line, number), number);
      }
    }
    await finish(run, number, source);
  } catch (error) {
    // RangeError: invalid base 64.
    if (!(error instanceof AppError || error instanceof RangeError)) throw error;
    const { line, fault } = error instanceof AppError ? error.params : {};
    run.find('malformed', null, '', fault === undefined ? error.message : `line ${line}: ${fault}`);
  }
  return result(run);
}

async function finish(run: Run, lines: number, source: BundleSource): Promise<void> {
  if (run.ended === null) run.find('truncated', null, 'a last line that counts the lines', `${lines} lines`);
  if (run.head && run.tree.size !== run.head.leaves)
    run.find('truncated', null, `${run.head.leaves} leaves`, `${run.tree.size}`);
  if (run.leftInLot > 0) run.find('lot', run.tree.size - 1, `${run.leftInLot} more responses`, 'the end');
  for (const [size, list] of run.wanted)
    for (const { by } of list)
      run.find(
        'checkpoint-beyond',
        null,
        `${size} leaves${by === 'outside' ? ' (checkpoint held outside)' : ''}`,
        `${run.tree.size}`,
      );
  if (run.lastAgreed !== run.tree.size || run.tree.size === 0)
    run.find(
      'checkpoint-missing',
      null,
      `a signed checkpoint of ${run.tree.size} leaves`,
      `one of ${run.lastAgreed}`,
    );
  // Tallies instead of answers, never both.
  if (run.lastHash !== null && run.erasedAt === null)
    run.find('malformed', null, 'no tallies beside answers', '{"last":…}');
  const isWhole = checkHandOver(run);
  checkSignatures(run);
  for (const [leaf, isThere] of run.promised) if (!isThere) run.find('receipt-missing', null, leaf, '');
  checkCanaries(run);
  checkIneligible(run);
  await checkDraw(run, source);
  // Which answers count, and which were erased because others do, is decided at close.
  if (isWhole) checkRespondents(run);
}

function result(run: Run): Verification {
  let answered = 0;
  for (let who = 0; who < run.respondents.size; who++)
    if (run.respondents.stateOf(who).revisions > 0) answered += 1;
  const has = (code: FindingCode) => run.findings.some((f) => f.code === code);
  const summary = has('malformed') || has('incomplete') ? null : computeAgain(run);
  if (!has('incomplete')) checkAgainst(run, summary);
  const witnessed = checkWitnesses(run);
  const isCut = run.findings.every((f) => f.code === 'incomplete');
  const isRefused = run.findings.length > 0 && !isCut;
  return {
    ok: run.findings.length === 0,
    status: isRefused ? 'refused' : isCut && run.findings.length > 0 ? 'incomplete' : 'verified',
    findings: run.findings,
    more: run.more,
    head: run.head,
    size: run.tree.size,
    root: toHex(run.tree.root()),
    held: run.agreed,
    largestHeld: run.largestHeld,
    witnessed,
    keyGiven: run.options.key !== undefined,
    handedOverAt: handedOverAt(run),
    against: run.options.against === undefined ? null : { laterThan: run.later },
    receipts: [...run.promised.values()].filter(Boolean).length,
    canaries: run.canaries,
    responses: run.responses,
    respondents: answered,
    events: run.events,
    erasedAt: run.erasedAt,
    rules: {
      revision: revisionRule(run),
      disclosure: disclosureRule(run),
      statesFates: first(run, 'dispositions')?.fates !== undefined,
      statesHandOver: statesHandOver(run),
    },
    // Programs that read the result must find no figure to use.
    summary: isRefused ? null : summary,
  };
}
