/** The input and the report of the auditor. As an outsider, it takes only what was shown and what anybody may know. */
import type { RateRow } from '../../domain/answer/rate-view.ts';
import type { ReportingStratum } from '../../domain/frame/strata.ts';
import type { Channel, CountedSet, Group, Location } from '../../domain/model/vocabulary.ts';
import type { CompiledQuestionnaire } from '../../domain/questionnaire/compiled.ts';
import type { BallotComparison } from '../../domain/scoring/ballot/compare.ts';
import type { RuleProfile } from '../../domain/scoring/rules/profile.ts';
import type { Summary } from '../../domain/scoring/summary/summary-types.ts';
import type { BoundsReach } from './bounds.ts';

/**
 * What an attacker may know of a sampling stratum: N after voids and ineligible contacts, and the number of counted
 * valid answers.
 */
export interface KnownStratum {
  /** 0: answers without a stratum. */
  readonly no: number;
  readonly group: Group;
  readonly location: Location | null;
  /** Needed if strata are collapsed, or weights adjusted to the frame's grades. */
  readonly grade?: number | null;
  readonly frameSize: number | null;
  /** null: unknown, so weights are unknown, too. */
  readonly responses: number | null;
  /** By first answers. Absent: equal to `responses`. */
  readonly firstResponses?: number;
  /** Without flagged strata, by last and by first answers. */
  readonly unflagged?: number;
  readonly unflaggedFirst?: number;
}

/** One summary as it was shown, after suppression, with the public documents behind it. */
export interface ShownPublication {
  readonly summary: Summary;
  readonly profile: RuleProfile;
  readonly questionnaires: readonly CompiledQuestionnaire[];
  readonly strata: readonly KnownStratum[];
  readonly reportingStrata: readonly ReportingStratum[];
  /** Which reporting strata have contacts in which sampling strata. Absent: group and location decide. */
  readonly pairs?: readonly { readonly reportingStratum: number; readonly samplingStratum: number }[];
  /** Reporting strata left out of `withoutFlagged`. Absent: those with a shown signal. */
  readonly flagged?: readonly number[];
  /** The page of response rates. After the close, it is exact for groups. */
  readonly rates?: readonly RateRow[];
  /**
   * For a split ballot: the page that compares the arms. `questionnaires` and `strata` are then those of the main
   * arms only.
   */
  readonly ballot?: ShownBallot;
}

export interface ShownBallot {
  readonly comparison: BallotComparison;
  /** The arms that are in no figure of the summary. */
  readonly apart: readonly KnownArm[];
}

export interface KnownArm extends Pick<ShownPublication, 'strata' | 'pairs'> {
  readonly group: Group;
  /** Its name on the page. */
  readonly arm: string;
  readonly questionnaire: CompiledQuestionnaire;
}

export interface AuditCase {
  /** In the order of publication. */
  readonly publications: readonly ShownPublication[];
  /**
   * How the publications are related. `same`: the same answers, less what is void in each. `grown`: each contains the
   * answers of the previous one and more. `independent`: other respondents, or other answers.
   */
  readonly relation: 'same' | 'grown' | 'independent';
}

/**
 * One counted cell of the true answers. With the truth, the auditor labels its findings, and uses all digits of every
 * figure.
 */
export interface TruthCell {
  readonly group: Group;
  readonly reportingStratum: number;
  readonly samplingStratum: number;
  readonly channel: Channel;
  readonly set: CountedSet;
  readonly valid: boolean;
  /** The name of the arm, if it is another than the main one. */
  readonly arm?: string;
  readonly n: number;
  /** People who gave at least two ratings, and the sum of each one's share of rating pairs with the same option. */
  readonly alike?: { readonly people: number; readonly sum: number };
  /** By item id. */
  readonly items: ReadonlyMap<string, TruthItem>;
  /**
   * Respondents by scope, number of items answered and of 不了解, with the sum of their option vectors by option id.
   * `scope` null: all rating items; otherwise the items' ids, joined by +.
   */
  readonly scopes: readonly {
    readonly scope: string | null;
    readonly answered: number;
    readonly dontKnow: number;
    readonly n: number;
    readonly options: ReadonlyMap<string, number>;
  }[];
}

export interface TruthItem {
  /** By option id, without 不了解. */
  readonly options: ReadonlyMap<string, number>;
  readonly dontKnow: number;
  readonly blank: number;
  readonly notAsked: number;
  /** Of number items: how many, and their sum. */
  readonly n: number;
  readonly sum: number;
}

/** The true answers of one publication. */
export interface Truth {
  readonly last: readonly TruthCell[];
  readonly first: readonly TruthCell[];
  readonly reanswered: readonly {
    readonly reportingStratum: number;
    /** Over all arms. */
    readonly reanswered: number;
  }[];
  /** The part of these in other arms. Absent: unknown, and counted for the main arm. */
  readonly reansweredApart?: readonly {
    readonly arm: string;
    readonly reportingStratum: number;
    readonly reanswered: number;
  }[];
  /** What became of drawn codes without an answer, as AAPOR's rates count them. Absent: nothing is known. */
  readonly fates?: readonly TruthFates[];
}

export interface TruthFates {
  /**
   * null: all groups. Cases are limited to the number of codes, separately for each group and for all, so the groups'
   * need not add up to these.
   */
  readonly group: Group | null;
  readonly optedOut: number;
  /** Wrong or undeliverable number: it is unknown whether the person exists. */
  readonly unknown: number;
  readonly ineligible: number;
}

export interface Recovered {
  readonly what: string;
  /** null: the equations contain a standard error, whose value is treated as known. */
  readonly value: number | null;
}

/** Results of the search for second values of protected counts. */
export interface SecondFound {
  readonly found: number;
  /** No second value was found, and the count is above 0. */
  readonly none: number;
  /** No second value was found, and the count is 0. That nobody chose an option does not reveal what anybody chose. */
  readonly noneOfNobody: number;
  /**
   * Number of second values for which answers of individual people were looked for; `alike` of these leave everything
   * shown unchanged, including standard errors and intervals.
   */
  readonly tried: number;
  readonly alike: number;
}

/** Something suppressed that an outsider can compute. */
export interface Disclosure {
  readonly by: 'linear' | 'bounds';
  /**
   * `answers`: something about the answers. `spread`: only with standard errors, in which a subtracted term is not
   * exactly known to an outsider. `respondents`: only numbers of respondents.
   */
  readonly of: 'answers' | 'spread' | 'respondents';
  /** The cell: `school 12 (minimum-cell)`. */
  readonly cell: string;
  /** The figures and counts that were determined. If there are none, one combination of the auditor's unknowns. */
  readonly values: readonly Recovered[];
  /** A minimal set of shown numbers that determines it. Empty if not requested. */
  readonly through: readonly string[];
  /** Respondents. null: without the truth. */
  readonly population: number | null;
}

export interface Interval {
  readonly cell: string;
  readonly count: string;
  readonly low: number;
  readonly high: number;
}

export interface AuditReport {
  readonly unknowns: number;
  readonly equations: number;
  /** Protected cells that were attacked. */
  readonly cells: number;
  readonly solved: readonly Disclosure[];
  /** Suppressed figures of large cells that were determined. These cells are hidden only as complements. */
  readonly unprotected: readonly Disclosure[];
  /** Protected counts that are 0 because a shown total is 0. */
  readonly structuralZeros: number;
  /** The other protected counts. */
  readonly counts: number;
  /** Those whose bounds were computed. */
  readonly bounded: number;
  /** Those that were narrower than the width of integer programs before anything was shown. */
  readonly knownBefore: number;
  /**
   * Options that nobody in a cell can have chosen. That does not reveal what anybody chose, and is not counted as
   * solved.
   */
  readonly absent: number;
  readonly reach: BoundsReach;
  /** Of all counts. null: not searched. */
  readonly second: SecondFound | null;
  /** The narrowest interval of a count above 0 that was not already as narrow beforehand. */
  readonly narrowest: Interval | null;
  /** Shown numbers that differ from what the auditor computes from the truth: a fault in one of the two. */
  readonly mismatches: readonly string[];
}
