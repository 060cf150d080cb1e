/**
 * The disclosure auditor: takes what was shown of one county and tries to compute what was suppressed, as an outsider
 * would. It shares no code with the suppressor, and reads the rule profile and the questionnaires independently.
 */
import type { Group } from '../../domain/model/vocabulary.ts';
import { tiedItems } from './asking.ts';
import { addBallot, ballotCells } from './ballot.ts';
import type { BoundsOptions, Target } from './bounds.ts';
import type { AuditCase, AuditReport, Disclosure, Truth } from './case.ts';
import { suppressedCells, type Cell } from './cells.ts';
import { Writer } from './figures.ts';
import { addGrowth } from './growth.ts';
import { attack, structuralZeros, type Found } from './linear.ts';
import { Model } from './model.ts';
import { findSecondValues, narrowCounts } from './narrowing.ts';
import { addPrior } from './prior.ts';
import { toNumber, zero, type Rational } from './rational.ts';
import { addShown } from './shown.ts';
import type { Neighbourhood } from './second-value.ts';
import { System, type Terms } from './system.ts';
import { trueValues } from './truth.ts';
import { weightClassCells } from './weight-classes.ts';

export interface AuditOptions extends BoundsOptions {
  /** One for each publication. */
  readonly truth?: readonly Truth[];
  /**
   * Number of counts whose bounds are computed: those without a second value first, then in turn from all cells. 0:
   * none.
   */
  readonly targets: number;
  /**
   * With the truth: search a second value of every protected count, and run integer programs only for counts without
   * one.
   */
  readonly second?: boolean;
  /**
   * For this number of second values, in turn from all cells, look for answers of individual people that produce
   * them.
   */
  readonly published?: number;
  /** Does a county whose counts differ from the true ones by this much show the same? */
  readonly isShownAlike?: Neighbourhood['isShownAlike'];
  /** Proposes ways for people to exchange answers so that these counts change. */
  readonly exchanges?: Neighbourhood['exchanges'];
  /**
   * Bounds for the answers of few people with another weight, instead of those for suppressed cells. No rule promises
   * an interval width for them (scoring/suppression/README.md, "What is not guaranteed").
   */
  readonly weights?: boolean;
  /** For this number of solved cells, report the shown numbers that determine them. */
  readonly traced?: number;
}

export const defaultOptions: AuditOptions = { targets: 60, width: 3, integers: 12, nodes: 200, seconds: 20 };

/** For an installation. `usual`: for every release. `full`: may take an hour. */
export const efforts = {
  usual: { targets: 100, second: true, published: 12, width: 3, integers: 6, nodes: 200, seconds: 6 },
  full: {
    targets: Infinity,
    second: true,
    published: Infinity,
    width: 6,
    integers: Infinity,
    nodes: 1000,
    seconds: 60,
  },
} as const satisfies Record<string, AuditOptions>;
export type Effort = keyof typeof efforts;

/** Linear algebra only. */
export const withoutBounds: AuditOptions = { ...defaultOptions, targets: 0 };

export async function auditDisclosure(
  audited: AuditCase,
  options: AuditOptions = defaultOptions,
): Promise<AuditReport> {
  const system = new System();
  const known = options.truth ? new Map<string, Rational>() : null;
  const models = audited.publications.map((shown, i) => new Model(system, shown, i, audited.relation));
  models.forEach((model, i) => {
    const truth = options.truth?.[i];
    if (known && truth)
      for (const own of [model, ...model.otherArms])
        for (const [name, value] of trueValues(own, truth)) known.set(name, value);
  });
  const growth = audited.relation === 'grown' ? addGrowth(models, known) : [];
  const writers = models.map((model) => {
    addPrior(model, known);
    const writer = new Writer(model, known);
    addShown(writer);
    return writer;
  });
  const ballots = writers.map((writer) => addBallot(writer, known));
  const cells = [
    ...writers.flatMap(suppressedCells),
    ...writers.flatMap(weightClassCells),
    ...ballots.flatMap(ballotCells),
    ...growth.map((make) => make(writers[0]!)),
  ];
  const zeros = structuralZeros(system);
  const guarded = cells.filter((cell) => cell.isProtected);
  const others = cells.filter((cell) => !cell.isProtected && cell.isSuppressed);
  const evaluate = (terms: Terms | null) => {
    const value = terms && writers[0]!.evaluate(terms);
    return value === null ? null : toNumber(value);
  };
  const describe = ({ cell, of, values, through }: Found): Disclosure => ({
    by: 'linear',
    of,
    cell: cell.name,
    values,
    through,
    population: evaluate(cell.people),
  });
  const solved = attack(system, guarded, zeros, known !== null, options.traced)
    .filter(({ cell, of }) => cell.hasOpinions !== false || of === 'respondents')
    .map(describe);
  const unprotected = solved.length > 0 ? attack(system, others, zeros, known !== null).map(describe) : [];
  const counted = guarded.filter((cell) => (cell.isWeightClass === true) === (options.weights === true));
  const { targets: all, structural } = listTargets(counted, zeros);
  const near =
    known !== null && options.second === true
      ? {
          truth: system.names.map((name) => toNumber(known.get(name) ?? zero)),
          groupOf: new Map(
            models.flatMap(({ shown }) => shown.reportingStrata.map((r) => [r.no, r.group] as const)),
          ),
          tiedTo: (group: string, item: string) => {
            const q = models.map((model) => model.questionnaire(group as Group)).find((own) => own);
            return q ? tiedItems(q, item) : [];
          },
          isShownAlike: options.isShownAlike,
          exchanges: options.exchanges,
        }
      : null;
  const sought = near
    ? await findSecondValues(system, all, near, options.published ?? 0, options.progress)
    : null;
  const asked = sought?.targets ?? all;
  const second = sought && countSecond(sought, (target) => evaluate(target.terms));
  const targets = [
    ...asked.filter((target) => near && target.second === null),
    ...asked.filter((target) => !near || target.second !== null),
  ].slice(0, options.targets);
  const { bounded, reach } = await narrowCounts(system, targets, options, options.traced ?? 0);
  let narrowest: AuditReport['narrowest'] = null;
  let absent = 0;
  const none = new Map<string, string[]>();
  for (const { cell, count, low, high, second: other, terms, isPeople, isKnown, through } of bounded) {
    const truth = evaluate(terms);
    for (const value of [truth, other])
      if (value !== null && (value < low || value > high))
        throw new Error(`disclosure audit: ${cell} ${count} can be ${value}, not within ${low}–${high}`);
    if (isKnown) continue;
    // That nobody chose an option does not reveal what anybody chose.
    if (!isPeople && high === 0) {
      absent++;
      none.set(cell, [...(none.get(cell) ?? []), count]);
    }
    if (!isPeople && (truth ?? high) === 0) continue;
    if (narrowest === null || high - low < narrowest.high - narrowest.low)
      narrowest = { cell, count, low, high };
    if (high === low)
      solved.push({
        by: 'bounds',
        of: isPeople ? 'respondents' : 'answers',
        cell,
        values: [{ what: count, value: low }],
        through,
        population: evaluate(guarded.find((own) => own.name === cell)?.people ?? null),
      });
  }
  for (const cell of guarded) {
    const only = onlyOption(cell, zeros, new Set(none.get(cell.name)));
    if (!only) continue;
    const values = only.others.map((what) => ({ what, value: 0 }));
    const population = evaluate(cell.people);
    solved.push({ by: 'bounds', of: 'answers', cell: cell.name, values, through: [], population });
  }
  return {
    unknowns: system.names.length,
    equations: system.equations.length,
    cells: guarded.length,
    solved,
    unprotected,
    structuralZeros: structural,
    counts: all.length,
    bounded: bounded.length,
    knownBefore: bounded.filter(({ isKnown }) => isKnown).length,
    absent,
    reach,
    second,
    narrowest,
    mismatches: [...writers, ...ballots.flatMap((ballot) => ballot.writers)].flatMap(
      (writer) => writer.mismatches,
    ),
  };
}

/**
 * If only one option of an item can have been chosen, everybody in the cell chose it, whatever their number. Not if
 * this was known beforehand.
 */
function onlyOption(
  cell: Cell,
  zeros: ReadonlySet<number>,
  absent: ReadonlySet<string>,
): { readonly others: readonly string[] } | null {
  const byItem = new Map<string, Cell['counts'][number][]>();
  for (const count of cell.counts) {
    if (count.name === 'respondents' || count.name === 'answered again') continue;
    const item = count.name.includes(' ') ? count.name.slice(0, count.name.indexOf(' ')) : '';
    byItem.set(item, [...(byItem.get(item) ?? []), count]);
  }
  for (const options of byItem.values()) {
    const left = options.filter(
      ({ name, terms }) => !absent.has(name) && [...terms.keys()].some((column) => !zeros.has(column)),
    );
    const others = options.flatMap(({ name }) => (absent.has(name) ? [name] : []));
    if (left.length === 1 && others.length > 0) return { others };
  }
  return null;
}

/** Takes counts from each cell in turn, so that a cell with many counts does not displace others. */
function listTargets(
  cells: readonly Cell[],
  zeros: ReadonlySet<number>,
): { readonly targets: readonly Target[]; readonly structural: number } {
  let structural = 0;
  const lists = cells.map((cell) =>
    cell.counts.flatMap(({ name, terms }): Target[] => {
      if ([...terms.keys()].every((column) => zeros.has(column))) {
        structural++;
        return [];
      }
      return [{ cell: cell.name, count: name, terms, second: null }];
    }),
  );
  const targets: Target[] = [];
  for (let i = 0; lists.some((list) => i < list.length); i++)
    for (const list of lists) if (i < list.length) targets.push(list[i]!);
  return { targets, structural };
}

function countSecond(
  { targets, tried, alike }: Awaited<ReturnType<typeof findSecondValues>>,
  valueOf: (target: Target) => number | null,
): NonNullable<AuditReport['second']> {
  const none = targets.filter(({ second }) => second === null);
  const noneOfNobody = none.filter((target) => valueOf(target) === 0).length;
  return {
    found: targets.length - none.length,
    none: none.length - noneOfNobody,
    ...{ noneOfNobody, tried, alike },
  };
}
