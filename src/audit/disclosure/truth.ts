/** The true values of the unknowns, from the counted cells: to label findings, and to give figures all their digits. */
import { ballotFormulas } from './arms.ts';
import type { CompiledQuestionnaire } from '../../domain/questionnaire/compiled.ts';
import type { Formula } from '../../domain/scoring/rules/formula.ts';
import { askingOf, slacksOf } from './asking.ts';
import type { Truth, TruthCell } from './case.ts';
import { shareOf } from './county.ts';
import { isOwnMeans, pointsOf, ratings, restrict, rowFormula, scopeOf } from './formulas.ts';
import type { Model } from './model.ts';
import { add, fromDecimal, multiply, negate, ratio, type Rational } from './rational.ts';
import type { Terms } from './system.ts';

/** By name of the unknown; 0 if absent. */
export function trueValues(model: Model, truth: Truth): ReadonlyMap<string, Rational> {
  const values = new Map<number, Rational>();
  const put = (column: number, value: Rational) => {
    if (value.n !== 0n) values.set(column, add(values.get(column) ?? ratio(0), value));
  };
  const { profile } = model.shown;
  const arm = model.arm?.arm;
  const isOwn = (cell: TruthCell) => cell.arm === arm && (!model.arm || cell.group === model.arm.group);
  for (const cell of truth.last.filter(isOwn)) {
    const q = model.questionnaire(cell.group);
    const isChannel = profile.channels.includes(cell.channel);
    const isVoid = model.voided.has(cell.reportingStratum);
    put(model.handedIn(cell.reportingStratum, cell.set, isChannel, cell.valid), ratio(cell.n));
    if (!isVoid) put(model.arrived(cell.group, cell.channel, cell.set, cell.valid), ratio(cell.n));
    if (!q || !cell.valid) continue;
    if (!isVoid && !model.arm)
      for (const [part, value] of partsOf(model, cell, model.official, q))
        put(model.pooled(cell.group, cell.channel, cell.set, part), value);
    if (isChannel && profile.sets.includes(cell.set)) putAnswers(model, cell, q, put);
  }
  const ofOtherArms = truth.reansweredApart ?? [];
  const named = () => new Map([...values].map(([column, value]) => [model.system.names[column]!, value]));
  if (model.arm) {
    for (const row of ofOtherArms)
      if (row.arm === arm && model.shown.reportingStrata.some((r) => r.no === row.reportingStratum))
        put(model.reanswered(row.reportingStratum), ratio(row.reanswered));
    return named();
  }
  for (const [list, sign] of [
    [truth.first, 1n],
    [truth.last, -1n],
  ] as const)
    for (const cell of list.filter(isOwn)) {
      const q = model.questionnaire(cell.group);
      const isCounted =
        cell.valid && profile.channels.includes(cell.channel) && profile.sets.includes(cell.set);
      if (!q || !isCounted || model.voided.has(cell.reportingStratum)) continue;
      const isFlagged = model.flagged.has(cell.reportingStratum);
      for (const [part, value] of partsOf(model, cell, model.official, q))
        put(
          model.change(cell.group, cell.samplingStratum, isFlagged, part),
          sign === 1n ? value : negate(value),
        );
    }
  for (const { group, optedOut, unknown, ineligible } of truth.fates ?? []) {
    put(model.fate(group, 'opted-out'), ratio(optedOut));
    put(model.fate(group, 'unknown'), ratio(unknown));
    put(model.fate(group, 'ineligible'), ratio(ineligible));
  }
  for (const { reportingStratum, reanswered } of truth.reanswered) {
    const others = ofOtherArms.filter((row) => row.reportingStratum === reportingStratum);
    const own = others.reduce((rest, row) => rest - row.reanswered, reanswered);
    put(model.reanswered(reportingStratum), ratio(own));
  }
  return named();
}

function putAnswers(
  model: Model,
  cell: TruthCell,
  q: CompiledQuestionnaire,
  put: (column: number, value: Rational) => void,
): void {
  const atom = {
    reporting: cell.reportingStratum,
    sampling: cell.samplingStratum,
    group: cell.group,
    location: null,
  };
  put(model.respondents(atom), ratio(cell.n));
  if (cell.alike) {
    put(model.alike(atom, 'people'), ratio(cell.alike.people));
    put(model.alike(atom, 'sum'), fromDecimal(cell.alike.sum));
  }
  for (const [id, item] of cell.items) {
    const type = q.items.find((other) => other.id === id)?.type;
    for (const [option, count] of item.options) put(model.answer(atom, id, option), ratio(count));
    if (item.dontKnow > 0) put(model.answer(atom, id, ':dk'), ratio(item.dontKnow));
    put(model.answer(atom, id, ':blank'), ratio(item.blank));
    put(model.answer(atom, id, ':none'), ratio(item.notAsked));
    if (type !== 'number') continue;
    put(model.answer(atom, id, ':n'), ratio(item.n));
    put(model.answer(atom, id, ':sum'), ratio(item.sum));
  }
  for (const item of q.items) {
    const asking = askingOf(q, item);
    if (asking.kind !== 'any') continue;
    for (const { which, terms } of slacksOf(model, atom, item.id, asking))
      put(model.slack(atom, item.id, which), sumIn(model, cell, terms));
  }
  const formulas = [
    ...model.shown.profile.formulas,
    rowFormula(model.official, cell.group),
    ...[model.official, ...ballotFormulas(model, cell.group)].flatMap((formula) => [
      ...(formula === model.official ? [] : [formula]),
      ...q.dimensions.map((dimension) => restrict(formula, { dimension })),
    ]),
    ...q.vectorOptions.map((option) => shareOf(model.official, option)),
  ];
  const done = new Set<number>();
  for (const formula of formulas) {
    const scope = scopeOf(formula, q);
    if (ratings(formula, q).length < 2 || scope === null) continue;
    const parts = partsOf(model, cell, formula, q);
    const people = model.denominators(atom, scope, formula.dontKnow);
    if (!done.has(people)) put(people, parts.get(':d') ?? ratio(0));
    done.add(people);
    if (!isOwnMeans(formula, q)) continue;
    const means = model.means(atom, formula);
    if (!done.has(means)) put(means, parts.get(':m') ?? ratio(0));
    done.add(means);
  }
}

/** A sum of one cell's counts: respondents and answers to items. */
function sumIn({ system: { names } }: Model, { n, items }: TruthCell, terms: Terms): Rational {
  let sum = ratio(0);
  for (const [column, factor] of terms) {
    const [kind, , , id, what] = names[column]!.split(' ');
    const item = kind === 'x' ? items.get(id!) : undefined;
    const count =
      kind === 'n'
        ? n
        : what === ':none'
          ? item?.notAsked
          : what === ':blank'
            ? item?.blank
            : item?.options.get(what!);
    sum = add(sum, multiply(factor, ratio(count ?? 0)));
  }
  return sum;
}

/** A formula's parts in one cell. */
function partsOf(
  model: Model,
  cell: TruthCell,
  formula: Formula,
  q: CompiledQuestionnaire,
): ReadonlyMap<string, Rational> {
  const parts = new Map<string, Rational>();
  const scope = scopeOf(formula, q);
  let [people, means] = [ratio(0), ratio(0)];
  for (const group of cell.scopes) {
    if ((group.scope ?? '*') !== scope) continue;
    const denominator = formula.dontKnow === 'include' ? group.answered : group.answered - group.dontKnow;
    if (denominator === 0) continue;
    people = add(people, ratio(group.n));
    for (const [option, count] of group.options)
      means = add(means, multiply(pointsOf(formula, option), ratio(count, denominator)));
  }
  for (const { name } of model.parts(formula, q)) {
    if (name === ':d') parts.set(name, people);
    else if (name === ':m') parts.set(name, means);
    else
      parts.set(
        name,
        ratio(
          ratings(formula, q).reduce((sum, item) => {
            const counts = cell.items.get(item.id);
            return sum + (name === ':dk' ? (counts?.dontKnow ?? 0) : (counts?.options.get(name) ?? 0));
          }, 0),
        ),
      );
  }
  return parts;
}
