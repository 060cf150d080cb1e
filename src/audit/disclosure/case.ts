/** What the auditor is given, and what it finds. It plays an outsider: it takes what was shown, and what anybody may know besides. */
import type { RateRow } from '../../domain/answer/rate-view.ts';
import type { ReportingStratum } from '../../domain/frame/strata.ts';
import type { Channel, CountedSet, Group, Location } from '../../domain/model/vocabulary.ts';
import type { CompiledQuestionnaire } from '../../domain/questionnaire/compiled.ts';
import type { BallotComparison } from '../../domain/scoring/ballot/compare.ts';
import type { RuleProfile } from '../../domain/scoring/rules/profile.ts';
import type { Summary } from '../../domain/scoring/summary/summary-types.ts';
import type { BoundsReach } from './bounds.ts';

/** What an attacker may know of a sampling stratum: N after voids and ineligibles, and how many valid answers counted in it. */
export interface KnownStratum {
  /** 0: answers without a stratum. */
  readonly no: number;
  readonly group: Group;
  readonly location: Location | null;
  /** Where strata are collapsed, or weights adjusted to the frame's grades. */
  readonly grade?: number | null;
  readonly frameSize: number | null;
  /** null: not known, and so no weight is. */
  readonly responses: number | null;
  /** By first answers; absent: as by last. */
  readonly firstResponses?: number;
  /** Without flagged strata, by last and by first answers. */
  readonly unflagged?: number;
  readonly unflaggedFirst?: number;
}

/** One summary as it was shown, suppressed, with the public documents that it was made by. */
export interface ShownPublication {
  readonly summary: Summary;
  readonly profile: RuleProfile;
  readonly questionnaires: readonly CompiledQuestionnaire[];
  readonly strata: readonly KnownStratum[];
  readonly reportingStrata: readonly ReportingStratum[];
  /** Which reporting strata have contacts in which sampling strata, where that is known; else group and location decide. */
  readonly pairs?: readonly { readonly reportingStratum: number; readonly samplingStratum: number }[];
  /** Reporting strata left out of `withoutFlagged`; absent: those whose signals are shown. */
  readonly flagged?: readonly number[];
  /** The page of response rates; after close groups are exact. */
  readonly rates?: readonly RateRow[];
  /** Where the ballot was split: the page that compares the arms. `questionnaires` and `strata` are then of the main arms alone. */
  readonly ballot?: ShownBallot;
}

export interface ShownBallot {
  readonly comparison: BallotComparison;
  /** Those that make no figure of the summary. */
  readonly apart: readonly KnownArm[];
}

export interface KnownArm extends Pick<ShownPublication, 'strata' | 'pairs'> {
  readonly group: Group;
  /** Its name on the page. */
  readonly arm: string;
  readonly questionnaire: CompiledQuestionnaire;
}

export interface AuditCase {
  /** In the order of publishing. */
  readonly publications: readonly ShownPublication[];
  /**
   * How the publications hang together. `same`: the same answers, less what is void in each. `grown`: each has the answers of the one before and some more.
   * `independent`: other respondents, or other answers.
   */
  readonly relation: 'same' | 'grown' | 'independent';
}

/** One counted cell of the answers themselves. With the truth, the auditor labels what it found, and knows every figure to the last digit. */
export interface TruthCell {
  readonly group: Group;
  readonly reportingStratum: number;
  readonly samplingStratum: number;
  readonly channel: Channel;
  readonly set: CountedSet;
  readonly valid: boolean;
  /** Of a split ballot's arm that stands apart: its name. */
  readonly arm?: string;
  readonly n: number;
  /** Who gave two ratings or more, and Σ of the part of each one's pairs that are the same option. */
  readonly alike?: { readonly people: number; readonly sum: number };
  /** By item id. */
  readonly items: ReadonlyMap<string, TruthItem>;
  /** Respondents by scope (null: all rating items; else the items' ids, joined by +), items answered and 不了解; Σ of their vectors by option id. */
  readonly scopes: readonly {
    readonly scope: string | null;
    readonly answered: number;
    readonly dontKnow: number;
    readonly n: number;
    readonly options: ReadonlyMap<string, number>;
  }[];
}

export interface TruthItem {
  /** By option id; 不了解 apart. */
  readonly options: ReadonlyMap<string, number>;
  readonly dontKnow: number;
  readonly blank: number;
  readonly notAsked: number;
  /** Of number items: how many, and their sum. */
  readonly n: number;
  readonly sum: number;
}

/** One for each publication. */
export interface Truth {
  readonly last: readonly TruthCell[];
  readonly first: readonly TruthCell[];
  readonly reanswered: readonly {
    readonly reportingStratum: number;
    /** Of all arms. */
    readonly reanswered: number;
  }[];
  /** How many of these are of arms that stand apart; absent: nobody knows, and they are taken for the main arm's. */
  readonly reansweredApart?: readonly {
    readonly arm: string;
    readonly reportingStratum: number;
    readonly reanswered: number;
  }[];
  /** What became of drawn codes without an answer, as AAPOR's rates count them; absent: nobody knows of any. */
  readonly fates?: readonly TruthFates[];
}

export interface TruthFates {
  /** null: of all. Cases are never more than codes, of a group and of all, so the groups' may not add up to these. */
  readonly group: Group | null;
  readonly optedOut: number;
  /** Wrong number or undeliverable: it is open whether there was anybody to ask. */
  readonly unknown: number;
  readonly ineligible: number;
}

export interface Recovered {
  readonly what: string;
  /** null: its equations hold a standard error, whose own value is taken to be known. */
  readonly value: number | null;
}

/** Of how many protected counts another number than the true one was found that each can be. */
export interface SecondFound {
  readonly found: number;
  /** None was found, though somebody of the cell is counted. */
  readonly none: number;
  /** None was found, and the count is 0: that nobody chose an option tells of nobody what they chose. */
  readonly noneOfNobody: number;
  /** Of so many found ones it was tried whether people can have answered so, and everything is shown alike, standard errors and intervals too. */
  readonly tried: number;
  readonly alike: number;
}

/** Something suppressed that an outsider can compute. */
export interface Disclosure {
  readonly by: 'linear' | 'bounds';
  /**
   * `answers`: something of what they said. `spread`: only with standard errors, whose subtracted term an outsider does not know exactly. `respondents`: only how many.
   */
  readonly of: 'answers' | 'spread' | 'respondents';
  /** What it is of: `school 12 (minimum-cell)`. */
  readonly cell: string;
  /** What came out: its figures and counts where they did, else one combination in the auditor's names. */
  readonly values: readonly Recovered[];
  /** Shown numbers that it comes out of, none of which may be missing; empty where that was not asked for. */
  readonly through: readonly string[];
  /** Respondents; null without the truth. */
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
  /** Figures of suppressed cells that came out though they are of enough people: what protects a neighbour. */
  readonly unprotected: readonly Disclosure[];
  /** Protected counts that are 0 because the shown parent's is. */
  readonly structuralZeros: number;
  /** Protected counts that are not. */
  readonly counts: number;
  /** Of those, how many were asked for bounds. */
  readonly bounded: number;
  /** Of those, how many are narrower than the width of integer programs and were so beforehand: nothing shown narrows them. */
  readonly knownBefore: number;
  /** Options of which it comes out that nobody of a cell chose them. That tells of nobody what they chose, and is not counted as solved. */
  readonly absent: number;
  readonly reach: BoundsReach;
  /** Of all counts; null: not looked for. */
  readonly second: SecondFound | null;
  /** Of the counts that something shown narrows, and that are not 0. */
  readonly narrowest: Interval | null;
  /** Shown numbers that the auditor's own reading of the rules does not give from the truth: a fault of one of the two. */
  readonly mismatches: readonly string[];
}
