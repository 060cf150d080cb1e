/**
 * Converts what a browser or program sends to the encoded sheet. This is the hot path of intake: one pass over tables that are
 * built once per questionnaire. answers-schema.ts states the same rules in zod, and a property test compares the two.
 *
 * Rules. An empty value is a blank. Names beginning with `_` belong to the form and are ignored. An item whose condition does not
 * hold is not asked, and its answer is dropped (a browser without script shows every item). The input is hostile: nothing here
 * throws on it, and names are only looked up in a Map.
 */
import { readTypedNumber } from '../digits.ts';
import type { Issue, MessageParams } from '../errors.ts';
import {
  BLANK,
  DONT_KNOW,
  MAX_NUMBER,
  NOT_ASKED,
  NUMBER_BLANK,
  NUMBER_NOT_ASKED,
  type CompiledItem,
  type CompiledMultiple,
  type CompiledNumber,
  type CompiledQuestionnaire,
} from './compiled.ts';
import { isAsked, setBit } from './skip.ts';
import { normaliseText } from './text.ts';

export interface TextAnswer {
  readonly item: string;
  readonly text: string;
}

export type ParseResult =
  | {
      readonly ok: true;
      readonly bytes: Uint8Array;
      /** Without blanks, in the order of the questionnaire. */
      readonly texts: readonly TextAnswer[];
      /** Rating items with an answer, including 不了解. */
      readonly answered: number;
    }
  | { readonly ok: false; readonly issues: readonly Issue[] };

export interface ParseOptions {
  /** Accepts blanks in required items: a paper sheet is entered as it was filled in. */
  readonly partial?: boolean;
}

export interface AnswerParser {
  /** Whether it is an item of this questionnaire, or a name that belongs to the form. */
  knows(name: string): boolean;
  /** Fields of a url-encoded form, decoded: name = item id, value = option id; a multiple item's name is repeated. */
  parseForm(fields: Iterable<readonly [string, string]>, options?: ParseOptions): ParseResult;
  /** `{itemId: optionId | optionId[] | number | string}`; numbers may be text; null and absent are blanks. */
  parseJson(answers: unknown, options?: ParseOptions): ParseResult;
}

const MAX_ISSUES = 50;
const MAX_ISSUE_PATH = 60;

type Source = 'form' | 'json';
/** The fault of one item; null if there is none. */
type Fault = { readonly message: string; readonly params?: MessageParams } | null;

const wrongType: Fault = { message: 'questionnaire.answer.wrong-type' };
const duplicate: Fault = { message: 'questionnaire.answer.duplicate' };
const unknownOption: Fault = { message: 'questionnaire.answer.unknown-option' };
const required: Fault = { message: 'questionnaire.answer.required' };

/**
 * Parses forms and JSON into the fixed-width sheet. Answers to items that were not asked are dropped; a wrong answer is an issue
 * at its item.
 */
export function createAnswerParser(q: CompiledQuestionnaire): AnswerParser {
  /** Item id → slot: items first, then texts. */
  const slots = new Map<string, number>();
  for (const [i, item] of q.items.entries()) slots.set(item.id, i);
  for (const [i, text] of q.texts.entries()) slots.set(text.id, q.items.length + i);
  const slotCount = q.items.length + q.texts.length;
  const codes = q.items.map(optionCodes);

  function finish(raw: readonly unknown[], source: Source, partial: boolean, issues: Issue[]): ParseResult {
    const bytes = new Uint8Array(q.byteLength);
    const view = new DataView(bytes.buffer);
    const texts: TextAnswer[] = [];
    let answered = 0;

    function report(item: string, fault: Fault): void {
      if (fault === null || issues.length >= MAX_ISSUES) return;
      issues.push({ path: item, message: fault.message, params: { ...fault.params, id: item } });
    }

    for (let i = 0; i < q.items.length; i++) {
      const item = q.items[i]!;
      const asked = isAsked(q.items, item.showIf, bytes);
      const value = asked ? raw[i] : undefined;
      const blank = value === undefined || value === null || value === '';
      if (item.type === 'multiple') {
        if (!asked) continue;
        setBit(bytes, item.offset, 0);
        const before = issues.length;
        const chosen = blank ? 0 : writeMultiple(item, codes[i]!, value, source, bytes, report);
        if (chosen === 0 && issues.length === before && item.required && !partial) report(item.id, required);
      } else if (item.type === 'number') {
        const n = !asked ? NUMBER_NOT_ASKED : blank ? NUMBER_BLANK : readNumber(item, value, source, report);
        if (n === NUMBER_BLANK && item.required && !partial) report(item.id, required);
        view.setUint32(item.offset, n ?? NUMBER_BLANK);
      } else if (!asked) {
        bytes[item.offset] = NOT_ASKED;
      } else if (blank) {
        bytes[item.offset] = BLANK;
        if (item.required && !partial) report(item.id, required);
      } else if (typeof value !== 'string') {
        report(item.id, source === 'form' ? duplicate : wrongType);
      } else {
        const code = codes[i]!.get(value);
        if (code === undefined) report(item.id, unknownOption);
        else {
          bytes[item.offset] = code;
          if (item.type === 'rating') answered++;
        }
      }
    }

    for (let i = 0; i < q.texts.length; i++) {
      const item = q.texts[i]!;
      if (!isAsked(q.items, item.showIf, bytes)) continue;
      const value = raw[q.items.length + i] ?? '';
      if (typeof value !== 'string') {
        report(item.id, source === 'form' ? duplicate : wrongType);
        continue;
      }
      const text = value === '' ? '' : normaliseText(value, item.maxLength);
      if (text === null)
        report(item.id, { message: 'questionnaire.answer.text-too-long', params: { max: item.maxLength } });
      else if (text !== '') texts.push({ item: item.id, text });
      else if (item.required && !partial) report(item.id, required);
    }

    return issues.length > 0 ? { ok: false, issues } : { ok: true, bytes, texts, answered };
  }

  function unknownField(name: string, issues: Issue[]): void {
    if (issues.length >= MAX_ISSUES) return;
    issues.push({ path: name.slice(0, MAX_ISSUE_PATH), message: 'questionnaire.answer.unknown-field' });
  }

  return {
    knows: (name) => slots.has(name) || name.startsWith('_'),
    parseForm(fields, options) {
      const raw = new Array<string | string[] | undefined>(slotCount).fill(undefined);
      const issues: Issue[] = [];
      for (const [name, value] of fields) {
        const slot = slots.get(name);
        if (slot === undefined) {
          if (!name.startsWith('_')) unknownField(name, issues);
        } else if (value !== '') {
          const before = raw[slot];
          if (before === undefined) raw[slot] = value;
          else if (typeof before === 'string') raw[slot] = [before, value];
          else before.push(value);
        }
      }
      return finish(raw, 'form', options?.partial === true, issues);
    },
    parseJson(answers, options) {
      if (typeof answers !== 'object' || answers === null || Array.isArray(answers))
        return { ok: false, issues: [{ path: '', message: 'questionnaire.answer.not-an-object' }] };
      const raw = new Array<unknown>(slotCount).fill(undefined);
      const issues: Issue[] = [];
      for (const name of Object.keys(answers)) {
        const slot = slots.get(name);
        if (slot !== undefined) raw[slot] = (answers as Record<string, unknown>)[name];
        else if (!name.startsWith('_')) unknownField(name, issues);
      }
      return finish(raw, 'json', options?.partial === true, issues);
    },
  };
}

const parsers = new WeakMap<CompiledQuestionnaire, AnswerParser>();
function parserOf(q: CompiledQuestionnaire): AnswerParser {
  let parser = parsers.get(q);
  if (!parser) parsers.set(q, (parser = createAnswerParser(q)));
  return parser;
}

/** See `AnswerParser.parseForm`; the parser is built at the first call for a questionnaire object and cached with it. */
export function parseForm(
  q: CompiledQuestionnaire,
  fields: Iterable<readonly [string, string]>,
  options?: ParseOptions,
): ParseResult {
  return parserOf(q).parseForm(fields, options);
}

/** See `AnswerParser.parseJson`. */
export function parseJson(q: CompiledQuestionnaire, answers: unknown, options?: ParseOptions): ParseResult {
  return parserOf(q).parseJson(answers, options);
}

/** Option id → code; for a multiple item its bit. */
function optionCodes(item: CompiledItem): ReadonlyMap<string, number> {
  const codes = new Map(item.optionIds.map((id, i) => [id, i + 1]));
  if ((item.type === 'rating' || item.type === 'single') && item.dontKnowId !== null)
    codes.set(item.dontKnowId, DONT_KNOW);
  return codes;
}

/** Returns how many distinct options were chosen. A repeated option counts once. */
function writeMultiple(
  item: CompiledMultiple,
  codes: ReadonlyMap<string, number>,
  value: unknown,
  source: Source,
  bytes: Uint8Array,
  report: (item: string, fault: Fault) => void,
): number {
  const list: readonly unknown[] | null = Array.isArray(value) ? value : source === 'form' ? [value] : null;
  if (list === null) {
    report(item.id, wrongType);
    return 0;
  }
  const chosen = new Set<number>();
  for (const option of list) {
    const bit = typeof option === 'string' ? codes.get(option) : undefined;
    if (bit === undefined) {
      report(item.id, typeof option === 'string' ? unknownOption : wrongType);
      return chosen.size;
    }
    chosen.add(bit);
  }
  const { size } = chosen;
  const params = { min: item.min, max: item.max };
  if (size > 0 && size < item.min) report(item.id, { message: 'questionnaire.answer.too-few', params });
  else if (size > item.max) report(item.id, { message: 'questionnaire.answer.too-many', params });
  else for (const bit of chosen) setBit(bytes, item.offset, bit);
  return size;
}

/** Undefined if a fault was reported; white space is a blank. A program may send digits as text, like a form. */
function readNumber(
  item: CompiledNumber,
  value: unknown,
  source: Source,
  report: (item: string, fault: Fault) => void,
): number | undefined {
  let n: number;
  if (typeof value === 'string') {
    const read = readTypedNumber(value);
    if (read === 'blank') return NUMBER_BLANK;
    n = read === 'not-a-number' ? NaN : read;
  } else if (source === 'json' && typeof value === 'number') {
    n = value;
  } else {
    report(item.id, source === 'json' ? wrongType : duplicate);
    return undefined;
  }
  if (!Number.isInteger(n)) {
    report(item.id, { message: 'questionnaire.answer.not-a-number' });
    return undefined;
  }
  if (n < item.min || n > item.max || n > MAX_NUMBER) {
    report(item.id, {
      message: 'questionnaire.answer.number-out-of-range',
      params: { min: item.min, max: item.max },
    });
    return undefined;
  }
  return n;
}
