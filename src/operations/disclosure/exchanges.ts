/**
 * Ways in which people can have answered that leave sums and sums of squares as they are: within one sampling stratum two give each other's answers, one answers at the other's
 * school, or each exchanges their own answers to two items. Whatever is shown of the whole is then the same to the last digit, and so is what is shown of a place that keeps
 * its people's sums. Whether it is shown alike is for others to say (other-answers.ts).
 */
import { groupBy } from '../../domain/group-by.ts';
import {
  DONT_KNOW,
  NUMBER_BLANK,
  NUMBER_NOT_ASKED,
  type CompiledQuestionnaire,
} from '../../domain/questionnaire/compiled.ts';
import type { SummaryInput } from '../../domain/scoring/summary/summary.ts';
import { isAskedRightly, saidOf, standingSheets, type Person, type Sheet, type World } from './people.ts';

/** Of one count: so many pairs of people are looked at for each other place, and so many in all. */
const PAIRS = 12;
const MOST = 600;

const peopleBehind = new WeakMap<World, readonly Person[]>();

/** Who answers otherwise in a way that `createExchanges` gave; undefined: it is none of those. */
export function exchangedPeople(world: World): readonly Person[] | undefined {
  return peopleBehind.get(world);
}

type Exchanges = (names: readonly string[]) => Iterable<World>;

/** `names`: of the counts that are to be others, by the auditor's names. Those of one place are looked for. */
export function createExchanges(input: SummaryInput, sheets: readonly Sheet[]): Exchanges {
  const standing = standingSheets(input, sheets);
  const byStratum = groupBy(standing, ({ samplingStratum }) => samplingStratum);
  return function* (names) {
    const asked = names.map((name) => name.split(' '));
    if (names.some((name) => /[@^]\d+$/.test(name))) return;
    const place = Number(asked[0]?.[1]);
    const kinds = new Set(asked.map(([kind]) => kind));
    if (kinds.size !== 1 || asked.some(([, at]) => Number(at) !== place)) return;
    const [, , , item, what] = asked[0]!;
    let left = MOST;
    for (const own of byStratum.values()) {
      const here = own.filter(({ reportingStratum }) => reportingStratum === place);
      if (here.length === 0) continue;
      const there = groupBy(
        own.filter(({ reportingStratum }) => reportingStratum !== place),
        ({ reportingStratum }) => reportingStratum,
      );
      const ways = kinds.has('n')
        ? movesOf(here, there)
        : kinds.has('x')
          ? swapsOf(input, here, there, item!, what!)
          : [];
      for (const people of ways) {
        if (left-- === 0) return;
        const world = worldOf(input, people);
        peopleBehind.set(world, people);
        yield world;
      }
    }
  };
}

type Places = ReadonlyMap<number, readonly Sheet[]>;

/** Somebody answered at another place, either way. */
function* movesOf(here: readonly Sheet[], there: Places): Generator<readonly Person[]> {
  for (const [place, others] of there) {
    const some = [
      ...here.slice(0, PAIRS).map((sheet) => ({ sheet, to: place })),
      ...others.slice(0, PAIRS).map((sheet) => ({ sheet, to: here[0]!.reportingStratum })),
    ];
    for (const { sheet, to } of some) yield [{ ...personOf(sheet), reportingStratum: to }];
  }
}

/** Whose answer is this one, and whose is another: two people of two places, or one here who answered two items otherwise and one there the other way round. */
function* swapsOf(
  { questionnaires }: SummaryInput,
  here: readonly Sheet[],
  there: Places,
  id: string,
  what: string,
): Generator<readonly Person[]> {
  const isIt = (sheet: Sheet) => {
    const q = questionnaires.get(sheet.questionnaire)!;
    const item = q.items.find((own) => own.id === id);
    return item !== undefined && saidOf(item, sheet.answers).includes(what);
  };
  const [yes, no] = [here.filter(isIt), here.filter((sheet) => !isIt(sheet))];
  for (const others of there.values()) {
    const [theirs, notTheirs] = [others.filter(isIt), others.filter((sheet) => !isIt(sheet))];
    let left = PAIRS;
    for (const [ours, given] of [
      [yes, notTheirs],
      [no, theirs],
    ] as const)
      for (const one of ours)
        for (const other of given)
          if (left > 0 && isLike(questionnaires.get(one.questionnaire)!, one, other)) {
            left--;
            yield [
              { ...personOf(one), answers: Uint8Array.from(other.answers) },
              { ...personOf(other), answers: Uint8Array.from(one.answers) },
            ];
          }
  }
  for (const one of here) {
    const q = questionnaires.get(one.questionnaire)!;
    const at = q.items.findIndex((own) => own.id === id);
    const item = q.items[at];
    if (item?.type !== 'rating' || !isOpinion(one.answers[item.offset]!)) continue;
    for (const second of q.items) {
      if (second === item || second.type !== 'rating' || second.optionIds.join() !== item.optionIds.join())
        continue;
      const [a, b] = [one.answers[item.offset]!, one.answers[second.offset]!];
      const whatIs = item.optionIds.indexOf(what) + 1;
      if (a === b || !isOpinion(b) || (a !== whatIs && b !== whatIs)) continue;
      const exchanged = exchange(one, item.offset, second.offset);
      if (!isAskedRightly(q, exchanged.answers)) continue;
      // Where nothing is shown of either item by itself.
      yield [exchanged];
      for (const others of there.values()) {
        const back = others.find(
          (other) =>
            other.questionnaire === one.questionnaire &&
            isSameWay(one, other) &&
            other.answers[item.offset] === b &&
            other.answers[second.offset] === a &&
            isAskedRightly(q, exchange(other, item.offset, second.offset).answers),
        );
        if (back) yield [exchanged, exchange(back, item.offset, second.offset)];
      }
    }
  }
}

function exchange(sheet: Sheet, one: number, other: number): Person {
  const answers = Uint8Array.from(sheet.answers);
  [answers[one], answers[other]] = [answers[other]!, answers[one]!];
  return { ...personOf(sheet), answers };
}

function personOf(was: Sheet): Person {
  return {
    was,
    reportingStratum: was.reportingStratum,
    // A copy, which `slice` of a Buffer is not.
    answers: Uint8Array.from(was.answers),
  };
}

const isOpinion = (code: number) => code > 0 && code < DONT_KNOW;

/** What is shown by channel and set stays, too. */
function isSameWay(one: Sheet, other: Sheet): boolean {
  return one.channel === other.channel && one.set === other.set;
}

/** Who left what blank, or answered 不了解, is taken to be known. */
function isLike(q: CompiledQuestionnaire, one: Sheet, other: Sheet): boolean {
  if (one.questionnaire !== other.questionnaire || !isSameWay(one, other)) return false;
  const isKnown = (said: readonly string[]) => [':dk', ':blank'].some((what) => said.includes(what));
  return q.items.every((item) => {
    const [a, b] = [one, other].map(({ answers }) => saidOf(item, answers));
    return (!isKnown(a!) && !isKnown(b!)) || a!.join() === b!.join();
  });
}

/** By how much counts are others then. */
function worldOf({ questionnaires }: SummaryInput, people: readonly Person[]): World {
  const world = new Map<string, number>();
  const add = (name: string, by: number) => {
    const sum = (world.get(name) ?? 0) + by;
    if (sum === 0) world.delete(name);
    else world.set(name, sum);
  };
  const count = (
    { questionnaire, samplingStratum, set }: Sheet,
    place: number,
    answers: Uint8Array,
    sign: 1 | -1,
  ) => {
    const at = `${place} ${samplingStratum}`;
    add(`n ${at}`, sign);
    add(`t ${place} ${set} counted valid`, sign);
    for (const item of questionnaires.get(questionnaire)!.items) {
      for (const said of saidOf(item, answers)) add(`x ${at} ${item.id} ${said}`, sign);
      if (item.type !== 'number') continue;
      const value = numberIn(answers, item.offset);
      if (value === NUMBER_NOT_ASKED || value === NUMBER_BLANK)
        add(`x ${at} ${item.id} ${value === NUMBER_BLANK ? ':blank' : ':none'}`, sign);
      else {
        add(`x ${at} ${item.id} :n`, sign);
        add(`x ${at} ${item.id} :sum`, sign * value);
      }
    }
  };
  for (const { was, reportingStratum, answers } of people) {
    count(was, was.reportingStratum, was.answers, -1);
    count(was, reportingStratum, answers, 1);
  }
  return world;
}

function numberIn(answers: Uint8Array, offset: number): number {
  return new DataView(answers.buffer, answers.byteOffset).getUint32(offset);
}
