/**
 * A split ballot: a group gets several questionnaires, each an arm. The arm of a contact follows only from the seed, within each
 * stratum and set. So arms differ by chance only, and anyone can repeat the assignment. A group with one questionnaire has one
 * arm, and nothing is hashed.
 */
import { sha256 } from '../hash.ts';
import type { CountedSet, Group } from '../model/vocabulary.ts';
import { compareBytes } from './sample.ts';

interface Arm {
  readonly no: number;
  readonly groups: readonly Group[];
  readonly official?: true | undefined;
  /** Percent of its group; absent in all arms of a group: equal. */
  readonly share?: number | undefined;
}

/** Questionnaires of a group in the order of their numbers. */
export function armsOf<Q extends Arm>(questionnaires: readonly Q[], group: Group): readonly Q[] {
  return questionnaires.filter((q) => q.groups.includes(group)).sort((a, b) => a.no - b.no);
}

/**
 * The arm whose answers make the group's figures, and which contacts that are not drawn get: the official one, else the first.
 */
export function mainArm<Q extends Arm>(questionnaires: readonly Q[], group: Group): Q | undefined {
  const arms = armsOf(questionnaires, group);
  return arms.find((arm) => arm.official) ?? arms[0];
}

/** Numbers of questionnaires whose answers do not enter a group's figures. */
export function secondaryArms(questionnaires: readonly Arm[]): ReadonlySet<number> {
  const main = new Set(
    questionnaires.flatMap((q) => q.groups.map((group) => mainArm(questionnaires, group)!.no)),
  );
  return new Set(questionnaires.flatMap(({ no }) => (main.has(no) ? [] : [no])));
}

/** Whether any group has several arms. */
export function isSplit(questionnaires: readonly Arm[]): boolean {
  return questionnaires.some((q) => q.groups.some((group) => armsOf(questionnaires, group).length > 1));
}

/** Minimum number of codes of a reporting stratum: the smallest arm of any group must have the minimum cell. */
export function leastStratum(questionnaires: readonly Arm[], minimumCell: number): number {
  const groups = new Set(questionnaires.flatMap((q) => q.groups));
  const least = [...groups].map((group) => {
    const arms = armsOf(questionnaires, group);
    const shares = sharesOf(arms);
    return shares === null
      ? minimumCell * Math.max(1, arms.length)
      : Math.ceil((minimumCell * 100) / Math.min(...shares));
  });
  return Math.max(minimumCell, ...least);
}

/** Percent of each arm; null: equal, or not split. */
function sharesOf(arms: readonly Arm[]): readonly number[] | null {
  const shares = arms.flatMap((arm) => arm.share ?? []);
  return arms.length > 1 && shares.length === arms.length ? shares : null;
}

/**
 * The sequence of arms, which repeats. With shares it has a hundred turns: turn k (from 0) goes to the arm with the greatest
 * share · (k + 1) − 100 · (turns that it had); the first if equal. So no arm is ever a whole contact above or below its share,
 * and equal shares give plain alternation.
 */
function turnsOf(arms: readonly Arm[]): readonly number[] {
  const shares = sharesOf(arms);
  if (shares === null) return arms.map(({ no }) => no);
  const had = arms.map(() => 0);
  return Array.from({ length: 100 }, (_, k) => {
    const lack = shares.map((share, i) => share * (k + 1) - 100 * had[i]!);
    const next = lack.indexOf(Math.max(...lack));
    had[next]! += 1;
    return arms[next]!.no;
  });
}

export interface Ballot {
  /**
   * For the contacts of one sampling stratum and set, in any order: the questionnaire number of each. Call it for the strata in
   * their order.
   */
  readonly assign: (
    group: Group,
    set: CountedSet,
    contacts: readonly { readonly entry: Uint8Array }[],
  ) => readonly number[];
  /** For this number of slips, which no roll lists. */
  readonly slips: (group: Group, count: number) => readonly number[];
}

/**
 * Within a stratum and set, contacts are ordered by SHA-256(seed ‖ "ballot" ‖ entry id), and get the arms in turn, by their
 * shares. The turn continues from one stratum of the group and set to the next. So over all strata, equal arms differ by at most
 * one.
 */
export function createBallot(seed: Uint8Array, questionnaires: readonly Arm[]): Ballot {
  const arms = new Map<Group, readonly number[]>();
  const turnOf = (group: Group): readonly number[] => {
    let own = arms.get(group);
    if (!own) arms.set(group, (own = turnsOf(armsOf(questionnaires, group))));
    return own;
  };
  const turns = new Map<string, number>();
  return {
    assign(group, set, contacts) {
      const own = turnOf(group);
      if (own.length < 2) return contacts.map(() => own[0]!);
      const order = contacts
        .map(({ entry }, at) => ({ at, rank: sha256(seed, 'ballot', entry) }))
        .sort((a, b) => compareBytes(a.rank, b.rank));
      const key = `${group} ${set}`;
      const turn = turns.get(key) ?? 0;
      turns.set(key, turn + contacts.length);
      const given = new Array<number>(contacts.length);
      for (const [i, { at }] of order.entries()) given[at] = own[(turn + i) % own.length]!;
      return given;
    },
    slips(group, count) {
      const own = turnOf(group);
      return Array.from({ length: count }, (_, i) => own[i % own.length]!);
    },
  };
}
