/**
 * The count of a county at close: its answers become tallies, re-answers and flags, which are stated in its log. The reader
 * counts from plain rows. The writer decides what to store.
 */
import { effectiveRevision, firstRevision, type RevisionRule } from '../answer/revision.ts';
import { AppError } from '../errors.ts';
import { presentCells, type StateLeafBody } from '../evidence/leaf.ts';
import { commitToTexts, type CommittedText, type TextCommitment } from '../evidence/texts.ts';
import type { ReportingStratum } from '../frame/strata.ts';
import { contentHash, toHex } from '../hash.ts';
import type { PressureReport, StoredRevision } from '../model/answer.ts';
import type { Campaign } from '../model/campaign.ts';
import type { ClosingCounts } from '../model/count.ts';
import type { Decision } from '../model/decision.ts';
import type { CountyCode } from '../model/ids.ts';
import {
  createSheetCounter,
  findRecountableFlags,
  flagShares,
  type RollCount,
} from '../scoring/signals/find-flags.ts';
import { compareFlags, type Flag } from '../scoring/signals/flags.ts';
import type { StratumFates } from '../scoring/summary/summary-types.ts';
import { countByStratum, createCellCounter, type CountingRules } from '../scoring/tally/cells.ts';
import type { TallyCell } from '../scoring/tally/tally.ts';
import { assertClosingStep } from './decide-closing.ts';

type Closing = Pick<Campaign, 'state' | 'closingStep'>;

/** Whether a campaign's counts at close are stored: not yet, in progress county by county, or all of them. */
export function countingOf({ state, closingStep }: Closing): 'before' | 'under-way' | 'done' {
  if (state === 'draft' || state === 'open' || closingStep === 'drain') return 'before';
  return closingStep === 'count' ? 'under-way' : 'done';
}

/**
 * @param isCounted the county's dispositions are in its log
 * @throws AppError conflict `campaign.closing-step` unless a count may be stored: its step has come, and the county is not
 * counted
 */
export function assertMayCount(campaign: Pick<Campaign, 'closingStep'>, isCounted: boolean): void {
  assertClosingStep(campaign, 'count');
  if (isCounted) throw new AppError('conflict', 'campaign.closing-step', { params: { step: 'count' } });
}

/** @throws AppError conflict `campaign.closing-step` unless the counted rows may be deleted: the county is counted */
export function assertMayEraseCounted(campaign: Pick<Campaign, 'closingStep'>, isCounted: boolean): void {
  assertClosingStep(campaign, 'count');
  if (!isCounted) throw new AppError('conflict', 'campaign.closing-step', { params: { step: 'count' } });
}

export interface CountyCount {
  /** For the answers that count, in key order. */
  readonly cells: readonly TallyCell[];
  /** Of the first answers, likewise. */
  readonly firstCells: readonly TallyCell[];
  readonly reanswered: ClosingCounts['reanswered'];
  readonly flags: readonly Flag[];
  readonly strata: StateLeafBody<'dispositions'>['strata'];
  /** Hash over the first answers, whose contents are erased next. */
  readonly first: string;
  /** The same over the answers that count. */
  readonly last: string;
  readonly comments: readonly TextCommitment[];
  /** Of pressure. */
  readonly reports: readonly TextCommitment[];
}

/**
 * One pass over the respondents' revisions, in any order of respondents.
 * @param county `rolls`: contacts against the school register; `alarms`: what the open survey saw
 * @throws AppError corrupt `storage.corrupt`: a revision that counts has no contents, or some that cannot be counted
 */
export function countCounty(
  rules: CountingRules & { readonly revisionRule: RevisionRule; readonly minimumCell: number },
  respondents: Iterable<readonly StoredRevision[]>,
  county: {
    readonly reporting: readonly ReportingStratum[];
    readonly rolls: readonly RollCount[];
    readonly pressure: readonly Pick<PressureReport, 'id' | 'reportingStratum'>[];
    readonly alarms: readonly Flag[];
    readonly comments: readonly CommittedText[];
    readonly reports: readonly CommittedText[];
  },
): CountyCount {
  const [firsts, lasts] = [createCellCounter(rules), createCellCounter(rules)];
  const strata = new Map<number, { respondents: number; reanswered: number }>();
  const sheets = createSheetCounter();
  for (const revisions of respondents) {
    const first = firstRevision(revisions, rules.revisionRule);
    const last = effectiveRevision(revisions, rules.revisionRule);
    // Contents are erased two steps later. If they are missing now, this is not the file that was written.
    if (!first?.answers || !last?.answers)
      throw new AppError('corrupt', 'storage.corrupt', { params: { column: 'responses.answers' } });
    firsts.add(first, first.answers);
    lasts.add(last, last.answers);
    sheets.add(last.reportingStratum, rules.questionnaires.get(last.questionnaire)!, last.answers);
    const stratum = strata.get(first.reportingStratum) ?? { respondents: 0, reanswered: 0 };
    stratum.respondents++;
    if (revisions.length > 1) stratum.reanswered++;
    strata.set(first.reportingStratum, stratum);
  }
  const [cells, firstCells] = [lasts.cells(), firsts.cells()];
  const { reporting, rolls, alarms } = county;
  const pressed = countPressed(county.pressure);
  const share = (of: (stratum: number, n: number) => number) =>
    [...strata].map(([stratum, { respondents: n }]) => ({ stratum, n, x: of(stratum, n) }));
  const reanswers = share((stratum) => strata.get(stratum)!.reanswered);
  const pressure = share((stratum, n) => Math.min(n, pressed.get(stratum) ?? 0));
  return {
    cells,
    firstCells,
    reanswered: [...strata].map(([reportingStratum, n]) => ({ reportingStratum, ...n })),
    flags: [
      ...findRecountableFlags(reporting, { sheets, reanswers, rolls }, rules.minimumCell),
      ...flagShares('pressure', pressure, rules.minimumCell),
      ...alarms,
    ],
    strata: countByStratum(rules.questionnaires, cells).map((s) => ({ ...s })),
    first: contentHash(presentCells(firstCells)),
    last: contentHash(presentCells(cells)),
    comments: commitToTexts(county.comments),
    reports: commitToTexts(county.reports),
  };
}

/** Number of respondents, not of reports: one respondent may report several sources. */
function countPressed(
  reports: readonly Pick<PressureReport, 'id' | 'reportingStratum'>[],
): ReadonlyMap<number, number> {
  const pressed = new Map<number, Set<string>>();
  for (const { reportingStratum, id } of reports) {
    const own = pressed.get(reportingStratum) ?? new Set<string>();
    pressed.set(reportingStratum, own.add(toHex(id)));
  }
  return new Map([...pressed].map(([stratum, ids]) => [stratum, ids.size]));
}

/**
 * What the last lot is compared with: who answered how often, by stratum; the first answers; and the flags.
 * @param state `isCounted`: the county's dispositions are in its log
 * @throws AppError conflict `campaign.closing-step`
 */
export function decideCount(
  state: { readonly campaign: Pick<Campaign, 'closingStep'>; readonly isCounted: boolean },
  command: {
    readonly county: CountyCode;
    readonly counted: Omit<CountyCount, 'cells' | 'firstCells'>;
    readonly fates: readonly StratumFates[];
  },
  at: number,
): Decision<Pick<ClosingCounts, 'reanswered' | 'fates' | 'flags'>> {
  assertMayCount(state.campaign, state.isCounted);
  const { county, counted } = command;
  const reanswered = counted.reanswered
    .map(({ reportingStratum, respondents, reanswered: again }) => ({
      reportingStratum,
      respondents,
      reanswered: again,
    }))
    .sort((a, b) => a.reportingStratum - b.reportingStratum);
  const fates = command.fates
    .map(({ reportingStratum, set, optedOut, wrongNumber, undeliverable }) => ({
      reportingStratum,
      set,
      optedOut,
      wrongNumber,
      undeliverable,
    }))
    .sort((a, b) => a.reportingStratum - b.reportingStratum || (a.set < b.set ? -1 : 1));
  const flags = strongest(counted.flags);
  return {
    changes: { reanswered, fates, flags },
    leaves: [
      {
        county,
        type: 'dispositions',
        body: {
          strata: counted.strata,
          reanswers: reanswered,
          first: counted.first,
          last: counted.last,
          fates,
          comments: counted.comments.map((c) => ({ ...c })),
          reports: counted.reports.map((r) => ({ ...r })),
          at,
        },
      },
      ...flags.map(({ kind, reportingStratum, lot, observed, n, expected }) => ({
        county,
        type: 'signal' as const,
        body: { kind, reportingStratum, lot, observed, n, expected, at },
      })),
    ],
    trail: [],
  };
}

/** One for each kind, stratum and lot: the one with the highest observed value. In the order of compareFlags. */
function strongest(flags: readonly Flag[]): readonly Flag[] {
  const found = new Map<string, Flag>();
  for (const flag of flags) {
    const name = `${flag.reportingStratum} ${flag.kind} ${flag.lot ?? 0}`;
    const known = found.get(name);
    if (!known || flag.observed > known.observed) found.set(name, flag);
  }
  return [...found.values()].sort(compareFlags);
}
