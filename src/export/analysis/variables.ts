/** The columns of the analysis file: names, meaning of codes, and how an answer is written. */
import type { CampaignQuestionnaire } from '../../domain/model/campaign.ts';
import type { CompiledQuestionnaire } from '../../domain/questionnaire/compiled.ts';
import type { DecodedAnswer } from '../../domain/questionnaire/decode.ts';
import type { Item, LocalText, Questionnaire } from '../../domain/questionnaire/template.ts';

/** 不了解, and an item that was asked and left blank. An item that was not asked is empty. */
export const dontKnowCode = 97;
export const blankCode = 98;

export interface Variable {
  /** A valid name in SPSS, R and Stata: letters, digits and `_`, at most 32. */
  readonly name: string;
  readonly label: LocalText;
  readonly item: string;
  /** Numbers of the questionnaires that have it. */
  readonly questionnaires: readonly number[];
  /** Code → text; empty: the number itself. */
  readonly values: readonly {
    readonly code: number;
    readonly text: LocalText;
    readonly isMissing: boolean;
  }[];
}

export interface FileQuestionnaire {
  readonly no: CampaignQuestionnaire['no'];
  readonly document: Questionnaire;
  readonly compiled: CompiledQuestionnaire;
}

const dontKnowText: LocalText = { 'zh-CN': '不了解', en: 'don’t know' };
const blankText: LocalText = { 'zh-CN': '未答', en: 'blank' };
const chosen: LocalText = { 'zh-CN': '选了', en: 'chosen' };
const notChosen: LocalText = { 'zh-CN': '没选', en: 'not chosen' };

interface Column extends Omit<Variable, 'name' | 'questionnaires'> {
  readonly wanted: string;
  readonly write: (answer: DecodedAnswer) => number | null;
}

/** Of one questionnaire, in its order. */
function columnsOf({ document, compiled }: FileQuestionnaire): readonly Column[] {
  const texts = new Map(document.items.map((item) => [item.id, item]));
  return compiled.items.flatMap((item): Column[] => {
    const own = texts.get(item.id)!;
    const state = (answer: DecodedAnswer) =>
      answer.state === 'dont-know' ? dontKnowCode : answer.state === 'blank' ? blankCode : null;
    const label = { label: own.text, item: item.id };
    const missing = (hasDontKnow: boolean) => [
      ...(hasDontKnow ? [{ code: dontKnowCode, text: dontKnowText, isMissing: true }] : []),
      { code: blankCode, text: blankText, isMissing: true },
    ];
    switch (item.type) {
      case 'rating':
      case 'single': {
        const options = optionTexts(document, own);
        return [
          {
            ...label,
            wanted: item.id,
            values: [
              ...item.optionIds.map((id, i) => ({ code: i + 1, text: options.get(id)!, isMissing: false })),
              ...missing(item.dontKnowId !== null),
            ],
            write: (answer) =>
              answer.state === 'option' ? item.optionIds.indexOf(answer.option) + 1 : state(answer),
          },
        ];
      }
      case 'multiple': {
        const options = optionTexts(document, own);
        return item.optionIds.map((id): Column => {
          const text = options.get(id)!;
          return {
            item: item.id,
            wanted: `${item.id}_${id}`,
            label: Object.fromEntries(
              Object.entries(own.text).map(([language, title]) => [
                language,
                `${title} · ${text[language] ?? ''}`,
              ]),
            ),
            values: [
              { code: 0, text: notChosen, isMissing: false },
              { code: 1, text: chosen, isMissing: false },
              ...missing(false),
            ],
            write: (answer) =>
              answer.state === 'options' ? (answer.options.includes(id) ? 1 : 0) : state(answer),
          };
        });
      }
      case 'number':
        return [
          {
            ...label,
            wanted: item.id,
            values: [],
            // A number item has no free code: a blank one is empty too.
            write: (answer) => (answer.state === 'number' ? answer.value : null),
          },
        ];
    }
  });
}

function optionTexts(q: Questionnaire, item: Item): ReadonlyMap<string, LocalText> {
  const options =
    item.type === 'rating'
      ? (q.scales[item.scale]?.options ?? [])
      : item.type === 'single' || item.type === 'multiple'
        ? item.options
        : [];
  return new Map(options.map((option) => [option.id, option.text]));
}

export interface Layout {
  readonly variables: readonly Variable[];
  /** Cells of one sheet of the questionnaire, aligned with `variables`. */
  readonly cells: (questionnaire: number, answers: readonly DecodedAnswer[]) => (number | null)[];
}

/** An item that several questionnaires ask with the same codes is one variable; with different codes, one for each of them. */
export function layOut(questionnaires: readonly FileQuestionnaire[]): Layout {
  const variables: { column: Column; questionnaires: number[]; name: string }[] = [];
  const places = new Map<
    number,
    { readonly itemAt: number; readonly at: number; readonly column: Column }[]
  >();
  const taken = new Set<string>(own);
  for (const q of questionnaires) {
    const order = new Map(q.compiled.items.map((item, i) => [item.id, i]));
    const mine: { itemAt: number; at: number; column: Column }[] = [];
    for (const column of columnsOf(q)) {
      let at = variables.findIndex(
        (v) => v.column.wanted === column.wanted && codesOf(v.column) === codesOf(column),
      );
      if (at === -1) {
        at = variables.length;
        const name = freeName(column.wanted, q.no, taken);
        taken.add(name);
        variables.push({ column, questionnaires: [], name });
      }
      variables[at]!.questionnaires.push(q.no);
      mine.push({ itemAt: order.get(column.item)!, at, column });
    }
    places.set(q.no, mine);
  }
  return {
    variables: variables.map(({ column, questionnaires: numbers, name }) => ({
      name,
      label: column.label,
      item: column.item,
      values: column.values,
      questionnaires: numbers,
    })),
    cells: (questionnaire, answers) => {
      const row = new Array<number | null>(variables.length).fill(null);
      for (const { itemAt, at, column } of places.get(questionnaire) ?? [])
        row[at] = column.write(answers[itemAt]!);
      return row;
    },
  };
}

const codesOf = ({ values }: Column) => JSON.stringify(values.map(({ code, text }) => [code, text]));

/** Columns before the answers. */
export const own = [
  'county',
  'grp',
  'questionnaire',
  'unit',
  'unit_no',
  'channel',
  'stratum',
  'population',
  'weight',
  'group_weight',
] as const;

function freeName(wanted: string, questionnaire: number, taken: ReadonlySet<string>): string {
  const base = wanted.replaceAll('-', '_').slice(0, 26);
  const names = [base, `q${questionnaire}_${base}`];
  const found = names.find((name) => !taken.has(name));
  if (found !== undefined) return found;
  for (let n = 2; ; n++) if (!taken.has(`${base}_${n}`)) return `${base}_${n}`;
}
