/**
 * Shape of a county's summary: one plain JSON-able object, from which JSON, HTML, CSV, XLSX and DOCX are made. Every number about
 * answers is a Figure, Count or Distribution, each of which can be suppressed.
 */
import type { MessageParams } from '../../errors.ts';
import type { CompiledQuestionnaire } from '../../questionnaire/compiled.ts';
import type { RateName } from './dispositions.ts';
import type { MoreResponses } from '../estimate/more-responses.ts';
import type { NonResponseBounds } from '../estimate/non-response.ts';
import type { ReportingLevel, ReportingStratum, SamplingStratum } from '../../frame/strata.ts';
import type { Channel, CountedSet, Group, Location, Purpose } from '../../model/vocabulary.ts';
import type { Figure, Suppressed } from '../figure.ts';
import type { Flag, FlagKind } from '../signals/flags.ts';
import type { Formula, LocalisedText } from '../rules/formula.ts';
import type { RuleProfile } from '../rules/profile.ts';
import type { QuotaResult } from '../rules/quota.ts';
import type { DisclosureRule } from '../suppression/rule.ts';
import type { ReturnRate } from './return-rate.ts';
import type { TallyCell } from '../tally/tally.ts';
import type { Verdict } from './verdict.ts';

export interface FormulaDifference {
  /** Id of the formula compared with the official one. */
  readonly formula: string;
  /** Points above (negative: below) the official figure. */
  readonly difference: number;
  /** Message key of messages/<language>/scoring.json, with its parameters; `option` is an option id. */
  readonly message: string;
  readonly params: MessageParams;
  /** Its parts; they add up to the difference. */
  readonly effects: readonly {
    readonly cause: 'option' | 'dont-know' | 'other';
    /** For `option`. */
    readonly option: string | null;
    readonly share: number | null;
    readonly points: number;
  }[];
}

/** Texts of one questionnaire, by id. The id replaces missing texts. */
export interface QuestionnaireTexts {
  readonly title: LocalisedText;
  readonly items: ReadonlyMap<string, LocalisedText>;
  readonly dimensions: ReadonlyMap<string, LocalisedText>;
  readonly options: ReadonlyMap<string, LocalisedText>;
}

export interface SummaryCampaign {
  readonly id: string;
  readonly name: string;
  readonly purpose: Purpose;
  readonly commissioner: string;
  /** ISO 8601, or null if a preview is computed (tests, demonstration). */
  readonly closedAt: string | null;
  /** The judged county hosts this deployment itself: printed on every figure. */
  readonly selfAdministered: boolean;
}

export interface SummaryCounty {
  readonly code: string;
  readonly name: string;
  readonly residents: { readonly count: number; readonly asOf: string } | null;
}

/** A void of a whole group (`reportingStratum` null) or of one reporting stratum. */
export interface Voided {
  readonly group: Group;
  readonly reportingStratum: number | null;
  readonly reason: string;
}

export interface SummaryInput {
  readonly campaign: SummaryCampaign;
  readonly county: SummaryCounty;
  readonly profile: RuleProfile;
  readonly profileHash: string;
  /** Rule of disclosure control. Absent: rule 1, for campaigns opened before rule 2. */
  readonly disclosureRule?: DisclosureRule;
  /** By number within the campaign, as in `TallyKey.questionnaire`. */
  readonly questionnaires: ReadonlyMap<number, CompiledQuestionnaire>;
  readonly texts: ReadonlyMap<number, QuestionnaireTexts>;
  /** Arms of a split ballot other than the main one: their answers are in rates, but in no figure. */
  readonly apart?: ReadonlySet<number>;
  readonly samplingStrata: readonly SamplingStratum[];
  readonly reportingStrata: readonly ReportingStratum[];
  /** Tallies of the last answers, which count. */
  readonly cells: readonly TallyCell[];
  /** Tallies of the same respondents' first answers. */
  readonly firstCells: readonly TallyCell[];
  readonly voided: readonly Voided[];
  /** Respondents, and those of them who answered more than once, by reporting stratum. */
  readonly reanswers: readonly {
    readonly reportingStratum: number;
    readonly responses: number;
    readonly reanswered: number;
  }[];
  /** Delivery outcomes of codes without an answer, as counted at close; if unknown, all zero. */
  readonly fates?: readonly StratumFates[];
  /** Contacts of the frozen frame that two people declared ineligible. */
  readonly ineligible?: readonly DeclaredIneligible[];
  /** Flags stated at close. Without them the signal on re-answers is computed here. */
  readonly flags?: readonly Flag[];
  /**
   * Drawn codes by sampling and reporting stratum; needed if a reporting stratum is void and the profile removes it with its N.
   */
  readonly drawnCodes?: readonly {
    readonly samplingStratum: number;
    readonly reportingStratum: number;
    readonly drawn: number;
  }[];
}

/** Codes of one reporting stratum and set without an answer, with this delivery outcome. */
export interface StratumFates {
  readonly reportingStratum: number;
  readonly set: CountedSet;
  readonly optedOut: number;
  readonly wrongNumber: number;
  readonly undeliverable: number;
}

export interface DeclaredIneligible {
  readonly samplingStratum: number;
  /** Contacts of the frame. */
  readonly contacts: number;
  /** Those of them who were drawn and had not answered. */
  readonly issued: number;
  readonly reason: string;
}

/** AAPOR's response rates of the drawn sample; null = all groups of the profile together. */
export interface ResponseRates {
  readonly group: Group | null;
  /**
   * RR1–RR6, COOP, REF, CON, LOC; percent, n = numerator, denominator = cases, where the rate may include a part of those of
   * unknown eligibility.
   */
  readonly rates: readonly { readonly name: RateName; readonly figure: Figure }[];
}

export type Count = { readonly kind: 'count'; readonly value: number } | Suppressed;

export type Distribution =
  | {
      readonly kind: 'options';
      /** `multiple`: ticks, which may sum to more than `n`. */
      readonly options: readonly {
        readonly id: string;
        readonly title: LocalisedText;
        readonly count: number;
      }[];
      readonly dontKnow: number;
      readonly blank: number;
      readonly notAsked: number;
      /** Respondents who answered the item, including 不了解. */
      readonly n: number;
    }
  | {
      readonly kind: 'number';
      readonly sum: number;
      readonly blank: number;
      readonly notAsked: number;
      readonly n: number;
    }
  | Suppressed
  | { readonly kind: 'no-data' };

export interface FormulaFigure {
  /** Formula id. */
  readonly id: string;
  readonly figure: Figure;
}

export interface FormulaSummary extends FormulaFigure {
  readonly formula: Formula;
  readonly official: boolean;
  /** Compared with the profile's threshold, unrounded; null without an estimate. */
  readonly meets: boolean | null;
}

export interface DimensionFigure {
  readonly id: string;
  readonly title: LocalisedText;
  /** Not part of the score, but shown beside it. */
  readonly scored?: false;
  /** For a group: its own wording, so not part of the county's figure of the dimension. */
  readonly compared?: false;
  /** By the official formula without its own restriction to items; core items only, if the questionnaire marks them. */
  readonly figure: Figure;
}

export interface ItemFigure {
  readonly id: string;
  readonly title: LocalisedText;
  /** Dimension id; null unless a rating. */
  readonly dimension: string | null;
  readonly type: 'rating' | 'single' | 'multiple' | 'number';
  /** A rating that is not part of the score. */
  readonly scored?: false;
  /** In a row of a school: about the whole county, or shown for the group only. Never shown here. */
  readonly elsewhere?: true;
  /** Rating: official formula on this item alone. Number: the mean. Else no data: see the distribution. */
  readonly figure: Figure;
  readonly distribution: Distribution;
}

export interface GroupSummary {
  readonly group: Group;
  readonly questionnaire: LocalisedText | null;
  readonly weight: number;
  readonly required: boolean;
  /** Pooled with this group in the official figure, because it had too few valid responses. */
  readonly mergedInto: Group | null;
  /** Named in the profile as a required group without a questionnaire. */
  readonly excepted: boolean;
  readonly voided: boolean;
  /** Valid responses that count. */
  readonly responses: Count;
  readonly figure: Figure;
  readonly formulas: readonly FormulaFigure[];
  readonly dimensions: readonly DimensionFigure[];
  readonly items: readonly ItemFigure[];
}

export interface SchoolSummary {
  readonly reportingStratum: number;
  readonly group: Group;
  readonly level: ReportingLevel;
  readonly key: string;
  readonly name: string;
  readonly schools: readonly string[];
  readonly location: Location | null;
  readonly voided: boolean;
  /** Codes issued to the counted sets. */
  readonly issued: Count;
  readonly responses: Count;
  /** As the profile defines it, by issued codes; late additions are not in the denominator. */
  readonly returnRate: Figure;
  /** From items that are not about the whole county. */
  readonly figure: Figure;
  /** Rating items only. Those about the whole county are not shown. */
  readonly items: readonly ItemFigure[];
}

export interface Summary {
  readonly version: 1;
  readonly campaign: SummaryCampaign;
  readonly county: SummaryCounty;
  readonly profile: {
    readonly id: string;
    readonly version: string;
    readonly hash: string;
    readonly title: LocalisedText;
    readonly source: LocalisedText;
    readonly regime: string;
    readonly instrument: LocalisedText;
    readonly role: RuleProfile['role'];
    readonly official: string;
    readonly sampling: RuleProfile['sampling'];
    readonly decision: RuleProfile['decision'];
    readonly interval: RuleProfile['interval'];
    readonly withinGroup: RuleProfile['withinGroup'];
    readonly channels: readonly Channel[];
    readonly sets: readonly CountedSet[];
    readonly minimumCell: number;
    readonly decimals: number;
  };
  readonly threshold: RuleProfile['threshold'];
  /** Official formula, all weighted groups: the figure to which the verdict applies. */
  readonly official: Figure;
  readonly verdict: Verdict;
  readonly formulas: readonly FormulaSummary[];
  readonly groups: readonly GroupSummary[];
  /**
   * Across groups: mean of the group's figures. The weights are those of the profile, over groups whose questionnaires contain
   * the dimension, in core items if they mark them.
   */
  readonly dimensions: readonly DimensionFigure[];
  /** One entry per item id, separate for each group that was asked it. */
  readonly items: readonly {
    readonly id: string;
    readonly groups: readonly (ItemFigure & { readonly group: Group })[];
  }[];
  /** One entry a reporting stratum. */
  readonly schools: readonly SchoolSummary[];
  readonly locations: readonly {
    readonly location: Location;
    readonly groups: readonly {
      readonly group: Group;
      readonly responses: Count;
      readonly figure: Figure;
    }[];
  }[];
  /** Every channel separately, whether counted or not; answers pooled without weights. */
  readonly channels: readonly {
    readonly channel: Channel;
    readonly counted: boolean;
    readonly groups: readonly {
      readonly group: Group;
      readonly responses: Count;
      readonly figure: Figure;
    }[];
  }[];
  /** Drawn, replacements and others separately; answers pooled without weights. */
  readonly sets: readonly {
    readonly set: CountedSet;
    readonly counted: boolean;
    readonly groups: readonly {
      readonly group: Group;
      readonly issued: Count;
      readonly responses: Count;
      readonly figure: Figure;
    }[];
  }[];
  /** The same figures by first answers. */
  readonly first: {
    readonly official: Figure;
    readonly groups: readonly { readonly group: Group; readonly figure: Figure }[];
  };
  /** Share (percent) of respondents who answered again; n = those, denominator = respondents. */
  readonly reanswers: {
    readonly total: Figure;
    readonly strata: readonly {
      readonly reportingStratum: number;
      readonly group: Group;
      readonly name: string;
      readonly figure: Figure;
    }[];
  };
  readonly returnRates: readonly ReturnRate[];
  readonly quota: QuotaResult;
  /** Codes issued to the drawn sample, and frozen quota, by group. */
  readonly drawn: readonly { readonly group: Group; readonly quota: number; readonly drawn: number }[];
  readonly voided: readonly Voided[];
  /** How many more answers would decide by interval; null without an interval or a shown figure. */
  readonly moreResponses: MoreResponses | null;
  /** The official figure if all non-respondents had chosen the worst, or the best; null if unknown or suppressed. */
  readonly nonResponse: NonResponseBounds | null;
  /** Why each other formula's figure differs from the official one's; only for shown figures. */
  readonly differences: readonly (FormulaDifference & {
    /** Text of the option that the sentence names. */
    readonly optionTitle: LocalisedText | null;
  })[];
  readonly responseRates: readonly ResponseRates[];
  /** Flags (domain/scoring/signals/integrity.ts, domain/scoring/signals/flags.ts); only for shown strata. */
  readonly signals: readonly {
    readonly kind: FlagKind;
    readonly reportingStratum: number;
    readonly group: Group;
    readonly name: string;
    /** Lot that was open; null: all answers. */
    readonly lot: number | null;
    /** Chance that an honest county shows any such stratum. */
    readonly falseAlarm: number;
  }[];
  /** The figures without the strata whose answers are flagged; null if there are none, or nothing of them may be shown. */
  readonly withoutFlagged: WithoutFlagged | null;
  /** Notes that a reader of the figures needs. */
  readonly notes: readonly SummaryNote[];
}

export interface WithoutFlagged {
  readonly official: Figure;
  readonly groups: readonly { readonly group: Group; readonly figure: Figure }[];
  readonly first: {
    readonly official: Figure;
    readonly groups: readonly { readonly group: Group; readonly figure: Figure }[];
  };
  readonly verdict: Verdict;
  /** Whether the verdict would differ; null if one of the two figures is not shown. */
  readonly changesVerdict: boolean | null;
}

export type SummaryNote =
  /** Frame strata without a valid response: the others of their group represent them. */
  | {
      readonly kind: 'stratum-without-answers';
      readonly samplingStratum: number;
      readonly group: Group;
      readonly frameSize: number;
    }
  /** Strata with fewer than `smallest` valid answers: all `strata` of the group count as `cells`. */
  | {
      readonly kind: 'strata-collapsed';
      readonly group: Group;
      readonly strata: number;
      readonly cells: number;
      readonly smallest: number;
    }
  /** Strata of unknown size (slips): each answer stands for itself alone, weight 1. */
  | { readonly kind: 'stratum-of-unknown-size'; readonly samplingStratum: number; readonly group: Group }
  /** Declared not to belong: N is the frozen frame less these. */
  | {
      readonly kind: 'ineligible';
      readonly samplingStratum: number;
      readonly group: Group;
      readonly contacts: number;
      readonly reason: string;
    }
  /** A void stratum taken out with its N, by the codes drawn there; `contacts` rounded. */
  | {
      readonly kind: 'voided-removed';
      readonly reportingStratum: number;
      readonly group: Group;
      readonly contacts: number;
    }
  /** Weights of the group were adjusted to totals of the frame; `trimmed`: respondents whose weight was cut down. */
  | {
      readonly kind: 'adjusted' | 'adjustment-failed';
      readonly group: Group;
      readonly method: 'post-stratify' | 'rake';
      readonly trimmed: number;
    }
  | { readonly kind: 'self-administered' }
  | { readonly kind: 'self-selected' }
  | { readonly kind: 'group-merged'; readonly group: Group; readonly into: Group }
  | { readonly kind: 'group-excepted'; readonly group: Group };
