/**
 * Compares the county's figures with each other: official figure, formulas and dimensions are weighted means of the
 * same groups. If several groups hide theirs, one figure of the county determines none of them. Two figures may, if
 * their denominators differ: with and without 不了解, or with items that only one group was asked.
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

/**
 * Hides every figure of the county that would determine something about one hidden group alone. The official figure
 * is already decided.
 */
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
      // Only the groups that are compared. A formula of the profile about a dimension covers all groups.
      (group) => comparedDimension(group, dimension.id) !== undefined,
    );
  for (const formula of layout.formulas) if (isRestricted(formula)) tryEntry(entryOf(formula), formula);
}

function isOpen({ figure, formulas, dimensions, items }: Entry): boolean {
  return [{ figure }, ...formulas, ...dimensions, ...items].some((own) => own.figure.kind === 'suppressed');
}

/** Unknowns: weighted answers by group, item and option, and the sums of respondents' own means by formula. */
class CountyRows {
  private readonly space: RowSpace;
  private readonly starts = new Map<string, number>();
  private width = 0;
  /** Columns of the number asked a formula's follow-ups, by group: part of the denominator. */
  private readonly asked = new Map<string, number>();
  /** Those that the group's own figures reveal. */
  private readonly revealed = new Set<string>();

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
          this.revealed.add(askedKey(layout, group, own.formula));
        }
    }
    for (const [key, column] of this.asked) if (!this.revealed.has(key)) this.space.protect([column]);
  }

  show(formula: Formula): void {
    this.space.show([this.row(formula), this.askedRow(formula)]);
  }

  tryToShow(formulas: readonly Formula[], isIn: (entry: Entry) => boolean = () => true): boolean {
    return this.space.tryToShow(
      formulas.flatMap((formula) => [this.row(formula, isIn), this.askedRow(formula, isIn)]),
    );
  }

  /** Columns of the items that the group does not show. The last option follows from the others. */
  private layOut({ group, figure, items }: Entry): void {
    // A group that hides its figure hides all its items, even those that nobody rated.
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

  /** Formulas whose figure is the mean of respondents' own means, not a sum over options. */
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

  /** Σ weight · figure over the groups, restricted to the unknowns. Merged groups count as one. */
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
