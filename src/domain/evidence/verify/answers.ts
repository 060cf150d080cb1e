/** Leaves of responses. */
import { fromBase64, sha256, toHex } from '../../hash.ts';
import { decodeAnswers } from '../../questionnaire/decode.ts';
import { decodeResponseLeaf } from '../leaf.ts';
import { compareHashes, sameBytes } from './bytes.ts';
import { isCounted } from './respondents.ts';
import type { Run } from './run.ts';

/** The next response of a lot, in ascending order of hashes. `c`: its contents, if the bundle has them. */
export function takeResponse(
  run: Run,
  index: number,
  data: Uint8Array,
  hash: Uint8Array,
  c: string | undefined,
): void {
  run.responses += 1;
  if (run.leftInLot === 0) run.find('lot', index, 'a lot that it belongs to', 'a response');
  else run.leftInLot -= 1;
  if (run.previousHash && compareHashes(run.previousHash, hash) >= 0)
    run.find('lot', index, `more than ${toHex(run.previousHash)}`, toHex(hash));
  run.previousHash = hash;

  const leaf = decodeResponseLeaf(data);
  const who = findRespondent(run, index, leaf.pseudonym, leaf.channel === 'link', leaf.reportingStratum);
  if (who < 0) return;
  const place = run.respondents.placeOf(who);
  if (place.reportingStratum !== leaf.reportingStratum)
    run.find('wrong-stratum', index, `stratum ${place.reportingStratum}`, `stratum ${leaf.reportingStratum}`);
  if (place.set === 'canary') run.canaryAnswers.set(toHex(leaf.pseudonym), 'erased');
  const recorded = run.respondents.record(who, leaf.revision, leaf.channel, c !== undefined);
  if (recorded !== 'recorded') {
    run.find('revision', index, 'a revision of its own', `revision ${leaf.revision} ${recorded}`);
    return;
  }
  if (c === undefined) return;
  const contents = fromBase64(c);
  const answers = contents.subarray(16);
  // nonce ‖ answers, as in the bundle.
  const content = sha256(contents);
  if (!sameBytes(content, leaf.content)) {
    run.find('contents-differ', index, toHex(leaf.content), toHex(content));
    return;
  }
  const q = run.questionnaires.get(place.questionnaire);
  if (!q) return;
  try {
    decodeAnswers(q, answers);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    run.find('answers', index, q.id, error.message);
    return;
  }
  if (!isCounted(place)) {
    run.canaryAnswers.set(toHex(leaf.pseudonym), toHex(answers));
    return;
  }
  const valid = run.validity.get(place.questionnaire)?.(answers) ?? false;
  run.counter.add(place, leaf.channel, valid, q, answers);
  run.sheets.add(leaf.reportingStratum, q, answers);
}

function findRespondent(
  run: Run,
  index: number,
  pseudonym: Uint8Array,
  isLink: boolean,
  stratum: number,
): number {
  const who = run.respondents.find(pseudonym);
  if (who >= 0 && run.visitors.has(who) === isLink) return who;
  const place = run.linked.get(stratum);
  if (who >= 0 || !isLink || !place) {
    run.find(
      'not-issued',
      index,
      isLink ? `a link of stratum ${stratum}` : 'an issued pseudonym',
      toHex(pseudonym),
    );
    return -1;
  }
  run.respondents.addNamed(pseudonym, place);
  const visitor = run.respondents.size - 1;
  run.visitors.add(visitor);
  return visitor;
}
