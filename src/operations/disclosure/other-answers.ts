/**
 * Proof of a second value. The auditor finds counts that give all that its equations say; here they are given to people, whose sheets are changed or who answered elsewhere,
 * the sheets are counted, and the county is published again. Only if every number comes out as it was shown, with its standard errors, intervals, and means of respondents' own
 * means, is it another way in which people can have answered.
 */
import {
  BLANK,
  DONT_KNOW,
  NOT_ASKED,
  type CompiledQuestionnaire,
} from '../../domain/questionnaire/compiled.ts';
import { compareArms, type BallotArm, type BallotComparison } from '../../domain/scoring/ballot/compare.ts';
import { createValidityTest } from '../../domain/scoring/rules/valid.ts';
import { computeSummary, type Summary, type SummaryInput } from '../../domain/scoring/summary/summary.ts';
import type { Shown } from '../../domain/scoring/suppression/cells.ts';
import { roundFigures } from '../../domain/scoring/suppression/round-figures.ts';
import { decodeTally, encodeTally } from '../../domain/scoring/tally/tally-bytes.ts';
import {
  createTally,
  foldAnswers,
  type Tally,
  type TallyCell,
  type TallyKey,
} from '../../domain/scoring/tally/tally.ts';
import { differingNumbers } from './differing-numbers.ts';
import { exchangedPeople } from './exchanges.ts';
import {
  isAsked,
  isAskedRightly,
  isTicked,
  saidOf,
  standingSheets,
  type Item,
  type Person,
  type Sheet,
  type World,
} from './people.ts';
import { createSquares, type Shifts, type Squares } from './squares.ts';

export type { Sheet, World } from './people.ts';

/** Kinds of counts that sheets tell by place. */
const byPlace: ReadonlySet<string> = new Set(['x', 'n', 't', 'd', 'u', 'again']);
/** Those by channel, set and first answers. What is shown of them are counts and figures alone, and the equations say them. */
const pooled: ReadonlySet<string> = new Set(['a', 'g', 'z', 't']);

interface Atom {
  readonly reportingStratum: number;
  readonly samplingStratum: number;
  people: number;
  /** By item and option, or `:dk`, `:blank`, `:none`. */
  readonly answers: Map<string, Map<string, number>>;
}

interface ShownBallot {
  readonly comparison: BallotComparison;
  readonly questionnaires: readonly BallotArm[];
}

/** Whether a county with these answers shows the same. `sheets`: of all who count, valid ones. */
export function createPublisher(
  input: SummaryInput,
  shown: Summary,
  sheets: readonly Sheet[],
  ballot?: ShownBallot,
): (world: World) => boolean {
  const differences = createComparison(input, shown, sheets, ballot);
  return (world) => {
    const isPooled = [...world.keys()].every((name) => pooled.has(name.split(' ')[0]!));
    return isPooled || differences(world)?.length === 0;
  };
}

/** Which shown numbers would be others; null: nobody was found to answer so. */
export function createComparison(
  input: SummaryInput,
  shown: Summary,
  sheets: readonly Sheet[],
  ballot?: ShownBallot,
): (world: World) => readonly string[] | null {
  const rule = input.disclosureRule ?? 1;
  const publish = (own: SummaryInput) => ({
    summary: roundFigures(computeSummary(own) as Shown, rule),
    ballot: ballot && compareArms(own, ballot.questionnaires, shown),
  });
  const published = { summary: shown, ballot: ballot?.comparison };
  // What suppression says in other words, as the verdict.
  const before = new Set(differingNumbers(published, publish(input)));
  const standing = standingSheets(input, sheets);
  const squares = createSquares(input, standing);
  return (world) => {
    const given = exchangedPeople(world);
    const choices = given
      ? [given]
      : Array.from({ length: WAYS }, (_, seed) => changePeople(input, standing, world, seed, squares));
    const ways = choices
      .flatMap((people) => (people ? [{ people, size: sizeOf(squares, people) }] : []))
      .sort((a, b) => a.size - b.size)
      .slice(0, TRIED);
    let least: readonly string[] | null = null;
    for (const { people } of ways) {
      const other = countAgain(input, world, people);
      if (other === null) continue;
      const found = differingNumbers(published, publish(other)).filter((path) => !before.has(path));
      if (least === null || found.length < least.length) least = found;
      if (found.length === 0) break;
    }
    return least;
  };
}

/** Who changes an answer is anybody who gave it: so many choices are looked at, and those that change sums of squares least are published. */
const WAYS = 60;
const TRIED = 4;

/** Those who answer otherwise, or elsewhere; null: nobody was found to. `seed`: which of those who may. */
function changePeople(
  input: SummaryInput,
  sheets: readonly Sheet[],
  world: World,
  seed: number,
  squares: Squares,
): readonly Person[] | null {
  const atoms = atomsOf(world);
  if (atoms === null) return null;
  const people = new Map<string, Person[]>();
  for (const sheet of sheets) {
    const key = `${sheet.reportingStratum} ${sheet.samplingStratum}`;
    if (!atoms.has(key)) continue;
    const { answers, reportingStratum } = sheet;
    // A copy, which `slice` of a Buffer is not.
    const person = { was: sheet, reportingStratum, answers: Uint8Array.from(answers) };
    const own = people.get(key);
    if (own) own.push(person);
    else people.set(key, [person]);
  }
  const questionnaires = input.questionnaires;
  const wanted = wantedOf(atoms, people, questionnaires);
  if (!movePeople(atoms, people, wanted, questionnaires)) return null;
  const shifts: Shifts = new Map();
  for (const person of [...people.values()].flat())
    if (person.reportingStratum !== person.was.reportingStratum) squares.add(shifts, person, 1);
  const chooser = createChooser(squares, shifts);
  for (const key of atoms.keys()) {
    const own = people.get(key) ?? [];
    const q = own[0] && questionnaires.get(own[0].was.questionnaire);
    if (q && !changeAnswers(shuffled(own, seed), q, wanted.get(key)!, chooser)) return null;
  }
  const changed = [...people.values()]
    .flat()
    .filter(
      (own) => own.reportingStratum !== own.was.reportingStratum || isOther(own.answers, own.was.answers),
    );
  const isPossible = changed.every(({ was, answers }) => {
    const q = questionnaires.get(was.questionnaire)!;
    return isAskedRightly(q, answers) && createValidityTest(input.profile.valid, q)(answers);
  });
  return isPossible ? changed : null;
}

function sizeOf(squares: Squares, people: readonly Person[]): number {
  const shifts: Shifts = new Map();
  for (const person of people) squares.add(shifts, person, 1);
  return squares.size(shifts);
}

/** Who of some gives another answer. */
type Choose = (people: readonly Person[], change: (person: Person) => void) => boolean;

/** Whoever comes first; after that whoever keeps sums of squares best, with what is changed already. */
function createChooser(squares: Squares, shifts: Shifts): Choose {
  let isFirst = true;
  const make = (to: Shifts, person: Person, change: (person: Person) => void) => {
    squares.add(to, person, -1);
    change(person);
    squares.add(to, person, 1);
  };
  return (people, change) => {
    const [first] = people;
    if (!first) return false;
    let chosen = first;
    if (!isFirst) {
      let least = Infinity;
      for (const person of people) {
        const own = new Map(shifts);
        make(own, { ...person, answers: Uint8Array.from(person.answers) }, change);
        const size = squares.size(own);
        if (size < least) [chosen, least] = [person, size];
      }
    }
    isFirst = false;
    make(shifts, chosen, change);
    return true;
  };
}

/** The same for the same seed; as it is for 0. */
function shuffled<T>(list: readonly T[], seed: number): readonly T[] {
  if (seed === 0) return list;
  const own = [...list];
  let state = seed;
  for (let i = own.length - 1; i > 0; i--) {
    // Park and Miller, Communications of the ACM 31 (1988) 1192.
    state = (state * 48_271) % 2_147_483_647;
    const j = state % (i + 1);
    [own[i], own[j]] = [own[j]!, own[i]!];
  }
  return own;
}

/** The county as it would be counted; null: fewer than none. */
function countAgain(input: SummaryInput, world: World, changed: readonly Person[]): SummaryInput | null {
  const cells = recount(input, input.cells, changed);
  const reanswers = reanswersOf(input, world, changed);
  if (cells === null || reanswers === null) return null;
  // Who answered once gave the same answers first; where that cannot be, first answers stay what they were.
  return {
    ...input,
    cells,
    firstCells: recount(input, input.firstCells, changed) ?? input.firstCells,
    reanswers,
  };
}

/** null: something differs that no sheet of the main arm tells. */
function atomsOf(world: World): Map<string, Atom> | null {
  const atoms = new Map<string, Atom>();
  for (const [name, difference] of world) {
    if (difference === 0) continue;
    if (/[@^]\d+$/.test(name) || !byPlace.has(name.split(' ')[0]!)) return null;
    const [kind, reporting, sampling, item, what] = name.split(' ') as [
      string,
      string,
      string,
      string,
      string,
    ];
    // Numbers of people by channel and set follow from theirs.
    if (kind !== 'x' && kind !== 'n') continue;
    const key = `${reporting} ${sampling}`;
    let atom = atoms.get(key);
    if (!atom)
      atoms.set(
        key,
        (atom = {
          reportingStratum: Number(reporting),
          samplingStratum: Number(sampling),
          people: 0,
          answers: new Map(),
        }),
      );
    if (kind === 'n') atom.people = difference;
    else {
      const own = atom.answers.get(item) ?? new Map<string, number>();
      atom.answers.set(item, own.set(what, difference));
    }
  }
  return atoms;
}

/** How often each option is to be chosen, by atom and item. */
type Wanted = Map<string, Map<string, Map<string, number>>>;

function wantedOf(
  atoms: ReadonlyMap<string, Atom>,
  people: ReadonlyMap<string, readonly Person[]>,
  questionnaires: ReadonlyMap<number, CompiledQuestionnaire>,
): Wanted {
  const wanted: Wanted = new Map();
  for (const [key, atom] of atoms) {
    const items = new Map<string, Map<string, number>>();
    for (const { was, answers } of people.get(key) ?? [])
      for (const item of questionnaires.get(was.questionnaire)!.items)
        for (const said of saidOf(item, answers)) {
          const counts = items.get(item.id) ?? new Map<string, number>();
          items.set(item.id, counts.set(said, (counts.get(said) ?? 0) + 1));
        }
    for (const [item, differences] of atom.answers) {
      const counts = items.get(item) ?? new Map<string, number>();
      for (const [what, difference] of differences) counts.set(what, (counts.get(what) ?? 0) + difference);
      items.set(item, counts);
    }
    wanted.set(key, items);
  }
  return wanted;
}

/** People answer at another place of the same sampling stratum: of each place those whom its counts can spare best. */
function movePeople(
  atoms: ReadonlyMap<string, Atom>,
  people: Map<string, Person[]>,
  wanted: Wanted,
  questionnaires: ReadonlyMap<number, CompiledQuestionnaire>,
): boolean {
  const moving = new Map<number, Person[]>();
  for (const [key, atom] of atoms)
    for (let i = 0; i < -atom.people; i++) {
      const own = people.get(key);
      if (!own?.length) return false;
      const kept = (person: Person) => {
        let spared = 0;
        for (const item of questionnaires.get(person.was.questionnaire)!.items)
          for (const said of saidOf(item, person.answers))
            if ((wanted.get(key)!.get(item.id)?.get(said) ?? 0) > 0) spared++;
        return spared;
      };
      const [first] = own.toSorted((a, b) => kept(a) - kept(b));
      own.splice(own.indexOf(first!), 1);
      moving.set(atom.samplingStratum, [...(moving.get(atom.samplingStratum) ?? []), first!]);
    }
  for (const [key, { people: more, reportingStratum, samplingStratum }] of atoms)
    for (let i = 0; i < more; i++) {
      const person = moving.get(samplingStratum)?.pop();
      if (!person) return false;
      people.set(key, [...(people.get(key) ?? []), { ...person, reportingStratum }]);
    }
  return [...moving.values()].every((left) => left.length === 0);
}

/** Item by item, of an option that too many chose to one that too few did. */
function changeAnswers(
  people: readonly Person[],
  q: CompiledQuestionnaire,
  wanted: ReadonlyMap<string, ReadonlyMap<string, number>>,
  choose: Choose,
): boolean {
  for (const item of q.items) {
    if (item.type === 'number') continue;
    const left = new Map(wanted.get(item.id));
    for (const { answers } of people)
      for (const said of saidOf(item, answers)) left.set(said, (left.get(said) ?? 0) - 1);
    if (item.type === 'multiple') {
      if (!tick(people, item, left)) return false;
      continue;
    }
    const codeOf = (what: string) =>
      what === ':none'
        ? NOT_ASKED
        : what === ':blank'
          ? BLANK
          : what === ':dk'
            ? DONT_KNOW
            : item.optionIds.indexOf(what) + 1;
    const list = (sign: number) =>
      [...left].flatMap(([what, n]) => Array.from<string>({ length: Math.max(0, sign * n) }).fill(what));
    const [tooFew, tooMany] = [list(1), list(-1)];
    if (tooFew.length !== tooMany.length) return false;
    for (const [i, what] of tooMany.entries()) {
      const [from, to] = [codeOf(what), codeOf(tooFew[i]!)];
      const able = people
        .filter(({ answers }) => answers[item.offset] === from)
        .filter(({ answers }) => item.showIf === null || isAsked(q, item, answers) === (to !== NOT_ASKED));
      const isChosen = choose(able, ({ answers }) => {
        answers[item.offset] = to;
      });
      if (!isChosen) return false;
    }
  }
  return true;
}

/** Ticks of an item that takes several; who ticked nothing stays so. */
function tick(people: readonly Person[], item: Item, left: ReadonlyMap<string, number>): boolean {
  for (const what of [':none', ':blank']) if ((left.get(what) ?? 0) !== 0) return false;
  for (const [what, more] of left) {
    const option = item.optionIds.indexOf(what);
    for (let i = 0; i < Math.abs(more); i++) {
      const chosen = people.find(({ answers }) => {
        const ticked = item.optionIds.filter((_, own) => isTicked(item, answers, own)).length;
        if (more > 0) return ticked > 0 && !isTicked(item, answers, option);
        return ticked > 1 && isTicked(item, answers, option);
      });
      if (!chosen) return false;
      chosen.answers[item.offset + ((option + 1) >> 3)]! ^= 1 << ((option + 1) & 7);
    }
  }
  return true;
}

function isOther(one: Uint8Array, other: Uint8Array): boolean {
  return one.some((byte, i) => byte !== other[i]);
}

/** null: they did not answer so before. */
function recount(
  input: SummaryInput,
  cells: readonly TallyCell[],
  changed: readonly Person[],
): readonly TallyCell[] | null {
  const own = new Map(cells.map((cell) => [keyOf(cell), { cell, tally: null as Tally | null }]));
  const fold = (key: TallyKey, answers: Uint8Array, sign: 1 | -1) => {
    const q = input.questionnaires.get(key.questionnaire)!;
    let entry = own.get(keyOf(key));
    if (!entry) own.set(keyOf(key), (entry = { cell: { ...key, bytes: answers }, tally: createTally(q) }));
    entry.tally ??= decodeTally(q, entry.cell.bytes);
    foldAnswers(entry.tally, q, answers, sign);
  };
  for (const { was, answers, reportingStratum } of changed) {
    const { answers: before, questionnaire, samplingStratum, channel, set } = was;
    const key = { questionnaire, samplingStratum, channel, set, valid: true };
    fold({ ...key, reportingStratum: was.reportingStratum }, before, -1);
    fold({ ...key, reportingStratum }, answers, 1);
  }
  const counted: TallyCell[] = [];
  for (const { cell, tally } of own.values()) {
    if (tally && !isCount(tally)) return null;
    if (tally === null) counted.push(cell);
    else if (tally.n > 0) counted.push({ ...cell, bytes: encodeTally(tally) });
  }
  return counted;
}

/** Nobody was taken away who was not there, as far as sums tell. */
function isCount({ slots, groups }: Tally): boolean {
  return (
    slots.every((n) => n >= 0) &&
    [...groups.values()].every((sums) => sums.every((sum) => sum >= 0 && (sum === 0 || sums[0]! > 0)))
  );
}

function keyOf({ questionnaire, reportingStratum, samplingStratum, channel, set, valid }: TallyKey): string {
  return [questionnaire, reportingStratum, samplingStratum, channel, set, valid].join(' ');
}

/** Who answered, and who did so again, by place; null: more than answered. */
function reanswersOf(
  { reanswers }: SummaryInput,
  world: World,
  changed: readonly Person[],
): SummaryInput['reanswers'] | null {
  const moved = new Map<number, number>();
  for (const { was, reportingStratum } of changed) {
    moved.set(was.reportingStratum, (moved.get(was.reportingStratum) ?? 0) - 1);
    moved.set(reportingStratum, (moved.get(reportingStratum) ?? 0) + 1);
  }
  const other = reanswers.map((row) => ({
    reportingStratum: row.reportingStratum,
    responses: row.responses + (moved.get(row.reportingStratum) ?? 0),
    reanswered: row.reanswered + (world.get(`again ${row.reportingStratum}`) ?? 0),
  }));
  return other.every(({ responses, reanswered }) => reanswered >= 0 && reanswered <= responses)
    ? other
    : null;
}
