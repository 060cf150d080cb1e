/**
 * The JSON form of an answer sheet, defined a second time: declaratively, item by item, through decoded answers instead of bytes.
 * Too slow for intake; the parser of answers.ts is tested against it, and it reads as the specification.
 */
import { z } from 'zod';
import { readTypedNumber } from '../digits.ts';
import type { ParseResult, TextAnswer } from './answers.ts';
import { DONT_KNOW, type CompiledItem, type CompiledQuestionnaire, type CompiledText } from './compiled.ts';
import { answeredCounts, encodeAnswers, type DecodedAnswer } from './decode.ts';
import { normaliseText } from './text.ts';

type Sheet = Omit<Extract<ParseResult, { ok: true }>, 'ok'>;

const blankSchema = z
  .union([z.undefined(), z.null(), z.literal('')])
  .transform((): DecodedAnswer => ({ state: 'blank' }));

const blankNumberSchema = z
  .string()
  .refine((text) => readTypedNumber(text) === 'blank')
  .transform((): DecodedAnswer => ({ state: 'blank' }));

/** Answers as JSON → the same sheet as from the parser of answers.ts. */
export function answersSchema(q: CompiledQuestionnaire): z.ZodType<Sheet> {
  const names = new Set([...q.items, ...q.texts].map((item) => item.id));
  const items = q.items.map((item) => ({ item, schema: itemSchema(item) }));
  const texts = q.texts.map((item) => ({ item, schema: textSchema(item) }));
  return z
    .custom<Record<string, unknown>>((v) => typeof v === 'object' && v !== null && !Array.isArray(v))
    .transform((answers, ctx): Sheet => {
      const values = new Map(Object.entries(answers));
      for (const name of values.keys())
        if (!names.has(name) && !name.startsWith('_'))
          ctx.addIssue({ code: 'custom', path: [name], message: 'unknown field' });

      const decoded: DecodedAnswer[] = [];
      function isAsked({ showIf }: CompiledItem | CompiledText): boolean {
        if (showIf === null) return true;
        const parent = q.items[showIf.item]!;
        const answer = decoded[showIf.item]!;
        const allowed = showIf.codes.map((code) => parent.optionIds[code - 1]);
        if (answer.state === 'dont-know') return showIf.codes.includes(DONT_KNOW);
        if (answer.state === 'option') return allowed.includes(answer.option);
        return answer.state === 'options' && answer.options.some((option) => allowed.includes(option));
      }
      function read<T>(id: string, schema: z.ZodType<T>): T | null {
        const parsed = schema.safeParse(values.get(id));
        if (parsed.success) return parsed.data;
        for (const issue of parsed.error.issues)
          ctx.addIssue({ code: 'custom', path: [id, ...issue.path], message: issue.message });
        return null;
      }

      for (const { item, schema } of items)
        decoded.push(
          isAsked(item) ? (read(item.id, schema) ?? { state: 'not-asked' }) : { state: 'not-asked' },
        );
      const written: TextAnswer[] = [];
      for (const { item, schema } of texts) {
        const text = isAsked(item) ? read(item.id, schema) : null;
        if (text) written.push({ item: item.id, text });
      }
      if (ctx.issues.length > 0) return z.NEVER;
      const bytes = encodeAnswers(q, decoded);
      return { bytes, texts: written, answered: answeredCounts(q, bytes).answered };
    });
}

function itemSchema(item: CompiledItem): z.ZodType<DecodedAnswer> {
  const answer = answerSchema(item);
  if (item.required) return answer;
  return z.union(item.type === 'number' ? [blankSchema, blankNumberSchema, answer] : [blankSchema, answer]);
}

function answerSchema(item: CompiledItem): z.ZodType<DecodedAnswer> {
  switch (item.type) {
    case 'rating':
    case 'single': {
      const option = z
        .enum(item.optionIds)
        .transform((id): DecodedAnswer => ({ state: 'option', option: id }));
      if (item.dontKnowId === null) return option;
      return z.union([
        option,
        z.literal(item.dontKnowId).transform((): DecodedAnswer => ({ state: 'dont-know' })),
      ]);
    }
    case 'multiple': {
      const list = z.array(z.enum(item.optionIds)).transform((ids) => [...new Set(ids)]);
      const chosen = list
        .refine((ids) => ids.length >= Math.max(1, item.min) && ids.length <= item.max)
        .transform((options): DecodedAnswer => ({ state: 'options', options }));
      return item.required
        ? chosen
        : z.union([z.tuple([]).transform((): DecodedAnswer => ({ state: 'blank' })), chosen]);
    }
    case 'number': {
      const inRange = z.int().min(item.min).max(item.max);
      return z
        .union([
          inRange,
          z
            .string()
            .transform((text) => readTypedNumber(text))
            .pipe(inRange),
        ])
        .transform((value): DecodedAnswer => ({ state: 'number', value }));
    }
  }
}

/** The text as stored; '' for a blank. */
function textSchema(item: CompiledText): z.ZodType<string> {
  return z
    .union([z.undefined().transform(() => ''), z.null().transform(() => ''), z.string()])
    .transform((raw) => normaliseText(raw, item.maxLength))
    .refine((text) => text !== null && !(item.required && text === ''))
    .transform((text) => text ?? '');
}
