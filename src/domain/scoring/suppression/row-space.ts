/**
 * What follows from the shown figures. Each figure is a linear equation in unknown counts, and everything that
 * follows from them is the space spanned by their rows. It is kept in reduced row echelon form, which makes it cheap
 * to test whether anything follows about a given set of unknowns alone. Method: Langsrud, "Secondary cell suppression
 * by Gaussian elimination", 2024 (R: GaussSuppression).
 *
 * Columns with the same coefficient in every row form one class and are stored once, for example schools that no row
 * distinguishes yet. A consequence for one column of a class has the same coefficient for all of them.
 */
import { inverse, multiply, subtract } from './field.ts';

/** Coefficients modulo the prime, by column. */
export type Row = Float64Array;

/** Columns with a coefficient other than 0, ascending. */
export function columnsIn(row: Row): readonly number[] {
  const found: number[] = [];
  for (let column = 0; column < row.length; column++) if (row[column] !== 0) found.push(column);
  return found;
}

/** In place of a class. */
const FORGOTTEN = -1;

/** Columns about which nothing may follow. */
interface ProtectedSet {
  readonly columns: readonly number[];
  /** Classes that lie entirely within it, as of `version`. */
  inside: readonly number[];
  version: number;
}

export class RowSpace {
  /** Columns by class, the preferred ones first. The first one represents the class. */
  private members: number[][];
  /** `FORGOTTEN`: known, and no longer in any class. */
  private readonly classOf: Int32Array;
  /** Increases when classes change. */
  private version = 0;
  /** By class: known, so not protected. Rows have no coefficient there, except during a trial. */
  private known: boolean[] = [false];
  private knownClasses = 0;
  /**
   * By class: the row whose pivot it is, if any. Coefficients are by class. The pivot's coefficient is 1 here and 0
   * in all other rows.
   */
  private rows: (Row | null)[] = [null];
  private capacity = 64;
  /** Unused rows of this capacity: allocating one costs more than reducing by it. */
  private spare: Row[] = [];
  private readonly setsOf = new Map<number, ProtectedSet[]>();
  /** By class: number of the last test in which it was inside. */
  private inside = new Int32Array(64);
  private question = 0;
  /** Rows before the trial, by pivot. null: there was none. */
  private readonly before = new Map<number, Row | null>();
  private isTrial = false;
  /** Pivots of rows that changed or lost a column that became known. */
  private readonly touched = new Set<number>();

  /**
   * `preferences`: the column with the highest preference becomes the pivot of a row. Give protected columns the
   * lowest.
   */
  constructor(private readonly preferences: readonly number[]) {
    const columns = preferences.map((_, column) => column);
    this.members = [columns.sort((a, b) => preferences[b]! - preferences[a]! || a - b)];
    this.classOf = new Int32Array(preferences.length);
  }

  protect(columns: readonly number[]): void {
    if (columns.length === 0) return;
    const set: ProtectedSet = { columns: [...new Set(columns)], inside: [], version: -1 };
    for (const column of set.columns) {
      const list = this.setsOf.get(column);
      if (list) list.push(set);
      else this.setsOf.set(column, [set]);
    }
  }

  /** A row of zeros. */
  emptyRow(): Row {
    return new Float64Array(this.preferences.length);
  }

  /**
   * Adds rows and marks columns as known, unless something would follow about a protected set alone, or `forbids`
   * returns true. In these cases nothing changes. Returns whether it was done.
   */
  tryToShow(rows: readonly Row[], columns: readonly number[] = [], forbids?: () => boolean): boolean {
    for (const row of rows) this.refine(row);
    const learnt = this.splitOff(columns).filter((own) => !this.known[own]);
    this.isTrial = true;
    this.touched.clear();
    this.learn(learnt);
    for (const row of rows) this.add(row);
    const isExposed = this.isAnySetExposed() || (forbids?.() ?? false);
    this.isTrial = false;
    for (const [pivot, row] of this.before) {
      const unused = isExposed ? this.rows[pivot]! : row;
      if (isExposed) this.rows[pivot] = row;
      if (unused) this.spare.push(unused);
    }
    this.before.clear();
    if (isExposed) for (const own of learnt) this.known[own] = false;
    else {
      this.knownClasses += learnt.length;
      if (learnt.length > 0) this.forget(learnt);
    }
    return !isExposed;
  }

  /** Adds rows without a test. */
  show(rows: readonly Row[]): void {
    for (const row of rows) {
      this.refine(row);
      this.add(row);
    }
  }

  /** Does nothing follow about any protected set alone? */
  isClean(): boolean {
    return ![...new Set([...this.setsOf.values()].flat())].some((set) => this.isExposed(set));
  }

  /** Is there a combination of the rows with coefficients in these columns only? */
  private isExposed(set: ProtectedSet): boolean {
    if (set.version !== this.version) this.findInside(set);
    const question = ++this.question;
    for (const own of set.inside) this.inside[own] = question;
    const outside: Row[] = [];
    const { length } = this.members;
    for (const own of set.inside) {
      const row = this.rows[own];
      if (!row) continue;
      const rest = this.copyOf(row);
      for (let i = 0; i < length; i++) if (this.inside[i] === question || this.known[i]) rest[i] = 0;
      outside.push(rest);
    }
    const isExposed = !areIndependent(outside, length);
    this.spare.push(...outside);
    return isExposed;
  }

  private findInside(set: ProtectedSet): void {
    const counts = new Map<number, number>();
    for (const column of set.columns) {
      const own = this.classOf[column]!;
      if (own === FORGOTTEN) continue;
      counts.set(own, (counts.get(own) ?? 0) + 1);
    }
    set.inside = [...counts].flatMap(([own, n]) => (n === this.members[own]!.length ? [own] : []));
    set.version = this.version;
  }

  /** A change can only expose sets that contain the pivot of a changed row. */
  private isAnySetExposed(): boolean {
    const changed = new Set<ProtectedSet>();
    for (const pivot of this.touched)
      for (const set of this.setsOf.get(this.members[pivot]![0]!) ?? []) changed.add(set);
    for (const set of changed) if (this.isExposed(set)) return true;
    return false;
  }

  private add(given: Row): void {
    const row = this.spare.pop() ?? new Float64Array(this.capacity);
    const { members, known } = this;
    for (let own = 0; own < members.length; own++) row[own] = known[own] ? 0 : given[members[own]![0]!]!;
    this.reduce(row);
  }

  private reduce(row: Row): void {
    const { rows, known, members, preferences } = this;
    const { length } = members;
    for (let own = 0; own < length; own++) {
      const factor = row[own]!;
      const other = factor === 0 ? null : rows[own];
      if (other) subtractTimes(row, factor, other, length);
    }
    let pivot = -1;
    let best = -Infinity;
    for (let own = 0; own < length; own++) {
      if (known[own]) row[own] = 0;
      if (row[own] === 0) continue;
      const preference = preferences[members[own]![0]!]!;
      if (preference > best) {
        best = preference;
        pivot = own;
      }
    }
    if (pivot < 0) {
      this.spare.push(row);
      return;
    }
    const lead = row[pivot]!;
    if (lead !== 1) {
      const factor = inverse(lead);
      for (let own = 0; own < length; own++) if (row[own] !== 0) row[own] = multiply(row[own]!, factor);
    }
    for (let own = 0; own < length; own++) {
      const other = rows[own];
      const factor = other ? other[pivot]! : 0;
      if (factor === 0) continue;
      this.remember(own, true);
      subtractTimes(rows[own]!, factor, row, length);
    }
    this.remember(pivot, false);
    rows[pivot] = row;
  }

  private learn(classes: readonly number[]): void {
    const { rows, known } = this;
    for (const own of classes) known[own] = true;
    const left: Row[] = [];
    for (let pivot = 0; pivot < this.members.length; pivot++) {
      const row = rows[pivot];
      if (!row) continue;
      if (known[pivot]) {
        this.remember(pivot, true);
        left.push(rows[pivot]!);
        rows[pivot] = null;
      } else if (classes.some((own) => row[own] !== 0)) this.touched.add(pivot);
    }
    // The remainder of a row whose pivot is known has another pivot, or none.
    for (const row of left) this.reduce(row);
  }

  /**
   * Removes known classes from the rows. Once they are the majority, also drops their columns, because the cost of a
   * test grows with the number of columns.
   */
  private forget(learnt: readonly number[]): void {
    if (2 * this.knownClasses < this.members.length) {
      for (const row of this.rows) if (row) for (const own of learnt) row[own] = 0;
      return;
    }
    const kept = [...this.members.keys()].filter((own) => !this.known[own]);
    const next = new Map(kept.map((own, i) => [own, i]));
    this.members.forEach((columns, own) => {
      for (const column of columns) this.classOf[column] = next.get(own) ?? FORGOTTEN;
    });
    this.members = kept.map((own) => this.members[own]!);
    this.known = kept.map(() => false);
    this.knownClasses = 0;
    this.capacity = Math.max(64, kept.length);
    this.spare = [];
    this.inside = new Int32Array(this.capacity);
    this.rows = kept.map((pivot) => {
      const row = this.rows[pivot]!;
      if (!row) return null;
      const shorter = new Float64Array(this.capacity);
      for (let i = 0; i < kept.length; i++) shorter[i] = row[kept[i]!]!;
      return shorter;
    });
    this.version++;
  }

  /** Saves the row for undo and works on a copy. No copy is made if the row is replaced as a whole. */
  private remember(pivot: number, isChanged: boolean): void {
    this.touched.add(pivot);
    if (!this.isTrial || this.before.has(pivot)) return;
    const row = this.rows[pivot]!;
    this.before.set(pivot, row);
    if (row && isChanged) this.rows[pivot] = this.copyOf(row);
  }

  private copyOf(row: Row): Row {
    const copy = this.spare.pop();
    if (!copy) return row.slice();
    copy.set(row);
    return copy;
  }

  /** Splits classes in which the row has different coefficients. */
  private refine(row: Row): void {
    for (let own = 0, end = this.members.length; own < end; own++) {
      const members = this.members[own]!;
      const first = row[members[0]!];
      if (members.every((column) => row[column] === first)) continue;
      const parts = new Map<number, number[]>();
      for (const column of members) {
        const part = parts.get(row[column]!);
        if (part) part.push(column);
        else parts.set(row[column]!, [column]);
      }
      this.split(own, [...parts.values()]);
    }
  }

  /** Returns classes that consist of exactly these columns. */
  private splitOff(columns: readonly number[]): readonly number[] {
    const wanted = new Map<number, number[]>();
    for (const column of columns) {
      const own = this.classOf[column]!;
      if (own === FORGOTTEN) continue;
      const list = wanted.get(own);
      if (list) list.push(column);
      else wanted.set(own, [column]);
    }
    return [...wanted].map(([own, list]) => {
      const members = this.members[own]!;
      if (members.length === list.length) return own;
      const isWanted = (column: number) => list.includes(column);
      const part = members.filter(isWanted);
      const rest = members.filter((column) => !isWanted(column));
      const isFirst = part[0] === members[0];
      this.split(own, isFirst ? [part, rest] : [rest, part]);
      return isFirst ? own : this.members.length - 1;
    });
  }

  /** The first part contains the first column and keeps the number of the class. */
  private split(own: number, [kept, ...others]: readonly number[][]): void {
    this.members[own] = kept!;
    for (const part of others) {
      const next = this.members.length;
      this.members.push(part);
      this.rows.push(null);
      this.known.push(this.known[own]!);
      if (this.known[own]) this.knownClasses++;
      for (const column of part) this.classOf[column] = next;
      if (next >= this.capacity) this.grow();
      for (const row of this.rows) if (row) row[next] = row[own]!;
    }
    this.version++;
  }

  private grow(): void {
    this.capacity *= 2;
    this.spare = [];
    this.rows = this.rows.map((row) => {
      if (!row) return null;
      const longer = new Float64Array(this.capacity);
      longer.set(row);
      return longer;
    });
    this.inside = new Int32Array(this.capacity);
  }
}

/** row − factor · other, in `row`. */
function subtractTimes(row: Row, factor: number, other: Row, length: number): void {
  for (let i = 0; i < length; i++) {
    const value = other[i]!;
    if (value !== 0) row[i] = subtract(row[i]!, multiply(factor, value));
  }
}

/** Are the rows linearly independent? Overwrites them. */
function areIndependent(rows: readonly Row[], length: number): boolean {
  const reduced: { readonly row: Row; readonly lead: number; readonly inverse: number }[] = [];
  for (const row of rows) {
    for (const own of reduced) {
      const value = row[own.lead]!;
      if (value !== 0) subtractTimes(row, multiply(value, own.inverse), own.row, length);
    }
    let lead = 0;
    while (lead < length && row[lead] === 0) lead++;
    if (lead === length) return false;
    reduced.push({ row, lead, inverse: inverse(row[lead]!) });
  }
  return true;
}
