/** A questionnaire with every type of item and a chain of conditions. Nine bytes; see the golden sheets of encoding.test.ts. */
import { checkQuestionnaire } from '../../../src/domain/questionnaire/check.ts';
import { compileQuestionnaire } from '../../../src/domain/questionnaire/compile.ts';
import type { CompiledQuestionnaire } from '../../../src/domain/questionnaire/compiled.ts';
import { questionnaireSchema, type Questionnaire } from '../../../src/domain/questionnaire/template.ts';

const text = (id: string) => ({ 'zh-CN': `${id} 中`, en: `${id} en` });
const option = (id: string) => ({ id, text: text(id) });

export function sampleDocument() {
  return {
    id: 'sample',
    groups: ['parent', 'teacher'],
    languages: ['zh-CN', 'en'],
    title: text('title'),
    scales: {
      five: {
        tail: text('tail'),
        options: [
          option('great'),
          option('good'),
          option('fair'),
          option('poor'),
          { ...option('dont-know'), dontKnow: true },
        ],
      },
      two: {
        tail: text('tail'),
        options: [option('good'), option('bad'), { ...option('unsure'), dontKnow: true }],
      },
    },
    dimensions: [
      { id: 'near', text: text('near') },
      { id: 'fair', text: text('fair') },
    ],
    items: [
      { id: 'way', type: 'rating', dimension: 'near', scale: 'five', text: text('way'), required: true },
      {
        id: 'bus',
        type: 'rating',
        dimension: 'fair',
        scale: 'two',
        text: text('bus'),
        showIf: { item: 'way', in: ['poor', 'dont-know'] },
      },
      { id: 'why', type: 'text', text: text('why'), maxLength: 10, showIf: { item: 'bus', in: ['bad'] } },
      {
        id: 'meal',
        type: 'single',
        text: text('meal'),
        options: [option('home'), option('school'), { ...option('varies'), dontKnow: true }],
      },
      {
        id: 'dishes',
        type: 'multiple',
        text: text('dishes'),
        required: true,
        min: 2,
        max: 3,
        options: ['d1', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7', 'd8', 'd9'].map(option),
        showIf: { item: 'meal', in: ['school'] },
      },
      {
        id: 'price',
        type: 'number',
        text: text('price'),
        min: 1,
        max: 300,
        unit: text('yuan'),
        showIf: { item: 'dishes', in: ['d8', 'd9'] },
      },
      { id: 'comments', type: 'text', text: text('comments'), hint: text('hint'), maxLength: 20 },
    ] as Record<string, unknown>[],
  };
}
export type SampleDocument = ReturnType<typeof sampleDocument>;

export function load(document: unknown): Questionnaire {
  const result = checkQuestionnaire(document);
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.questionnaire;
}

export function compiledSample(): CompiledQuestionnaire {
  return compileQuestionnaire(questionnaireSchema.parse(sampleDocument()));
}
