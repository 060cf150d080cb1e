/**
 * A questionnaire prepared for parsing, encoding and counting: plain, structured-cloneable tables that can be sent to the writer
 * thread. Only compile.ts makes them.
 */
import type { ContentHash } from '../model/ids.ts';
import type { Group } from '../model/vocabulary.ts';

/** Codes of a rating or single item's byte. 1…k are its options in the order of its scale or option list. */
export const NOT_ASKED = 0;
export const DONT_KNOW = 254;
export const BLANK = 255;
/** A number item's four bytes, big-endian unsigned: these two, or the value itself (0 … MAX_NUMBER). */
export const NUMBER_NOT_ASKED = 0xffff_ffff;
export const NUMBER_BLANK = 0xffff_fffe;
/** Keeps sums of squares over millions of responses exact in a double. */
export const MAX_NUMBER = 50_000;

interface CompiledBase {
  readonly id: string;
  /** First byte in the encoded answers, and number of bytes. */
  readonly offset: number;
  readonly width: number;
  /** Substantive options (不了解 left out); 0 for numbers. */
  readonly optionIds: readonly string[];
  readonly required: boolean;
  /** Asked only if the item at `item` (index into `items`, always smaller) holds one of `codes` (multiple: option positions from 1). */
  readonly showIf: { readonly item: number; readonly codes: readonly number[] } | null;
}
export interface CompiledRating extends CompiledBase {
  readonly type: 'rating';
  /** Option id of 不了解, if offered. Its code is DONT_KNOW. */
  readonly dontKnowId: string | null;
  /** Index into CompiledQuestionnaire.dimensions. */
  readonly dimension: number;
  /** code − 1 → index into CompiledQuestionnaire.vectorOptions. */
  readonly vector: readonly number[];
  /** False: shown, but not part of a score. */
  readonly scored: boolean;
  /** Same wording in every group. */
  readonly core: boolean;
  /** null in questionnaires from before this property existed. */
  readonly about: 'school' | 'county' | null;
  /** Scored, and covers content that the questionnaire's own regime names. */
  readonly named: boolean;
  /** Whether it enters its dimension's figure: of the scored items there (of all, if none is) the core ones, if there are any. */
  readonly ofDimension: boolean;
}
export interface CompiledSingle extends CompiledBase {
  readonly type: 'single';
  readonly dontKnowId: string | null;
}
/** Bit 0 of the first byte = asked, bit j = option j (from 1): an asked item with no bit but the first is blank. Width ⌈(k+1)/8⌉. */
export interface CompiledMultiple extends CompiledBase {
  readonly type: 'multiple';
  readonly min: number;
  readonly max: number;
}
export interface CompiledNumber extends CompiledBase {
  readonly type: 'number';
  readonly min: number;
  readonly max: number;
}
export type CompiledItem = CompiledRating | CompiledSingle | CompiledMultiple | CompiledNumber;

/** Open-text items are not part of the encoded answers: they become comments. */
export interface CompiledText {
  readonly id: string;
  readonly maxLength: number;
  readonly required: boolean;
  readonly showIf: CompiledBase['showIf'];
}

export interface CompiledQuestionnaire {
  readonly id: string;
  readonly hash: ContentHash;
  readonly groups: readonly Group[];
  /** Bytes of one encoded answer sheet. */
  readonly byteLength: number;
  readonly items: readonly CompiledItem[];
  readonly texts: readonly CompiledText[];
  readonly dimensions: readonly string[];
  /** Distinct substantive option ids over all rating scales, in order of first appearance: the axes of the vector v of the tallies. */
  readonly vectorOptions: readonly string[];
}
