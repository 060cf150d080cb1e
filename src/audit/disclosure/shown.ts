/** Turns everything that one summary shows into equations. */
import { countedSets } from '../../domain/model/vocabulary.ts';
import type { RateRow } from '../../domain/answer/rate-view.ts';
import type { Figure } from '../../domain/scoring/figure.ts';
import type { ItemFigure, ResponseRates } from '../../domain/scoring/summary/summary-types.ts';
import { addCounty } from './county.ts';
import { precision, type Writer } from './figures.ts';
import { restrict, rowFormula } from './formulas.ts';
import type { Atom, Fate, Model } from './model.ts';
import { breakdowns, readFirst, readPooled } from './pooled.ts';
import { minusOne, one, type Rational } from './rational.ts';
import { Sum, type Terms } from './system.ts';

export function addShown(writer: Writer): void {
  addGroups(writer);
  addSchools(writer);
  addLocations(writer);
  addBreakdowns(writer);
  addFirst(writer);
  addUnflagged(writer);
  addCounty(writer);
  addReanswers(writer);
  addReturns(writer);
  addOutcomes(writer);
  addReasons(writer);
  for (const row of writer.model.shown.rates ?? []) addRate(writer, row);
}

export function counts(model: Model, atoms: readonly Atom[]): Terms {
  const sum = new Sum();
  for (const atom of atoms) sum.plus(model.respondents(atom), one);
  return sum.terms;
}

// Groups, schools, locations
// -------------------------------------------------------------------------------------------

function addGroups(writer: Writer): void {
  const { model } = writer;
  const { summary, profile } = model.shown;
  const least = profile.decimals;
  const digits = precision(
    summary.groups.flatMap((g) => [g, ...g.formulas, ...g.dimensions]).map((entry) => entry.figure),
    least,
  );
  const itemDigits = digitsOf(
    summary.groups.flatMap((g) => g.items),
    least,
  );
  for (const group of summary.groups) {
    const name = `group ${group.group}`;
    const atoms = model.standing((atom) => atom.group === group.group);
    writer.countOf(`${name} responses`, counts(model, atoms), group.responses);
    const put = (what: string, figure: Figure, formula: typeof model.official) => {
      writer.figure(`${name} ${what}`, figure, model.read(formula, atoms, 'last'), digits);
      writer.spread(`${name} ${what}`, figure, formula, atoms, 'last');
    };
    put('figure', group.figure, model.official);
    for (const { id, figure } of group.formulas) {
      const formula = profile.formulas.find((f) => f.id === id);
      if (formula) put(`formula ${id}`, figure, formula);
    }
    for (const { id, figure } of group.dimensions)
      put(`dimension ${id}`, figure, restrict(model.official, { dimension: id }));
    for (const item of group.items) addItem(writer, `${name} item ${item.id}`, item, atoms, itemDigits(item));
  }
  for (const { groups } of summary.items)
    for (const item of groups)
      addItem(
        writer,
        `item ${item.id} of ${item.group}`,
        item,
        model.standing((atom) => atom.group === item.group),
        itemDigits(item),
      );
}

/** Means of number items are in their own units, so they have their own number of decimals. */
function digitsOf(items: readonly ItemFigure[], least: number): (item: ItemFigure) => number {
  const [points, numbers] = [false, true].map((isNumber) =>
    precision(
      items.flatMap((item) => ((item.type === 'number') === isNumber ? [item.figure] : [])),
      least,
    ),
  );
  return ({ type }) => (type === 'number' ? numbers! : points!);
}

function addItem(
  writer: Writer,
  name: string,
  item: ItemFigure,
  atoms: readonly Atom[],
  digits: number,
): void {
  const { model } = writer;
  const [first] = atoms;
  const own = first && model.questionnaire(first.group)?.items.find((other) => other.id === item.id);
  if (!own) return;
  writer.distribution(name, own, item.distribution, atoms);
  if (own.type === 'number') writer.mean(name, own, item.figure, atoms, digits);
  if (own.type !== 'rating') return;
  const formula = restrict(model.official, { item: item.id });
  writer.figure(name, item.figure, model.read(formula, atoms, 'last'), digits);
  writer.spread(name, item.figure, formula, atoms, 'last');
}

function addSchools(writer: Writer): void {
  const { model } = writer;
  const { summary, profile } = model.shown;
  const { schools } = summary;
  const items = schools.flatMap((school) => school.items);
  const numbers = digitsOf(items, profile.decimals);
  const digits = precision(
    [...schools, ...items.filter(({ type }) => type !== 'number')].map((entry) => entry.figure),
    profile.decimals,
  );
  for (const school of schools) {
    const name = `school ${school.reportingStratum}`;
    const atoms = model.standing((atom) => atom.reporting === school.reportingStratum);
    writer.countOf(`${name} responses`, counts(model, atoms), school.responses);
    const formula = rowFormula(model.official, school.group);
    writer.figure(`${name} figure`, school.figure, model.read(formula, atoms, 'last'), digits);
    writer.spread(`${name} figure`, school.figure, formula, atoms, 'last');
    if (school.returnRate.kind === 'estimate' && !model.voided.has(school.reportingStratum))
      writer.count(`${name} return rate`, returned(model, school.reportingStratum), school.returnRate.n);
    for (const item of school.items)
      addItem(
        writer,
        `${name} item ${item.id}`,
        item,
        atoms,
        item.type === 'number' ? numbers(item) : digits,
      );
  }
}

function addLocations(writer: Writer): void {
  const { model } = writer;
  const { locations } = model.shown.summary;
  const digits = precision(
    locations.flatMap((location) => location.groups.map((entry) => entry.figure)),
    model.shown.profile.decimals,
  );
  for (const { location, groups } of locations)
    for (const entry of groups) {
      const name = `location ${location} ${entry.group}`;
      const atoms = model.standing((atom) => atom.group === entry.group && atom.location === location);
      writer.countOf(`${name} responses`, counts(model, atoms), entry.responses);
      writer.figure(`${name} figure`, entry.figure, model.read(model.official, atoms, 'last'), digits);
      writer.spread(`${name} figure`, entry.figure, model.official, atoms, 'last');
    }
}

// Channels and sets
// ----------------------------------------------------------------------------------------------------

function addBreakdowns(writer: Writer): void {
  const { model } = writer;
  const { summary, profile } = model.shown;
  const digits = precision(
    [...summary.channels, ...summary.sets].flatMap((entry) => entry.groups.map((own) => own.figure)),
    profile.decimals,
  );
  for (const { name, entry, chosen } of breakdowns(model)) {
    const people = new Sum();
    for (const [channel, set] of chosen) people.plus(model.arrived(entry.group, channel, set, true), one);
    writer.countOf(`${name} responses`, people.terms, entry.responses);
    writer.figure(`${name} figure`, entry.figure, readPooled(model, entry.group, chosen), digits);
  }
}

// First answers, flags, re-answers
// -------------------------------------------------------------------------------------

function addFirst(writer: Writer): void {
  const { model } = writer;
  const { first } = model.shown.summary;
  const digits = precision(
    first.groups.map((entry) => entry.figure),
    model.shown.profile.decimals,
  );
  for (const { group, figure } of first.groups)
    writer.figure(`first answers of ${group}`, figure, readFirst(model, group, true), digits);
}

function addUnflagged(writer: Writer): void {
  const { model } = writer;
  const without = model.shown.summary.withoutFlagged;
  if (!without) return;
  const digits = precision(
    [...without.groups, ...without.first.groups].map((entry) => entry.figure),
    model.shown.profile.decimals,
  );
  for (const { group, figure } of without.groups) {
    const atoms = model.standing((atom) => atom.group === group && !model.flagged.has(atom.reporting));
    const name = `without flagged ${group}`;
    writer.figure(name, figure, model.read(model.official, atoms, 'unflagged'), digits);
    writer.spread(name, figure, model.official, atoms, 'unflagged');
  }
  for (const { group, figure } of without.first.groups)
    writer.figure(`first answers without flagged ${group}`, figure, readFirst(model, group, false), digits);
}

function addReanswers(writer: Writer): void {
  const { model } = writer;
  const { reanswers } = model.shown.summary;
  const all = [new Sum(), new Sum()] as const;
  for (const { reportingStratum, figure } of reanswers.strata) {
    const again = new Sum();
    for (const own of [model, ...model.otherArms])
      if (own.shown.reportingStrata.some((r) => r.no === reportingStratum))
        again.plus(own.reanswered(reportingStratum), one);
    const people = new Sum();
    for (const set of countedSets)
      for (const counted of [true, false])
        for (const valid of [true, false])
          people.plusAll(model.handedInByAll(reportingStratum, set, counted, valid), one);
    all[0].plusAll(again.terms, one);
    all[1].plusAll(people.terms, one);
    if (figure.kind !== 'estimate') continue;
    writer.count(`answered again in ${reportingStratum}`, again.terms, figure.n);
    writer.count(`answered in ${reportingStratum}`, people.terms, figure.denominator);
  }
  if (reanswers.total.kind !== 'estimate') return;
  writer.count('answered again', all[0].terms, reanswers.total.n);
  writer.count('answered', all[1].terms, reanswers.total.denominator);
}

// Rates
// ----------------------------------------------------------------------------------------------------------------

/** Numerator of a stratum's return rate. */
function returned(model: Model, reporting: number): Terms {
  const rule = model.shown.profile.returnRate;
  const sum = new Sum();
  for (const set of rule?.sets ?? [])
    for (const valid of rule?.numerator === 'answered' ? [true, false] : [true])
      sum.plusAll(model.handedInByAll(reporting, set, true, valid), one);
  return sum.terms;
}

function addReturns(writer: Writer): void {
  const { model } = writer;
  const { summary, reportingStrata } = model.shown;
  const members = model.ratedGroups();
  for (const { group, figure } of summary.returnRates) {
    if (figure.kind !== 'estimate') continue;
    const sum = new Sum();
    for (const r of reportingStrata)
      if (!model.voided.has(r.no) && (group === null ? members.includes(r.group) : r.group === group))
        sum.plusAll(returned(model, r.no), one);
    writer.count(`return rate of ${group ?? 'all'}`, sum.terms, figure.n);
  }
}

/** AAPOR's rates: numerators and denominators are sums of cases, except in rates that include a share of the unknown. */
function addOutcomes(writer: Writer): void {
  for (const row of writer.model.shown.summary.responseRates) addOutcome(writer, row);
}

function addOutcome(writer: Writer, row: ResponseRates): void {
  const { model } = writer;
  const { reportingStrata } = model.shown;
  const groups = model.ratedGroups().filter((group) => row.group === null || row.group === group);
  const [complete, partial] = [new Sum(), new Sum()];
  let issued = 0;
  for (const r of reportingStrata) {
    if (!groups.includes(r.group)) continue;
    issued += r.issued.drawn;
    if (model.voided.has(r.no)) continue;
    for (const counted of [true, false]) {
      complete.plusAll(model.handedInByAll(r.no, 'drawn', counted, true), one);
      partial.plusAll(model.handedInByAll(r.no, 'drawn', counted, false), one);
    }
  }
  const sum = (...parts: readonly (readonly [Terms, Rational])[]) => {
    const all = new Sum();
    for (const [terms, factor] of parts) all.plusAll(terms, factor);
    return all.terms;
  };
  const fate = (which: Fate): Terms => new Map([[model.fate(row.group, which), one]]);
  const [refused, ineligible] = [fate('opted-out'), fate('ineligible')];
  const interviews = sum([complete.terms, one], [partial.terms, one]);
  const contacted = sum([interviews, one], [refused, one]);
  const missing = sum([fate('unknown'), minusOne], [ineligible, minusOne]);
  // Links without codes can bring more answers than were issued. Then all cases are answers.
  const cases = (label: string, left: Terms, value: number) => {
    if (value > issued) writer.count(label, interviews, value);
    else writer.count(label, left, value - issued);
  };
  for (const { name, figure } of row.rates) {
    if (figure.kind !== 'estimate') continue;
    const label = `${name} of ${row.group ?? 'all'}`;
    const isLocated = name.startsWith('LOC');
    const numerator = name.startsWith('REF')
      ? refused
      : name.startsWith('CON')
        ? contacted
        : ['RR1', 'RR3', 'RR5', 'COOP1', 'COOP3'].includes(name)
          ? complete.terms
          : interviews;
    if (isLocated) cases(label, missing, figure.n);
    else writer.count(label, numerator, figure.n);
    if (name.startsWith('COOP')) writer.count(`${label} cases`, contacted, figure.denominator);
    if (['RR5', 'RR6', 'REF3', 'CON3'].includes(name)) cases(`${label} cases`, missing, figure.denominator);
    if (['RR1', 'RR2', 'REF1', 'CON1', 'LOC1'].includes(name))
      cases(`${label} cases`, sum([ineligible, minusOne]), figure.denominator);
  }
}

/** Reasons of the verdict contain numbers, too. */
function addReasons(writer: Writer): void {
  const { model } = writer;
  const { verdict, notes } = model.shown.summary;
  if (verdict.kind !== 'insufficient') return;
  const merged = notes.flatMap((note) => (note.kind === 'group-merged' ? [note] : []));
  for (const reason of verdict.reasons)
    if (reason.code === 'below-min-valid' || reason.code === 'group-missing') {
      const members = [reason.group, ...merged.filter((m) => m.into === reason.group).map((m) => m.group)];
      const atoms = model.standing((atom) => members.includes(atom.group));
      const valid = reason.code === 'group-missing' ? 0 : reason.valid;
      writer.count(`valid of ${reason.group}`, counts(model, atoms), valid);
    }
}

/** A row of the page of rates. After the close, groups are exact. */
function addRate(writer: Writer, row: RateRow): void {
  const { model } = writer;
  if (row.value.kind !== 'exact') return;
  const [answered, valid] = [new Sum(), new Sum()];
  for (const r of model.shown.reportingStrata) {
    const name = r.level === 'location' ? r.key : r.name;
    if (r.group !== row.group || (row.level !== null && (r.level !== row.level || name !== row.name)))
      continue;
    for (const counted of [true, false]) {
      answered.plusAll(model.handedInByAll(r.no, row.set, counted, true), one);
      answered.plusAll(model.handedInByAll(r.no, row.set, counted, false), one);
      valid.plusAll(model.handedInByAll(r.no, row.set, counted, true), one);
    }
  }
  const name = `rates ${row.group} ${row.level ?? ''} ${row.name} ${row.set}`;
  writer.count(`${name} answered`, answered.terms, row.value.answered);
  writer.count(`${name} valid`, valid.terms, row.value.valid);
}
