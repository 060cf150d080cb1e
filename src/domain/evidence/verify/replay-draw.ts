/** Repeats the draw from what the log commits to: roll, dice, profile, schools. The result must be what was issued. */
import {
  createStratumCounter,
  createStratumDrawer,
  planStrata,
  type DrawEntry,
  type PlacedContact,
} from '../../frame/draw.ts';
import {
  buildOpenLinkStrata,
  buildReportingStrata,
  findReportingStratum,
  type IssueCount,
} from '../../frame/reporting-strata.ts';
import type { ReportingStratum, SamplingStratum } from '../../frame/strata.ts';
import { createBallot, isSplit as isSplitBallot, leastStratum } from '../../frame/ballot.ts';
import { fromHex } from '../../hash.ts';
import type { SchoolId } from '../../model/ids.ts';
import type { RuleProfile } from '../../scoring/rules/profile.ts';
import { computeQuota, type QuotaMove } from '../../scoring/rules/quota.ts';
import type { CountedSet, Group, Location } from '../../model/vocabulary.ts';
import { drawnContactBytes, sortedListHash, type StateLeafBody } from '../leaf.ts';
import { compareBytes } from '../../frame/sample.ts';

export interface DrawInput {
  readonly frame: StateLeafBody<'frame'>;
  readonly seed: Uint8Array;
  readonly profile: RuleProfile;
  readonly schools: readonly {
    readonly id: SchoolId;
    readonly name: string;
    readonly location: Location | null;
    readonly township: string;
    readonly parent: SchoolId | null;
    readonly pupils: number | null;
    readonly staff: number | null;
  }[];
  /** The roll in ascending order of ids; called twice. */
  readonly entries: () => AsyncIterable<{
    readonly id: string;
    readonly group: Group;
    readonly schools: readonly (readonly [SchoolId, number])[];
  }>;
}

export interface ReplayedDraw {
  readonly quotas: Readonly<Partial<Record<Group, number>>>;
  readonly moves: readonly QuotaMove[];
  readonly sampling: readonly SamplingStratum[];
  readonly reporting: readonly ReportingStratum[];
  /** `sortedListHash` of `drawnContactBytes`. */
  readonly contacts: string;
  /** For a split ballot: how many of each arm are invited in each stratum and set; otherwise empty. */
  readonly arms: readonly {
    readonly questionnaire: number;
    readonly samplingStratum: number;
    readonly reportingStratum: number;
    readonly set: CountedSet;
    readonly count: number;
  }[];
}

/** @throws RangeError if the values of the log give no quota */
export async function replayDraw(input: DrawInput): Promise<ReplayedDraw> {
  const { frame, seed, profile, schools } = input;
  const locations = new Map(schools.map((s) => [s.id, s.location]));
  const asked = new Set(frame.questionnaires.flatMap((q) => q.groups));
  const slips = frame.slips.filter((s) => asked.has(s.group));
  async function* contacts(): AsyncGenerator<DrawEntry> {
    for await (const { id, group, schools: of } of input.entries()) {
      if (!asked.has(group)) continue;
      const affiliations = of.map(([school, grade]) => ({ school, grade: grade === 0 ? null : grade }));
      yield { entry: fromHex(id), group, affiliations };
    }
  }

  const counter = createStratumCounter(seed, locations);
  for await (const contact of contacts()) counter.add(contact);
  const cells = counter.cells();
  const rollSize = (group: Group) => cells.reduce((n, c) => n + (c.group === group ? c.size : 0), 0);
  const population = Object.fromEntries(
    profile.groups.map(({ group }) => [
      group,
      rollSize(group) + (slips.find((s) => s.group === group)?.count ?? 0),
    ]),
  ) as Partial<Record<Group, number>>;
  const quota = computeQuota(profile, frame.residents?.count ?? null, population);
  if (!quota.ok) throw new RangeError(quota.why);
  const quotas = Object.fromEntries(quota.groups.map((g) => [g.group, g.quota])) as Partial<
    Record<Group, number>
  >;

  const drawer = createStratumDrawer(seed, locations, planStrata(cells, quotas, profile.replacementRatio));
  for await (const contact of contacts()) drawer.add(contact);
  const ballot = createBallot(seed, frame.questionnaires);
  const isSplit = isSplitBallot(frame.questionnaires);
  const sampling: SamplingStratum[] = [];
  const invited: (PlacedContact & {
    readonly group: Group;
    readonly set: CountedSet;
    readonly samplingStratum: number;
    readonly questionnaire: number;
  })[] = [];
  for (const { group, location, grade, size, n, drawn, replacements } of drawer.finish()) {
    sampling.push({
      no: sampling.length + 1,
      group,
      location,
      grade,
      kind: 'frame',
      frameSize: size,
      quota: n,
      drawn: drawn.length,
      replacements: replacements.length,
    });
    for (const [set, contacts] of [
      ['drawn', drawn],
      ['replacement', replacements],
    ] as const) {
      const given = ballot.assign(group, set, contacts);
      for (const [i, c] of contacts.entries())
        invited.push({ ...c, group, set, samplingStratum: sampling.length, questionnaire: given[i]! });
    }
  }
  const counts = new Map<string, IssueCount & { count: number }>();
  const add = (group: Group, school: SchoolId | null, set: CountedSet, more: number) => {
    const key = `${group}|${set}|${school ?? ''}`;
    const cell = counts.get(key);
    if (cell) cell.count += more;
    else counts.set(key, { group, school, set, count: more });
  };
  for (const c of invited) add(c.group, c.school, c.set, 1);
  for (const { group, count } of slips) {
    sampling.push({
      no: sampling.length + 1,
      group,
      location: null,
      grade: null,
      kind: 'slips',
      frameSize: null,
      quota: Math.max(0, (quotas[group] ?? 0) - rollSize(group)),
      drawn: count,
      replacements: 0,
    });
    if (count > 0) add(group, null, 'drawn', count);
  }
  const reporting =
    profile.sampling === 'self-selected'
      ? buildOpenLinkStrata(
          schools,
          frame.questionnaires.flatMap((q) => q.groups),
          profile.minimumCell,
        )
      : buildReportingStrata(
          schools,
          [...counts.values()],
          leastStratum(frame.questionnaires, profile.minimumCell),
        );

  const placeOf = new Map<string, number>();
  const arms = new Map<string, ReplayedDraw['arms'][number]>();
  const addArm = (cell: Omit<ReplayedDraw['arms'][number], 'count'>) => {
    const key = `${cell.questionnaire} ${cell.samplingStratum} ${cell.reportingStratum} ${cell.set}`;
    arms.set(key, { ...cell, count: (arms.get(key)?.count ?? 0) + 1 });
  };
  const drawnContacts = invited.map(({ entry, group, school, set, samplingStratum, questionnaire }) => {
    const key = `${group}|${school ?? ''}`;
    let no = placeOf.get(key);
    if (no === undefined) {
      no = findReportingStratum(reporting, group, school)?.no ?? 0;
      placeOf.set(key, no);
    }
    if (isSplit) addArm({ questionnaire, samplingStratum, reportingStratum: no, set });
    return drawnContactBytes(entry, set, no);
  });
  if (isSplit)
    for (const { no, group, kind, drawn } of sampling)
      if (kind === 'slips')
        for (const questionnaire of ballot.slips(group, drawn))
          addArm({
            questionnaire,
            samplingStratum: no,
            reportingStratum: findReportingStratum(reporting, group, null)?.no ?? 0,
            set: 'drawn',
          });
  return {
    quotas,
    moves: quota.moves,
    sampling,
    reporting,
    contacts: sortedListHash(drawnContacts.sort(compareBytes)),
    arms: [...arms.values()],
  };
}
