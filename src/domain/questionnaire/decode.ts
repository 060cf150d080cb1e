/**
 * Decodes stored sheets, and encodes them again. Bytes are validated: values that no parser can have written (a code outside the
 * options, an answer to an item that was not asked) are a RangeError, so that damage and forgery are not taken for answers. A
 * blank in a required item is valid: sheets entered from paper may have one.
 */
import {
  BLANK,
  DONT_KNOW,
  NOT_ASKED,
  NUMBER_BLANK,
  NUMBER_NOT_ASKED,
  type CompiledItem,
  type CompiledMultiple,
  type CompiledNumber,
  type CompiledQuestionnaire,
} from './compiled.ts';
import { hasBit, isAsked, setBit } from './skip.ts';

export type DecodedAnswer =
  | { readonly state: 'not-asked' }
  | { readonly state: 'blank' }
  | { readonly state: 'dont-know' }
  /** rating, single */
  | { readonly state: 'option'; readonly option: string }
  /** multiple: at least one, in the order of the questionnaire */
  | { readonly state: 'options'; readonly options: readonly string[] }
  | { readonly state: 'number'; readonly value: number };

const notAsked: DecodedAnswer = Object.freeze({ state: 'not-asked' });
const blank: DecodedAnswer = Object.freeze({ state: 'blank' });
const dontKnow: DecodedAnswer = Object.freeze({ state: 'dont-know' });

/** Per item, code → answer, so that decoding millions of rows creates no object per answer. */
type CodeTable = readonly (DecodedAnswer | undefined)[];
const tables = new WeakMap<CompiledQuestionnaire, readonly CodeTable[]>();

function tablesOf(q: CompiledQuestionnaire): readonly CodeTable[] {
  let found = tables.get(q);
  if (!found) tables.set(q, (found = q.items.map(codeTable)));
  return found;
}

function codeTable(item: CompiledItem): CodeTable {
  if (item.type !== 'rating' && item.type !== 'single') return [];
  const table = new Array<DecodedAnswer | undefined>(256).fill(undefined);
  table[NOT_ASKED] = notAsked;
  table[BLANK] = blank;
  if (item.dontKnowId !== null) table[DONT_KNOW] = dontKnow;
  for (const [i, option] of item.optionIds.entries())
    table[i + 1] = Object.freeze({ state: 'option', option });
  return table;
}

/** Answers aligned with `q.items`. Throws RangeError on bytes that no parser writes for this questionnaire. */
export function decodeAnswers(q: CompiledQuestionnaire, bytes: Uint8Array): DecodedAnswer[] {
  if (bytes.length !== q.byteLength)
    throw new RangeError(`${q.id}: ${bytes.length} bytes of answers, expected ${q.byteLength}`);
  const byCode = tablesOf(q);
  return q.items.map((item, i) => {
    const answer = decodeItem(item, byCode[i]!, bytes);
    if (answer === undefined) throw new RangeError(`${q.id}: ${item.id} holds no code of its options`);
    if ((answer.state !== 'not-asked') !== isAsked(q.items, item.showIf, bytes))
      throw new RangeError(`${q.id}: ${item.id} contradicts its condition`);
    return answer;
  });
}

/** Whether `decodeAnswers` accepts them. Allocates nothing, because it runs for every one of millions. */
export function canDecode(q: CompiledQuestionnaire, bytes: Uint8Array): boolean {
  if (bytes.length !== q.byteLength) return false;
  const byCode = tablesOf(q);
  for (let i = 0; i < q.items.length; i++) {
    const item = q.items[i]!;
    const answer = decodeItem(item, byCode[i]!, bytes);
    if (answer === undefined) return false;
    if ((answer.state !== 'not-asked') !== isAsked(q.items, item.showIf, bytes)) return false;
  }
  return true;
}

function decodeItem(item: CompiledItem, codes: CodeTable, bytes: Uint8Array): DecodedAnswer | undefined {
  if (item.type === 'multiple') return decodeMultiple(item, bytes);
  if (item.type === 'number') return decodeNumber(item, bytes);
  return codes[bytes[item.offset]!];
}

function decodeMultiple(item: CompiledMultiple, bytes: Uint8Array): DecodedAnswer | undefined {
  const options = item.optionIds.filter((_, i) => hasBit(bytes, item.offset, i + 1));
  for (let bit = item.optionIds.length + 1; bit < item.width * 8; bit++)
    if (hasBit(bytes, item.offset, bit)) return undefined;
  if (!hasBit(bytes, item.offset, 0)) return options.length === 0 ? notAsked : undefined;
  if (options.length === 0) return blank;
  return options.length < item.min || options.length > item.max ? undefined : { state: 'options', options };
}

function decodeNumber(item: CompiledNumber, bytes: Uint8Array): DecodedAnswer | undefined {
  const value = new DataView(bytes.buffer, bytes.byteOffset + item.offset, 4).getUint32(0);
  if (value === NUMBER_NOT_ASKED) return notAsked;
  if (value === NUMBER_BLANK) return blank;
  return holds(item, value) ? { state: 'number', value } : undefined;
}

function holds(item: CompiledNumber, value: number): boolean {
  return Number.isInteger(value) && value >= item.min && value <= item.max;
}

/** Inverse of `decodeAnswers`. Throws RangeError if the answers do not fit the questionnaire. */
export function encodeAnswers(q: CompiledQuestionnaire, answers: readonly DecodedAnswer[]): Uint8Array {
  if (answers.length !== q.items.length)
    throw new RangeError(`${q.id}: ${answers.length} answers, expected ${q.items.length}`);
  const bytes = new Uint8Array(q.byteLength);
  const view = new DataView(bytes.buffer);
  for (const [i, item] of q.items.entries()) {
    const answer = answers[i]!;
    const misfit = () => new RangeError(`${q.id}: ${item.id} cannot be ${answer.state}`);
    if (item.type === 'multiple') {
      if (answer.state === 'not-asked') continue;
      setBit(bytes, item.offset, 0);
      if (answer.state === 'blank') continue;
      if (answer.state !== 'options' || answer.options.length === 0) throw misfit();
      for (const option of answer.options) setBit(bytes, item.offset, position(item, option, misfit));
    } else if (item.type === 'number') {
      if (answer.state === 'not-asked') view.setUint32(item.offset, NUMBER_NOT_ASKED);
      else if (answer.state === 'blank') view.setUint32(item.offset, NUMBER_BLANK);
      else if (answer.state === 'number' && holds(item, answer.value))
        view.setUint32(item.offset, answer.value);
      else throw misfit();
    } else if (answer.state === 'option') bytes[item.offset] = position(item, answer.option, misfit);
    else if (answer.state === 'dont-know') bytes[item.offset] = DONT_KNOW;
    else if (answer.state === 'blank') bytes[item.offset] = BLANK;
    else if (answer.state === 'not-asked') bytes[item.offset] = NOT_ASKED;
    else throw misfit();
  }
  decodeAnswers(q, bytes);
  return bytes;
}

function position(item: CompiledItem, option: string, misfit: () => RangeError): number {
  const index = item.optionIds.indexOf(option);
  if (index < 0) throw misfit();
  return index + 1;
}

/**
 * Over the rating items of an encoded sheet: how many were answered (an option or 不了解), and how many of those 不了解.
 * Trusts the bytes: called for every response just parsed or just read.
 */
export function answeredCounts(
  q: CompiledQuestionnaire,
  bytes: Uint8Array,
): { answered: number; dontKnow: number } {
  let [answered, dontKnows] = [0, 0];
  for (const item of q.items) {
    if (item.type !== 'rating') continue;
    const code = bytes[item.offset];
    if (code === NOT_ASKED || code === BLANK) continue;
    answered++;
    if (code === DONT_KNOW) dontKnows++;
  }
  return { answered, dontKnow: dontKnows };
}
