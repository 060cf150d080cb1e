/**
 * A figure claimed by a county, from an export of a survey platform (问卷星): either a row per sheet, or the number of answers for
 * each option of each question. Every formula of the rules is applied, to compare it with the survey's own figure. Nothing here
 * is verified: it is unknown who answered and how often, and there are no groups to weight. Questions with options that the
 * rules' questionnaires do not have are left out and listed.
 */
import { cellText, type CellValue } from '../../frame/roll/table.ts';
import { settle } from '../figure.ts';
import type { Formula } from '../rules/formula.ts';
import type { RuleProfile } from '../rules/profile.ts';
import type { Questionnaire } from '../../questionnaire/template.ts';

/** Stands for 不了解, whatever the questionnaires call it. */
const dontKnow = Symbol('dont-know');
type OptionId = string | typeof dontKnow;

/** Normalised text of an option → its id. */
export type OptionNames = ReadonlyMap<string, OptionId>;

/** Other spellings with the same meaning in any scale. */
const synonyms: readonly (readonly [string, string])[] = [
  ['很满意', '非常满意'],
  ['十分满意', '非常满意'],
  ['不清楚', '不了解'],
  ['不知道', '不了解'],
  ['说不清', '不了解'],
];

/** `A.非常满意` and `（5）非常满意` are 非常满意. */
function normal(cell: CellValue | undefined): string {
  return cellText(cell)
    .replace(/^[(（]?[A-Za-z\d]{1,2}[)）.．、:：]\s*/u, '')
    .replace(/(?<![\s。.;；])[\s。.;；]+$/u, '')
    .toLowerCase();
}

/** Options of all rating scales, by every text that they have; `aliases` are given by a person who knows the file (`比较满意=满意`). */
export function optionNames(questionnaires: readonly Questionnaire[], aliases: string): OptionNames {
  const names = new Map<string, OptionId>();
  for (const q of questionnaires)
    for (const item of q.items)
      if (item.type === 'rating')
        for (const option of q.scales[item.scale]?.options ?? [])
          for (const text of Object.values(option.text))
            names.set(normal(text), option.dontKnow === true ? dontKnow : option.id);
  const alias = (written: string, meant: string) => {
    const id = names.get(normal(meant));
    if (id !== undefined && normal(written) !== '' && !names.has(normal(written)))
      names.set(normal(written), id);
  };
  for (const [written, meant] of synonyms) alias(written, meant);
  for (const line of aliases.split(/[\n;；]/)) {
    const [written = '', meant = ''] = line.split(/[=＝]/);
    alias(written, meant);
  }
  return names;
}

interface Counts {
  readonly title: string;
  readonly byOption: ReadonlyMap<OptionId, number>;
}

export interface ClaimedFile {
  readonly kind: 'rows' | 'options';
  /** Submitted sheets; null if the file does not say. */
  readonly people: number | null;
  /** Only percentages: each question then has the same weight. */
  readonly sharesAlone: boolean;
  readonly questions: readonly Counts[];
  /** For `rows`: each person's rated options. */
  readonly sheets: readonly (readonly OptionId[])[];
  /** Questions that were left out, with an unknown option; '' if there is none. */
  readonly left: readonly { readonly title: string; readonly option: string }[];
}

const questionTitle = /^(?:第\s*\d+\s*题|Q?\d{1,3}\s*[、.．:：)])/iu;
const totalRow = /^(?:本题)?(?:有效)?(?:填写|答题|作答)?(?:人次|人数|合计|总计|小计)/u;

/** Rows in their order, without empty ones. Undefined: not recognised as either kind. */
export function readClaimed(
  rows: readonly (readonly CellValue[])[],
  names: OptionNames,
): ClaimedFile | undefined {
  return readOptionTables(rows, names) ?? readSheets(rows, names);
}

function numberIn(cell: CellValue | undefined): { readonly value: number; readonly isShare: boolean } | null {
  if (typeof cell === 'number') return { value: cell, isShare: !Number.isInteger(cell) };
  const match = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(cellText(cell));
  if (!match) return null;
  return { value: Number(match[1]) / (match[2] === '%' ? 100 : 1), isShare: match[2] === '%' };
}

/** The platform's statistics: a title, then a row for each option. */
function readOptionTables(
  rows: readonly (readonly CellValue[])[],
  names: OptionNames,
): ClaimedFile | undefined {
  const questions: Counts[] = [];
  const left: { title: string; option: string }[] = [];
  let title = '';
  let sharesAlone = false;
  let open: { option: string; count: number | null; share: number | null }[] = [];
  const close = () => {
    if (open.length === 0) return;
    const unknown = open.find(({ option }) => !names.has(normal(option)));
    const known = open.filter(({ option }) => names.has(normal(option)));
    if (known.length < 2 || unknown) left.push({ title, option: unknown?.option ?? '' });
    else {
      const hasCounts = open.every(({ count }) => count !== null);
      if (!hasCounts) sharesAlone = true;
      const byOption = new Map<OptionId, number>();
      for (const { option, count, share } of open) {
        const id = names.get(normal(option))!;
        byOption.set(id, (byOption.get(id) ?? 0) + (hasCounts ? count! : (share ?? 0)));
      }
      questions.push({ title, byOption });
    }
    open = [];
  };
  let most = 0;
  for (const cells of rows) {
    const first = cellText(cells[0]);
    const numbers = cells.slice(1).flatMap((cell) => numberIn(cell) ?? []);
    if (totalRow.test(first)) {
      most = Math.max(most, numbers[0]?.value ?? 0);
      close();
    } else if (numbers.length > 0 && first !== '' && !questionTitle.test(first)) {
      open.push({
        option: first,
        count: numbers.find((n) => !n.isShare)?.value ?? null,
        share: numbers.find((n) => n.isShare)?.value ?? null,
      });
    } else if (first !== '') {
      close();
      // The header of a table is not a title.
      if (!/^选项|^答案/u.test(first)) title = first;
    }
  }
  close();
  if (questions.length === 0) return undefined;
  const largest = Math.max(
    most,
    ...questions.map((q) => [...q.byOption.values()].reduce((sum, n) => sum + n, 0)),
  );
  return {
    ...{ kind: 'options', sharesAlone, questions, left, sheets: [] },
    people: sharesAlone && most === 0 ? null : largest,
  };
}

/** A row per sheet: the questions are columns that contain only options and blanks, and at least one option. */
function readSheets(rows: readonly (readonly CellValue[])[], names: OptionNames): ClaimedFile | undefined {
  const [header, ...sheets] = rows;
  if (!header || sheets.length === 0) return undefined;
  const questions: Counts[] = [];
  const left: { title: string; option: string }[] = [];
  const columns: number[] = [];
  for (let column = 0; column < header.length; column++) {
    const texts = sheets
      .map((cells) => normal(cells[column]))
      .filter((text) => text !== '' && !skipped.test(text));
    if (!texts.some((text) => names.has(text))) continue;
    const title = cellText(header[column]);
    const unknown = texts.find((text) => !names.has(text));
    if (unknown !== undefined) {
      left.push({ title, option: unknown.slice(0, 40) });
      continue;
    }
    const byOption = new Map<OptionId, number>();
    for (const text of texts) byOption.set(names.get(text)!, (byOption.get(names.get(text)!) ?? 0) + 1);
    questions.push({ title, byOption });
    columns.push(column);
  }
  if (questions.length === 0) return undefined;
  const own = sheets.map((cells) =>
    columns.flatMap((column): OptionId[] => {
      const id = names.get(normal(cells[column]));
      return id === undefined ? [] : [id];
    }),
  );
  return { kind: 'rows', people: sheets.length, sharesAlone: false, questions, sheets: own, left };
}

/** The platform's word for a question that was not asked. */
const skipped = /^(?:\(跳过\)|（跳过）|\(空\)|（空）|-+)$/u;

export interface ClaimedFigure {
  readonly formula: Formula;
  /** Points or percent; null with the reason. */
  readonly value: number | null;
  readonly why: 'needs-sheets' | 'needs-items' | 'option-without-points' | 'no-answers' | null;
  readonly meets: boolean | null;
}

/** Every formula of the profile, in its order, over all questions alike: no groups, no weights. */
export function claimedFigures(
  file: ClaimedFile,
  { formulas, threshold }: Pick<RuleProfile, 'formulas' | 'threshold'>,
): readonly ClaimedFigure[] {
  return formulas.map((formula) => {
    const { value, why } = computeClaimed(file, formula);
    return { formula, value, why, meets: value === null ? null : value >= threshold.value };
  });
}

function computeClaimed(file: ClaimedFile, formula: Formula): Pick<ClaimedFigure, 'value' | 'why'> {
  if (formula.items !== undefined || formula.dimension !== undefined || formula.named === true)
    return { value: null, why: 'needs-items' };
  if (formula.unit === 'respondents' && file.kind === 'options') return { value: null, why: 'needs-sheets' };
  try {
    const ratios =
      formula.unit === 'answers'
        ? [
            ratioOf(
              formula,
              file.questions.flatMap((q) => [...q.byOption]),
            ),
          ]
        : file.sheets.map((sheet) =>
            ratioOf(
              formula,
              sheet.map((id): [OptionId, number] => [id, 1]),
            ),
          );
    const counted = ratios.filter((ratio) => ratio.count > 0);
    if (counted.length === 0) return { value: null, why: 'no-answers' };
    const mean = counted.reduce((sum, { points, count }) => sum + points / count, 0) / counted.length;
    return { value: settle(mean), why: null };
  } catch (error) {
    if (error instanceof WithoutPoints) return { value: null, why: 'option-without-points' };
    throw error;
  }
}

class WithoutPoints extends Error {}

function ratioOf(
  formula: Formula,
  counts: readonly (readonly [OptionId, number])[],
): { readonly points: number; readonly count: number } {
  let points = 0;
  let count = 0;
  for (const [id, n] of counts) {
    if (id === dontKnow) {
      if (formula.dontKnow === 'include') count += n;
      continue;
    }
    count += n;
    points += n * pointsOf(formula, id);
  }
  return { points, count };
}

function pointsOf(formula: Formula, option: string): number {
  if (formula.kind === 'share') return formula.satisfied.includes(option) ? 100 : 0;
  const points = Object.hasOwn(formula.points, option) ? formula.points[option] : undefined;
  if (points === undefined) throw new WithoutPoints();
  return points;
}

/** Answers to counted questions; null if there are only percentages. */
export function claimedAnswers(file: ClaimedFile): number | null {
  if (file.sharesAlone) return null;
  return file.questions.reduce((sum, q) => sum + [...q.byOption.values()].reduce((a, b) => a + b, 0), 0);
}
