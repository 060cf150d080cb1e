/**
 * The number of people asked a follow-up, as an equation in the unknowns of its parent item: asked = Σ counts of the
 * answers that lead to it, without 不了解. A shown follow-up reveals this sum through its counts, its figure's
 * denominator, and the number not asked.
 * Items that are not ratings are shown for the whole group only, so their counts are unknowns of the group.
 */
import type { AskedItem } from './asked.ts';
import { multiply, subtract } from './field.ts';
import type { RatingItem } from './layout.ts';
import type { Row } from './row-space.ts';

/** The factor of an atom, and the first column of each rating item in it. */
export interface Weighted {
  readonly weight: number;
  readonly starts: readonly number[];
}

/** In place of a first column: nobody in the atom chose an option of the item. */
export const NOBODY = -1;

/** The atoms whose answers are counted. `isWhole`: they are the whole group, so items that are not ratings count, too. */
interface Counted {
  readonly atoms: readonly Weighted[];
  readonly isWhole: boolean;
}

export class FollowUps {
  /** Rating index by item index, and the reverse. */
  private readonly ratingOf: ReadonlyMap<number, number>;
  private readonly itemOf: readonly number[];
  /** First columns of the items that are not ratings. */
  private readonly starts = new Map<number, number>();
  /** Columns of the number who ticked any of several options, by item index and options. */
  private readonly unions = new Map<string, number>();

  constructor(
    readonly all: readonly AskedItem[],
    ratings: readonly RatingItem[],
  ) {
    this.itemOf = ratings.map(({ id }) => all.findIndex((item) => item.id === id));
    this.ratingOf = new Map(this.itemOf.map((at, rating) => [at, rating]));
  }

  /** `add` returns a new column. Only parent items have columns: nothing else depends on the counts of the others. */
  layOutColumns(add: () => number): void {
    this.starts.clear();
    this.unions.clear();
    for (const { after } of this.all) {
      if (!after || this.ratingOf.has(after.item)) continue;
      const { type, options } = this.all[after.item]!;
      if (!this.starts.has(after.item)) {
        // In a single-choice item the last option follows from the others.
        const columns = Array.from({ length: type === 'multiple' ? options : options - 1 }, add);
        if (columns.length > 0) this.starts.set(after.item, columns[0]!);
      }
      if (type === 'multiple' && after.options.length > 1 && !this.unions.has(keyOf(after)))
        this.unions.set(keyOf(after), add());
    }
  }

  isRatingAsked(rating: number): boolean {
    return this.afterOf(this.itemOf[rating]!) !== null;
  }

  /** The parent of this rating, if it is a rating itself. */
  ratingBefore(rating: number): number | undefined {
    const after = this.afterOf(this.itemOf[rating]!);
    return after ? this.ratingOf.get(after.item) : undefined;
  }

  /** Is there an item that is not a rating among this rating's parent, its parent, and so on? */
  isAfterOther(rating: number): boolean {
    if (!this.isRatingAsked(rating)) return false;
    const before = this.ratingBefore(rating);
    return before === undefined || this.isAfterOther(before);
  }

  /** Is any rating a follow-up of this item, which is not a rating? */
  decidesRatings(at: number): boolean {
    return this.all.some(
      ({ type, after }, next) =>
        !this.ratingOf.has(at) && after?.item === at && (type === 'rating' || this.decidesRatings(next)),
    );
  }

  /** Columns of an item that is not a rating. */
  columnsOf(at: number): readonly number[] {
    const start = this.starts.get(at);
    if (start === undefined) return [];
    const { type, options } = this.all[at]!;
    return Array.from({ length: type === 'multiple' ? options : options - 1 }, (_, i) => start + i);
  }

  /**
   * The same, and the columns of the numbers who ticked any of several of its options: all that must stay hidden if
   * the item is.
   */
  protectedColumnsOf(at: number): readonly number[] {
    const unions = [...this.unions].flatMap(([key, column]) => (key.startsWith(`${at}/`) ? [column] : []));
    return [...this.columnsOf(at), ...unions];
  }

  /** Adds factor · (number of these people who were asked the item), restricted to the unknowns. */
  addAsked(row: Row, at: number, counted: Counted, factor = 1): void {
    const after = this.afterOf(at);
    if (!after) return;
    const { type } = this.all[after.item]!;
    const union = type === 'multiple' && after.options.length > 1 ? this.unions.get(keyOf(after)) : undefined;
    if (union !== undefined) {
      if (counted.isWhole) add(row, union, factor);
    } else for (const option of after.options) this.addCount(row, after.item, option, counted, factor);
  }

  indexOfRating(at: number): number | undefined {
    return this.ratingOf.get(at);
  }

  /** The same by rating index. */
  addRatingAsked(row: Row, rating: number, counted: Counted, factor = 1): void {
    this.addAsked(row, this.itemOf[rating]!, counted, factor);
  }

  private addCount(row: Row, at: number, option: number, counted: Counted, factor: number): void {
    const { type, options } = this.all[at]!;
    const last = options - 1;
    const rating = this.ratingOf.get(at);
    if (rating === undefined) {
      // These items are not shown for schools.
      const start = this.starts.get(at);
      if (!counted.isWhole) return;
      if (type === 'multiple' || option < last) {
        if (start !== undefined) add(row, start + option, factor);
        return;
      }
      for (let other = 0; other < last; other++) add(row, start! + other, negate(factor));
      this.addAsked(row, at, counted, factor);
      return;
    }
    const atoms = counted.atoms.filter(({ starts }) => starts[rating] !== NOBODY);
    if (atoms.length === 0) return;
    for (const { weight, starts } of atoms) {
      const own = multiply(weight, factor);
      if (option < last) add(row, starts[rating]! + option, own);
      else for (let other = 0; other < last; other++) add(row, starts[rating]! + other, negate(own));
    }
    if (option === last) this.addAsked(row, at, { ...counted, atoms }, factor);
  }

  private afterOf(at: number): AskedItem['after'] {
    return this.all[at]?.after ?? null;
  }
}

function keyOf({ item, options }: NonNullable<AskedItem['after']>): string {
  return `${item}/${options.join()}`;
}

function add(row: Row, column: number, value: number): void {
  row[column] = subtract(row[column]!, negate(value));
}

function negate(value: number): number {
  return subtract(0, value);
}
