/**
 * A split ballot: several questionnaires ask one group, each an arm. Who gets which follows from the seed alone, within each stratum and set, so that arms differ
 * by chance only and anybody can repeat it. A group with one questionnaire has one arm, and nothing is hashed.
 */
import { sha256 } from '../hash.ts';
import type { CountedSet, Group } from '../model/vocabulary.ts';
import { compareBytes } from './sample.ts';

interface Arm {
  readonly no: number;
  readonly groups: readonly Group[];
  readonly official?: true | undefined;
}

/** Questionnaires of a group in the order of their numbers. */
export function armsOf<Q extends Arm>(questionnaires: readonly Q[], group: Group): readonly Q[] {
  return questionnaires.filter((q) => q.groups.includes(group)).sort((a, b) => a.no - b.no);
}

/** The one whose answers make the group's figures, and that whoever is not drawn answers: the official arm, else the first. */
export function mainArm<Q extends Arm>(questionnaires: readonly Q[], group: Group): Q | undefined {
  const arms = armsOf(questionnaires, group);
  return arms.find((arm) => arm.official) ?? arms[0];
}

/** Numbers of questionnaires whose answers are no part of a group's figures. */
export function armsApart(questionnaires: readonly Arm[]): ReadonlySet<number> {
  const main = new Set(
    questionnaires.flatMap((q) => q.groups.map((group) => mainArm(questionnaires, group)!.no)),
  );
  return new Set(questionnaires.flatMap(({ no }) => (main.has(no) ? [] : [no])));
}

/** The most arms that a group has. A reporting stratum must hold the minimum cell in each of them. */
export function mostArms(questionnaires: readonly Arm[]): number {
  const groups = new Set(questionnaires.flatMap((q) => q.groups));
  return Math.max(1, ...[...groups].map((group) => armsOf(questionnaires, group).length));
}

export interface Ballot {
  /** Of the contacts of one sampling stratum and set, in any order: the number of each one's questionnaire. Strata come in their order. */
  readonly assign: (
    group: Group,
    set: CountedSet,
    contacts: readonly { readonly entry: Uint8Array }[],
  ) => readonly number[];
  /** Of as many slips, which no roll lists. */
  readonly slips: (group: Group, count: number) => readonly number[];
}

/**
 * Within a stratum and set, contacts are put in the order of SHA-256(seed ‖ "ballot" ‖ entry id) and get the arms in turn. The turn goes on from one stratum of the
 * group and set to the next, so that all over, arms differ by one at most.
 */
export function createBallot(seed: Uint8Array, questionnaires: readonly Arm[]): Ballot {
  const arms = new Map<Group, readonly number[]>();
  const numbersOf = (group: Group): readonly number[] => {
    let own = arms.get(group);
    if (!own) arms.set(group, (own = armsOf(questionnaires, group).map(({ no }) => no)));
    return own;
  };
  const turns = new Map<string, number>();
  return {
    assign(group, set, contacts) {
      const own = numbersOf(group);
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
      const own = numbersOf(group);
      return Array.from({ length: count }, (_, i) => own[i % own.length]!);
    },
  };
}
