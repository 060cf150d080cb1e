/**
 * The county's figures beside each other: official figure, formulas and dimensions are weighted means of the same groups. Where several groups hide theirs, none follows from
 * one county figure; two may yet tell them apart, because denominators differ (with 不了解 and without, or items that one group alone was asked).
 */
import { isRestricted, type Formula } from '../rules/formula.ts';
import { restrictFormula } from '../estimate/estimate.ts';
import { askedKey } from './asked.ts';
import { hide, type Group, type Holder, type Shown } from './cells.ts';
import { inverse, multiply, residue } from './field.ts';
import { comparedDimension } from './headlines.ts';
import type { Layout, RatingItem } from './layout.ts';
import { RowSpace, type Row } from './row-space.ts';

type Entry = Shown['groups'][number];

/** Hides what of the county's figures would tell something about one group that it hides itself. The official figure is decided already. */
export function protectCountyFigures(s: Shown, layout: Layout): void {
  const open = s.groups.filter((group) => isOpen(group) && layout.ratings.has(group.group));
  if (open.length === 0 || s.official.kind === 'suppressed') return;
  const county = new CountyRows(s, layout, open);
  const { official } = layout;
  county.show(official);
  if (s.differences.length > 0 && !county.tryToShow(layout.shares)) s.differences = [];
  const tryEntry = (
    entry: Holder | undefined,
    formula: Formula,
    isIn: (entry: Entry) => boolean = () => true,
  ) => {
    if (entry?.figure.kind === 'estimate' && !county.tryToShow([formula], isIn)) hide(entry);
  };
  const entryOf = ({ id }: Formula) => s.formulas.find((entry) => entry.id === id && !entry.official);
  for (const formula of layout.formulas) if (!isRestricted(formula)) tryEntry(entryOf(formula), formula);
  for (const dimension of s.dimensions)
    tryEntry(
      dimension,
      restrictFormula(official, { dimension: dimension.id }),
      // Only of groups that are compared; a formula of the rules that is about a dimension is of all.
      (group) => comparedDimension(group, dimension.id) !== undefined,
    );
  for (const formula of layout.formulas) if (isRestricted(formula)) tryEntry(entryOf(formula), formula);
}

function isOpen({ figure, formulas, dimensions, items }: Entry): boolean {
  return [{ figure }, ...formulas, ...dimensions, ...items].some((own) => own.figure.kind === 'suppressed');
}

/** Unknowns: a group's weighted answers by item and option, and its respondents' own means by formula. */
class CountyRows {
  private readonly space: RowSpace;
  private readonly starts = new Map<string, number>();
  private width = 0;
  /** How many were asked the ratings of a formula that are asked after other answers, by group: what it divides by tells. */
  private readonly asked = new Map<string, number>();
  /** Those that the group tells itself. */
  private readonly told = new Set<string>();

  constructor(
    private readonly s: Shown,
    private readonly layout: Layout,
    private readonly open: readonly Entry[],
  ) {
    for (const entry of open) this.layOut(entry);
    this.space = new RowSpace(Array.from({ length: this.width }, () => 1));
    for (const entry of open) this.protect(entry);
    const { official } = layout;
    for (const { group, figure, formulas, dimensions } of open) {
      const known = [
        { figure, formula: official },
        ...formulas.map((own) => ({ ...own, formula: layout.formulas.find(({ id }) => id === own.id) })),
        ...dimensions.map((own) => ({ ...own, formula: restrictFormula(official, { dimension: own.id }) })),
      ];
      for (const own of known)
        if (own.figure.kind === 'estimate' && own.formula) {
          const row = this.space.emptyRow();
          this.addGroup(row, group, own.formula, 1);
          this.space.show([row, this.askedRow(own.formula, (entry) => entry.group === group)]);
          this.told.add(askedKey(layout, group, own.formula));
        }
    }
    for (const [key, column] of this.asked) if (!this.told.has(key)) this.space.protect([column]);
  }

  show(formula: Formula): void {
    this.space.show([this.row(formula), this.askedRow(formula)]);
  }

  tryToShow(formulas: readonly Formula[], isIn: (entry: Entry) => boolean = () => true): boolean {
    return this.space.tryToShow(
      formulas.flatMap((formula) => [this.row(formula, isIn), this.askedRow(formula, isIn)]),
    );
  }

  /** Columns of what the group does not show of its items; the last option is what the others leave. */
  private layOut({ group, figure, items }: Entry): void {
    // A group that hides its figure will hide all its items: also that nobody had an opinion.
    const isKnown = (own: Holder['figure']) =>
      figure.kind === 'suppressed' ? own.kind === 'estimate' : own.kind !== 'suppressed';
    for (const item of this.layout.ratings.get(group)!) {
      const entry = items.find((own) => own.id === item.id);
      if (entry && isKnown(entry.figure)) continue;
      this.starts.set(`${group}/${item.id}`, this.width);
      this.width += item.options - 1;
    }
    for (const formula of this.ownMeans(group)) {
      this.starts.set(keyOf(group, formula), this.width);
      this.width++;
    }
    for (const formula of this.formulasOf(group)) {
      const key = askedKey(this.layout, group, formula);
      if (key !== '' && !this.asked.has(key)) this.asked.set(key, this.width++);
    }
  }

  private askedRow(formula: Formula, isIn: (entry: Entry) => boolean = () => true): Row {
    const row = this.space.emptyRow();
    for (const entry of this.s.groups) {
      if (!isIn(entry) || entry.weight === 0) continue;
      const column = this.asked.get(askedKey(this.layout, entry.group, formula));
      if (column !== undefined) row[column] = 1;
    }
    return row;
  }

  private protect({ group, figure, items, dimensions }: Entry): void {
    const ratings = this.layout.ratings.get(group)!;
    const options = (isIn: (item: RatingItem) => boolean) =>
      ratings.flatMap((item) => {
        const start = this.starts.get(`${group}/${item.id}`);
        if (start === undefined || !isIn(item)) return [];
        return Array.from({ length: item.options - 1 }, (_, i) => start + i);
      });
    const means = (isIn: (formula: Formula) => boolean) =>
      this.ownMeans(group).flatMap((formula) =>
        isIn(formula) ? [this.starts.get(keyOf(group, formula))!] : [],
      );
    if (figure.kind === 'suppressed') this.space.protect([...options(() => true), ...means(() => true)]);
    for (const item of items)
      if (item.figure.kind === 'suppressed') this.space.protect(options(({ id }) => id === item.id));
    for (const { id, figure: own } of dimensions) {
      const formula = restrictFormula(this.layout.official, { dimension: id });
      if (own.kind === 'suppressed')
        this.space.protect([
          ...options((item) => item.points(formula).length > 0),
          ...means(({ dimension }) => dimension === id),
        ]);
    }
  }

  /** Formulas whose figure is no sum over options: the mean of respondents' own means. */
  private ownMeans(group: Group): readonly Formula[] {
    const byKey = new Map(this.formulasOf(group).map((formula) => [keyOf(group, formula), formula]));
    return [...byKey.values()].filter((formula) => this.isMeanOfMeans(group, formula));
  }

  private formulasOf(group: Group): readonly Formula[] {
    const { official, formulas, ratings } = this.layout;
    const dimensions = [...new Set(ratings.get(group)!.map((item) => item.dimension))];
    return [
      official,
      ...formulas,
      ...this.layout.shares,
      ...dimensions.map((dimension) => restrictFormula(official, { dimension })),
    ];
  }

  private isMeanOfMeans(group: Group, formula: Formula): boolean {
    if (formula.unit !== 'respondents') return false;
    return this.layout.ratings.get(group)!.filter((item) => item.points(formula).length > 0).length > 1;
  }

  /** Σ weight · figure over the groups, as far as it is not known. Groups that were merged are one. */
  private row(formula: Formula, isIn: (entry: Entry) => boolean = () => true): Row {
    const row = this.space.emptyRow();
    const blocks = new Map<Group, Group[]>();
    for (const entry of this.s.groups) {
      if (!isIn(entry)) continue;
      const block = entry.mergedInto ?? entry.group;
      blocks.set(block, [...(blocks.get(block) ?? []), entry.group]);
    }
    for (const members of blocks.values()) {
      const weight = members.reduce((sum, group) => sum + this.entryOf(group).weight, 0);
      if (weight === 0 || !members.some((group) => this.open.some((entry) => entry.group === group)))
        continue;
      const answers = this.layout.opinions(members, formula);
      if (answers === 0) continue;
      const factor = multiply(residue(weight), inverse(answers));
      for (const group of members) this.addGroup(row, group, formula, factor);
    }
    return row;
  }

  private entryOf(group: Group): Entry {
    return this.s.groups.find((entry) => entry.group === group)!;
  }

  private addGroup(row: Row, group: Group, formula: Formula, factor: number): void {
    if (!this.open.some((entry) => entry.group === group)) return;
    if (this.isMeanOfMeans(group, formula)) {
      row[this.starts.get(keyOf(group, formula))!] = factor;
      return;
    }
    for (const item of this.layout.ratings.get(group)!) {
      const points = item.points(formula);
      const start = this.starts.get(`${group}/${item.id}`);
      if (start === undefined || points.length === 0) continue;
      const last = item.options - 1;
      for (let option = 0; option < last; option++)
        row[start + option] = multiply(factor, residue(points[option]! - points[last]!));
    }
  }
}

function keyOf(group: Group, { title: _title, id: _id, ...formula }: Formula): string {
  return group + JSON.stringify(formula);
}
