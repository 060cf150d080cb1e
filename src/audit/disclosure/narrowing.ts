/**
 * Compares the bounds from all equations with those from prior knowledge, to find what the shown numbers narrow.
 * Numbers of people are bounded without the assumption that somebody knows who left which item blank, because that
 * person would know them anyway.
 */
import {
  boundCounts,
  type Bounded,
  type BoundsOptions,
  type BoundsReach,
  type BoundsStep,
  type Target,
} from './bounds.ts';
import { loadHighs } from './highs.ts';
import { SecondValues, type Neighbourhood } from './second-value.ts';
import type { Equation, System } from './system.ts';

export interface Narrowed extends Bounded {
  readonly isPeople: boolean;
  /** Nothing that is shown narrows it. */
  readonly isKnown: boolean;
  /** A minimal set of shown numbers that fixes it. Empty if not requested. */
  readonly through: readonly string[];
}

/**
 * Searches a second value for each count. For the first `published` of those found, also tries whether answers of
 * individual people exist that leave everything shown unchanged, including what no equation describes.
 */
export async function findSecondValues(
  { names, signs, equations }: System,
  targets: readonly Target[],
  near: Neighbourhood,
  published: number,
  progress: BoundsOptions['progress'],
): Promise<{ readonly targets: readonly Target[]; readonly tried: number; readonly alike: number }> {
  const highs = await loadHighs();
  const [ofAnswers, ofPeople] = [false, true].map(
    (isPeople) => new SecondValues(highs, { names, signs, equations: givenFor(equations, isPeople) }, near),
  );
  const valuesFor = (target: Target) => (isOfPeople(target) ? ofPeople! : ofAnswers!);
  const found = targets
    .map((target, i) => {
      const second = valuesFor(target).find(target.terms);
      progress?.({ what: 'second', done: i + 1, of: targets.length });
      return { ...target, second };
    })
    .map((target) => ({ ...target, second: target.second ?? valuesFor(target).findAgain(target.terms) }));
  const tried = near.isShownAlike ? found.filter(({ second }) => second !== null).slice(0, published) : [];
  const alike = tried.filter((target, i) => {
    const isAlike = valuesFor(target).isFoundAlike(target.terms);
    progress?.({ what: 'published', done: i + 1, of: tried.length });
    return isAlike;
  });
  return { targets: found, tried: tried.length, alike: alike.length };
}

function givenFor(equations: readonly Equation[], isPeople: boolean): Equation[] {
  return equations.filter(({ isAssumed }) => !isPeople || isAssumed !== true);
}

/** `traced`: the number of fixed counts whose causes are determined. */
export async function narrowCounts(
  system: System,
  targets: readonly Target[],
  options: BoundsOptions,
  traced: number,
): Promise<{ readonly bounded: readonly Narrowed[]; readonly reach: BoundsReach }> {
  const { names, signs, equations } = system;
  const bounded: Narrowed[] = [];
  const { width, seconds, progress } = options;
  let reach: BoundsReach = {
    ...{ width, seconds },
    ...{ linear: 0, inIntegers: 0, stopped: 0, leftOut: 0 },
  };
  const { progress: _, ...silent } = options;
  let left = traced;
  for (const isPeople of [false, true]) {
    const given = givenFor(equations, isPeople);
    const solve = (own: readonly Equation[], asked: readonly Target[], with_: BoundsOptions = silent) =>
      boundCounts({ names, signs, equations: [...own] }, asked, with_);
    const asked = targets.filter((target) => isOfPeople(target) === isPeople);
    const done = bounded.length;
    const tell = ({ what, ...step }: BoundsStep) =>
      progress?.(
        what === 'linear' ? { what, done: done + step.done, of: targets.length } : { what, ...step },
      );
    const found = await solve(given, asked, { ...options, progress: tell });
    reach = addReach(reach, found.reach);
    const prior = given.filter(({ source }) => source === 'prior');
    const narrow = found.bounded.filter(({ low, high }) => high - low < options.width);
    const before = new Map(
      (await solve(prior, narrow)).bounded.map((own, i) => [narrow[i]!, own.high - own.low]),
    );
    for (const own of found.bounded) {
      const width = own.high - own.low;
      const isKnown = width >= (before.get(own) ?? Infinity);
      const isTraced = width === 0 && !isKnown && left-- > 0;
      const through = isTraced ? await minimalEquations(solve, given, own, silent) : [];
      bounded.push({ ...own, isPeople, isKnown, through });
    }
  }
  return { bounded, reach };
}

function addReach(a: BoundsReach, b: BoundsReach): BoundsReach {
  return {
    ...a,
    linear: a.linear + b.linear,
    inIntegers: a.inIntegers + b.inIntegers,
    stopped: a.stopped + b.stopped,
    leftOut: a.leftOut + b.leftOut,
  };
}

/** A minimal set of shown equations that fixes the count. There may be others. */
async function minimalEquations(
  solve: (
    own: readonly Equation[],
    asked: readonly Target[],
    with_: BoundsOptions,
  ) => ReturnType<typeof boundCounts>,
  given: readonly Equation[],
  target: Target,
  options: BoundsOptions,
): Promise<readonly string[]> {
  const prior = given.filter(({ source }) => source === 'prior');
  let integers = 0;
  const isFixed = async (shown: readonly Equation[]) => {
    const { bounded } = await solve([...prior, ...shown], [target], {
      ...options,
      width: Infinity,
      integers,
    });
    return bounded.every(({ low, high }) => low === high);
  };
  let left = given.filter(({ source, value }) => source === 'shown' && value !== null);
  if (!(await isFixed(left))) integers = 1;
  for (let size = Math.ceil(left.length / 2); ; size = Math.ceil(size / 3)) {
    for (let i = 0; i < left.length;) {
      const rest = [...left.slice(0, i), ...left.slice(i + size)];
      if (await isFixed(rest)) left = rest;
      else i += size;
    }
    if (size === 1) return left.map(({ name }) => name);
  }
}

function isOfPeople({ count }: Target): boolean {
  return count === 'respondents' || count === 'answered again';
}
