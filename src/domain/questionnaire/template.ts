/**
 * The format of a questionnaire document (survey-templates/*.json), written by people with the help of an editor. It has no
 * defaults and no transformations, so the hash of the parsed document is that of the written one. Rules beyond the schema (ids
 * that must exist, reachable branches) are in check.ts.
 */
import { z } from 'zod';
import { groupSchema, languageSchema } from '../model/vocabulary.ts';
import { MAX_NUMBER } from './compiled.ts';
import { controlMessage, isVisibleText } from '../line.ts';

const MAX_ITEMS = 200;
const MAX_OPTIONS = 60;
const MAX_TEXT_LENGTH = 2000;

/** Lower-case kebab; so it can never begin with `_`, which marks the form's own fields. */
const idPattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const idSchema = z.string().max(40).regex(idPattern).meta({
  title: 'Id',
  description: 'Lower-case words joined by hyphens, at most 40 characters, such as class-size.',
});

/** `{county}` and `{school}` are placeholders in the texts that check.ts lists. */
const localTextSchema = z
  .record(languageSchema, z.string().min(1).max(MAX_TEXT_LENGTH).refine(isVisibleText, controlMessage))
  .meta({
    title: 'Text by language',
    description: 'One text for every language that the questionnaire declares.',
  });

const dontKnowSchema = z.literal(true).meta({
  title: 'Don’t know',
  description: 'Marks the one option that stands for 不了解. It is counted apart and earns no points.',
});

const choiceOptionSchema = z.strictObject({
  id: idSchema,
  text: localTextSchema,
  dontKnow: dontKnowSchema.optional(),
});
const plainOptionSchema = z.strictObject({ id: idSchema, text: localTextSchema });

const scaleSchema = z
  .strictObject({
    options: z.array(choiceOptionSchema).min(2).max(MAX_OPTIONS).meta({
      title: 'Options',
      description: 'In the order in which they are shown, from best to worst, 不了解 last.',
    }),
    tail: localTextSchema.optional().meta({
      title: 'Tail',
      description:
        'The question itself, such as 您满不满意？ It is shown, read aloud and printed under each item, so that an item is only its matter.',
    }),
    reversible: z.literal(true).optional().meta({
      title: 'Reversible',
      description:
        'Half of the codes see the options in reverse, 不了解 last in either order. The code alone decides. Nothing that is stored depends on it.',
    }),
    dontKnow: z.literal('not-offered').optional().meta({
      title: '不了解 is not offered',
      description:
        'Only for loading an instrument that was really used without it. Otherwise one option must be marked dontKnow.',
    }),
  })
  .meta({ title: 'Scale', description: 'The options that rating items share.' });

const showIfSchema = z
  .strictObject({
    item: idSchema.meta({ title: 'Earlier item', description: 'A rating, single or multiple item above.' }),
    in: z
      .array(idSchema)
      .min(1)
      .max(MAX_OPTIONS)
      .meta({ title: 'Options', description: 'Shown if one of these options was chosen there.' }),
  })
  .meta({ title: 'Condition', description: 'Ask this item only after certain answers.' });

const itemBase = {
  id: idSchema.meta({
    title: 'Item id',
    description: 'Keep it for as long as the matter stays the same: trends compare items by id.',
  }),
  text: localTextSchema,
  required: z.boolean().optional().meta({ title: 'Required', description: 'Must be answered when asked.' }),
  showIf: showIfSchema.optional(),
};

const ratingSchema = z
  .strictObject({
    type: z.literal('rating'),
    ...itemBase,
    dimension: idSchema.meta({ title: 'Dimension', description: 'Id of a dimension of this questionnaire.' }),
    scale: idSchema.meta({ title: 'Scale', description: 'Id of a scale of this questionnaire.' }),
    about: z.enum(['school', 'county']).optional().meta({
      title: 'About',
      description: 'Whether it is about the respondent’s school or about the county as a whole.',
    }),
    scored: z
      .boolean()
      .optional()
      .meta({ title: 'Scored', description: 'false: shown, but no part of the score. Absent: scored.' }),
    core: z.literal(true).optional().meta({
      title: 'Core item',
      description: 'The same words in every questionnaire that has it: groups are compared on these alone.',
    }),
    covers: z.record(idSchema, z.array(idSchema).min(1).max(MAX_OPTIONS)).optional().meta({
      title: 'Covers',
      description: 'Named content by regime, such as {"basic-2012": ["proximity"]}.',
    }),
  })
  .meta({
    title: 'Rating item',
    description:
      'One option of a shared scale. Only these enter the score, unless one says that it is not scored.',
  });

const singleSchema = z
  .strictObject({
    type: z.literal('single'),
    ...itemBase,
    options: z.array(choiceOptionSchema).min(2).max(MAX_OPTIONS),
  })
  .meta({ title: 'Single choice', description: 'One of its own options.' });

const multipleSchema = z
  .strictObject({
    type: z.literal('multiple'),
    ...itemBase,
    options: z.array(plainOptionSchema).min(2).max(MAX_OPTIONS),
    min: z.int().min(1).max(MAX_OPTIONS).optional().meta({
      title: 'Fewest',
      description: 'How many options at least, if any is chosen at all.',
    }),
    max: z.int().min(1).max(MAX_OPTIONS).optional().meta({ title: 'Most' }),
  })
  .meta({ title: 'Multiple choice', description: 'Several of its own options.' });

const numberSchema = z
  .strictObject({
    type: z.literal('number'),
    ...itemBase,
    min: z.int().min(0).max(MAX_NUMBER),
    max: z.int().min(0).max(MAX_NUMBER),
    unit: localTextSchema.optional(),
  })
  .meta({ title: 'Number', description: 'A whole number.' });

const textSchema = z
  .strictObject({
    type: z.literal('text'),
    ...itemBase,
    maxLength: z.int().min(1).max(MAX_TEXT_LENGTH).meta({ description: 'In characters.' }),
    hint: localTextSchema.optional(),
  })
  .meta({
    title: 'Open question',
    description: 'Free text. It is kept apart from the ratings; its hint warns not to name anybody.',
  });

const itemSchema = z.discriminatedUnion('type', [
  ratingSchema,
  singleSchema,
  multipleSchema,
  numberSchema,
  textSchema,
]);

export const questionnaireSchema = z
  .strictObject({
    $schema: z.string().max(500).optional().meta({
      description: 'Where an editor finds this schema. No part of the document’s version.',
    }),
    id: idSchema.meta({ title: 'Questionnaire id', description: 'The same over all its versions.' }),
    groups: z
      .array(groupSchema)
      .min(1)
      .max(groupSchema.options.length)
      .meta({ title: 'Groups', description: 'Who is asked with this questionnaire.' }),
    regime: idSchema.optional().meta({
      title: 'Regime',
      description:
        'The rules that it is written for: basic-2012, quality-2017. Every rating item then says what it is about, and whether it is scored.',
    }),
    languages: z
      .array(languageSchema)
      .min(1)
      .max(20)
      .meta({ title: 'Languages', description: 'BCP 47 tags; the first is the main language.' }),
    title: localTextSchema,
    introduction: localTextSchema.optional(),
    scales: z.record(idSchema, scaleSchema).meta({ title: 'Scales', description: 'By id.' }),
    dimensions: z
      .array(z.strictObject({ id: idSchema, text: localTextSchema }))
      .max(MAX_OPTIONS)
      .meta({ title: 'Dimensions', description: 'What the rating items are grouped by in the figures.' }),
    items: z
      .array(itemSchema)
      .min(1)
      .max(MAX_ITEMS)
      .meta({ title: 'Items', description: 'In the order in which they are asked.' }),
  })
  .meta({ title: 'Questionnaire', description: 'A questionnaire of the satisfaction survey.' });

export type Questionnaire = z.infer<typeof questionnaireSchema>;
export type Item = Questionnaire['items'][number];
export type RatingItem = Extract<Item, { type: 'rating' }>;
export type LocalText = z.infer<typeof localTextSchema>;
export type ChoiceOption = z.infer<typeof choiceOptionSchema>;

/** JSON Schema of the document (draft 7, which editors know best), for `$schema`. */
export function questionnaireJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(questionnaireSchema, { target: 'draft-7' });
}
