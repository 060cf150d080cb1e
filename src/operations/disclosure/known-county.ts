/** What the auditor of disclosure is given of a county: what an outsider may know beside the summary, and, apart, the counts that are to stay hidden. */
import type {
  KnownArm,
  KnownStratum,
  ShownPublication,
  Truth,
  TruthCell,
  TruthFates,
  TruthItem,
} from '../../audit/disclosure/case.ts';
import type { RateRow } from '../../domain/answer/rate-view.ts';
import type { Group } from '../../domain/model/vocabulary.ts';
import type { CompiledQuestionnaire } from '../../domain/questionnaire/compiled.ts';
import type { BallotArm, BallotComparison } from '../../domain/scoring/ballot/compare.ts';
import { answerFlags } from '../../domain/scoring/signals/flags.ts';
import type { Summary, SummaryInput } from '../../domain/scoring/summary/summary.ts';
import { decodeTally } from '../../domain/scoring/tally/tally-bytes.ts';
import {
  crossIndex,
  itemCounts,
  scopeGroups,
  type Tally,
  type TallyCell,
} from '../../domain/scoring/tally/tally.ts';

/** `shown`: the summary as it was published, suppressed. */
export function knownCounty(
  input: SummaryInput,
  shown: Summary,
  rates?: readonly RateRow[],
  ballot?: {
    readonly comparison: BallotComparison;
    readonly questionnaires: readonly BallotArm[];
    /** Where it is known: an installation counts those of all arms together. */
    readonly reansweredApart?: NonNullable<Truth['reansweredApart']>;
  },
): { readonly publication: ShownPublication; readonly truth: Truth } {
  const names = new Map(
    ballot?.questionnaires.flatMap(({ no, arm }) => (arm === undefined ? [] : [[no, arm]])),
  );
  const armOf = (no: number) => (input.apart?.has(no) === true ? (names.get(no) ?? String(no)) : undefined);
  const last = truthCells(input, input.cells, armOf);
  const first = truthCells(input, input.firstCells, armOf);
  const isMain = (cell: TruthCell) => cell.arm === undefined;
  const flagged = [
    ...new Set(
      (input.flags ?? shown.signals)
        .filter((flag) => answerFlags.has(flag.kind))
        .map((flag) => flag.reportingStratum),
    ),
  ];
  return {
    publication: {
      summary: shown,
      profile: input.profile,
      questionnaires: [...input.questionnaires].flatMap(([no, q]) => (input.apart?.has(no) ? [] : [q])),
      strata: knownStrata(input, last.filter(isMain), first.filter(isMain), new Set(flagged)),
      reportingStrata: input.reportingStrata,
      pairs: pairsOf(last.filter(isMain)),
      flagged,
      ...(rates && { rates }),
      ...(ballot && {
        ballot: {
          comparison: ballot.comparison,
          apart: [...input.questionnaires].flatMap(([no, questionnaire]): readonly KnownArm[] => {
            const arm = armOf(no);
            if (arm === undefined) return [];
            return questionnaire.groups.map((group) => {
              const own = last.filter((cell) => cell.arm === arm && cell.group === group);
              return {
                ...{ group, arm, questionnaire },
                strata: knownStrata(input, own, [], new Set()).filter((stratum) => stratum.group === group),
                pairs: pairsOf(own),
              };
            });
          }),
        },
      }),
    },
    truth: {
      ...{ last, first, reanswered: input.reanswers, fates: fatesOf(input, last) },
      ...(ballot?.reansweredApart && { reansweredApart: ballot.reansweredApart }),
    },
  };
}

function pairsOf(cells: readonly TruthCell[]): NonNullable<ShownPublication['pairs']> {
  const pairs = new Map(
    cells
      .filter((cell) => cell.samplingStratum !== 0)
      .map(({ reportingStratum, samplingStratum }) => [
        `${reportingStratum}/${samplingStratum}`,
        { reportingStratum, samplingStratum },
      ]),
  );
  return [...pairs.values()];
}

/** N as the weights have it, and n by design; answers without a stratum are one of their own in each group. */
function knownStrata(
  input: SummaryInput,
  last: readonly TruthCell[],
  first: readonly TruthCell[],
  flagged: ReadonlySet<number>,
): readonly KnownStratum[] {
  const { profile } = input;
  const sizes = frameSizes(input);
  const count = (cells: readonly TruthCell[], group: string, no: number, without: ReadonlySet<number>) =>
    cells.reduce((sum, cell) => {
      const isCounted =
        cell.group === group &&
        cell.samplingStratum === no &&
        cell.valid &&
        profile.channels.includes(cell.channel) &&
        profile.sets.includes(cell.set) &&
        !without.has(cell.reportingStratum) &&
        !isVoided(input, cell);
      return sum + (isCounted ? cell.n : 0);
    }, 0);
  const groups = [...new Set(input.reportingStrata.map((stratum) => stratum.group))];
  const nobody: ReadonlySet<number> = new Set();
  return [
    ...input.samplingStrata.map(({ no, group, location, grade }) => ({
      no,
      group,
      location,
      grade,
      frameSize: sizes.get(no) ?? null,
    })),
    ...groups.map((group) => ({ no: 0, group, location: null, grade: null, frameSize: null })),
  ].map((stratum) => ({
    ...stratum,
    responses: count(last, stratum.group, stratum.no, nobody),
    firstResponses: count(first, stratum.group, stratum.no, nobody),
    unflagged: count(last, stratum.group, stratum.no, flagged),
    unflaggedFirst: count(first, stratum.group, stratum.no, flagged),
  }));
}

/**
 * What became of drawn codes without an answer, of each group and of all. Void answers are none, and cases are never more than the codes that they leave: the declared go
 * first, then who opted out, wrong numbers and what could not be delivered.
 */
function fatesOf(input: SummaryInput, last: readonly TruthCell[]): readonly TruthFates[] {
  const { profile, reportingStrata, samplingStrata } = input;
  const groupOf = new Map(reportingStrata.map(({ no, group }) => [no, group]));
  const sampledIn = new Map(samplingStrata.map(({ no, group }) => [no, group]));
  const groups = profile.groups
    .map((rule) => rule.group)
    .filter((group) => !profile.requiredGroupsWithoutQuestionnaire.includes(group));
  return [null, ...groups].map((asked) => {
    const members: ReadonlySet<Group | undefined> = new Set(asked === null ? groups : [asked]);
    const answers = last.filter((cell) => cell.set === 'drawn' && !isVoided(input, cell));
    const fates = (input.fates ?? []).filter((row) => row.set === 'drawn');
    const inStratum = (row: { readonly reportingStratum: number }) =>
      members.has(groupOf.get(row.reportingStratum));
    const total = <T>(rows: readonly T[], isIn: (row: T) => boolean, count: (row: T) => number) =>
      rows.reduce((sum, row) => sum + (isIn(row) ? count(row) : 0), 0);
    const issued = total(
      reportingStrata,
      ({ group }) => members.has(group),
      (stratum) => stratum.issued.drawn,
    );
    let left = issued - total(answers, inStratum, ({ n }) => n);
    const atMost = (cases: number) => {
      const taken = Math.max(0, Math.min(cases, left));
      left -= taken;
      return taken;
    };
    const ineligible = atMost(
      total(
        input.ineligible ?? [],
        ({ samplingStratum }) => members.has(sampledIn.get(samplingStratum)),
        (row) => row.issued,
      ),
    );
    const optedOut = atMost(total(fates, inStratum, (row) => row.optedOut));
    const wrongNumber = atMost(total(fates, inStratum, (row) => row.wrongNumber));
    const undeliverable = atMost(total(fates, inStratum, (row) => row.undeliverable));
    return { group: asked, optedOut, unknown: wrongNumber + undeliverable, ineligible };
  });
}

function isVoided(
  input: SummaryInput,
  { group, reportingStratum }: Pick<TruthCell, 'group' | 'reportingStratum'>,
): boolean {
  return input.voided.some(
    (v) => v.group === group && (v.reportingStratum === null || v.reportingStratum === reportingStratum),
  );
}

/** The frozen frame less declared ineligibles and void strata's parts. */
function frameSizes(input: SummaryInput): ReadonlyMap<number, number | null> {
  const codes = input.drawnCodes ?? [];
  return new Map(
    input.samplingStrata.map(({ no, frameSize }) => {
      if (frameSize === null) return [no, null];
      const ineligible = (input.ineligible ?? [])
        .filter((row) => row.samplingStratum === no)
        .reduce((sum, row) => sum + row.contacts, 0);
      const size = Math.max(0, frameSize - ineligible);
      const own = codes.filter((code) => code.samplingStratum === no);
      const drawn = own.reduce((sum, code) => sum + code.drawn, 0);
      const left = own
        .filter((code) => input.voided.some((v) => v.reportingStratum === code.reportingStratum))
        .reduce((rest, code) => rest - (size * code.drawn) / drawn, size);
      return [no, Math.max(0, left)];
    }),
  );
}

function truthCells(
  input: SummaryInput,
  cells: readonly TallyCell[],
  armOf: (no: number) => string | undefined,
): readonly TruthCell[] {
  const groups = new Map(input.reportingStrata.map((stratum) => [stratum.no, stratum.group]));
  return cells.flatMap(({ bytes, questionnaire, ...key }): readonly TruthCell[] => {
    const q = input.questionnaires.get(questionnaire);
    const group = groups.get(key.reportingStratum);
    if (!q || !group) return [];
    const tally = decodeTally(q, bytes);
    const arm = armOf(questionnaire);
    return [
      {
        ...key,
        group,
        n: tally.n,
        ...(arm !== undefined && { arm }),
        ...(input.apart && { alike: straightLiningOf(tally) }),
        items: new Map(q.items.map((item, i) => [item.id, truthItem(q, itemCounts(tally, i), i)])),
        scopes: tally.plan.scopeItems.flatMap((own, i) =>
          scopeGroups(tally, i).map(({ answered, dontKnow, n, sum }) => ({
            scope: i === 0 ? null : own.map((index) => q.items[index]!.id).join('+'),
            answered,
            dontKnow,
            n,
            options: new Map(q.vectorOptions.map((option, at) => [option, sum[at]!])),
          })),
        ),
      },
    ];
  });
}

/** Of each one's pairs of ratings, the part that is the same option. */
function straightLiningOf(tally: Tally): NonNullable<TruthCell['alike']> {
  let [people, sum] = [0, 0];
  const { axes } = tally.plan;
  for (const { answered, dontKnow, n, sum: chosen, cross } of scopeGroups(tally, 0)) {
    const m = answered - dontKnow;
    if (m < 2) continue;
    people += n;
    for (let option = 0; option < axes; option++)
      sum += (cross[crossIndex(axes, option, option)]! - chosen[option]!) / (m * (m - 1));
  }
  return { people, sum };
}

function truthItem(
  q: CompiledQuestionnaire,
  counts: ReturnType<typeof itemCounts>,
  index: number,
): TruthItem {
  const { optionIds } = q.items[index]!;
  const { blank, notAsked } = counts;
  const none = { dontKnow: 0, n: 0, sum: 0, blank, notAsked };
  if (counts.type === 'number') return { ...none, options: new Map(), n: counts.n, sum: counts.sum };
  const options = new Map(optionIds.map((option, i) => [option, counts.options[i]!]));
  return { ...none, options, dontKnow: counts.type === 'multiple' ? 0 : counts.dontKnow };
}
