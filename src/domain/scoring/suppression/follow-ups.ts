/**
 * How many were asked a follow-up, in the unknowns of the item that it hangs on: asked = Σ counts of the answers after which it is asked, 不了解 aside. Whoever sees a follow-up sees
 * that sum: by its counts, by what its figure divides by, and by how many were not asked. Items that are no ratings are shown for the group alone, so that their counts are
 * unknowns of the group.
 */
import type { AskedItem } from './asked.ts';
import { multiply, subtract } from './field.ts';
import type { RatingItem } from './layout.ts';
import type { Row } from './row-space.ts';

/** An atom's factor, and where its columns of each rating item begin. */
export interface Weighted {
  readonly weight: number;
  readonly starts: readonly number[];
}

/** Instead of a first column: nobody of an atom chose an option of the item. */
export const NOBODY = -1;

/** Whose answers are counted: those of atoms, or also of the whole group, of which alone items that are no ratings are shown. */
interface Counted {
  readonly atoms: readonly Weighted[];
  readonly isWhole: boolean;
}

export class FollowUps {
  /** Index of a rating, by index of the item, and the reverse. */
  private readonly ratingOf: ReadonlyMap<number, number>;
  private readonly itemOf: readonly number[];
  /** First columns of items that are no ratings. */
  private readonly starts = new Map<number, number>();
  /** Who ticked any of several options of an item, by its index and the options. */
  private readonly unions = new Map<string, number>();

  constructor(
    readonly all: readonly AskedItem[],
    ratings: readonly RatingItem[],
  ) {
    this.itemOf = ratings.map(({ id }) => all.findIndex((item) => item.id === id));
    this.ratingOf = new Map(this.itemOf.map((at, rating) => [at, rating]));
  }

  /** `add`: hands over a new column. Only items on which others hang have any: nothing else follows from what they count. */
  layOutColumns(add: () => number): void {
    this.starts.clear();
    this.unions.clear();
    for (const { after } of this.all) {
      if (!after || this.ratingOf.has(after.item)) continue;
      const { type, options } = this.all[after.item]!;
      if (!this.starts.has(after.item)) {
        // Of a single item the last option is what the others leave.
        const columns = Array.from({ length: type === 'multiple' ? options : options - 1 }, add);
        if (columns.length > 0) this.starts.set(after.item, columns[0]!);
      }
      if (type === 'multiple' && after.options.length > 1 && !this.unions.has(keyOf(after)))
        this.unions.set(keyOf(after), add());
    }
  }

  /** Is this rating asked only after other answers? */
  isRatingAsked(rating: number): boolean {
    return this.afterOf(this.itemOf[rating]!) !== null;
  }

  /** The rating that a rating hangs on. */
  ratingBefore(rating: number): number | undefined {
    const after = this.afterOf(this.itemOf[rating]!);
    return after ? this.ratingOf.get(after.item) : undefined;
  }

  /** Does this rating hang on an item that is no rating, directly or by others in between? */
  isAfterOther(rating: number): boolean {
    if (!this.isRatingAsked(rating)) return false;
    const before = this.ratingBefore(rating);
    return before === undefined || this.isAfterOther(before);
  }

  /** Is any rating asked only after answers to this item, which is none? */
  decidesRatings(at: number): boolean {
    return this.all.some(
      ({ type, after }, next) =>
        !this.ratingOf.has(at) && after?.item === at && (type === 'rating' || this.decidesRatings(next)),
    );
  }

  /** Columns of an item that is no rating. */
  columnsOf(at: number): readonly number[] {
    const start = this.starts.get(at);
    if (start === undefined) return [];
    const { type, options } = this.all[at]!;
    return Array.from({ length: type === 'multiple' ? options : options - 1 }, (_, i) => start + i);
  }

  /** The same, and who ticked any of several of its options: of a hidden item, nothing of it is shown. */
  protectedColumnsOf(at: number): readonly number[] {
    const unions = [...this.unions].flatMap(([key, column]) => (key.startsWith(`${at}/`) ? [column] : []));
    return [...this.columnsOf(at), ...unions];
  }

  /** Adds factor · (how many of these were asked the item), as far as it is unknown. */
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

  /** The same of a rating. */
  addRatingAsked(row: Row, rating: number, counted: Counted, factor = 1): void {
    this.addAsked(row, this.itemOf[rating]!, counted, factor);
  }

  private addCount(row: Row, at: number, option: number, counted: Counted, factor: number): void {
    const { type, options } = this.all[at]!;
    const last = options - 1;
    const rating = this.ratingOf.get(at);
    if (rating === undefined) {
      // At single schools they are shown nowhere.
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
