/**
 * Final dispositions and outcome rates by AAPOR's names, for comparison with other surveys. The rule profile's 有效回收率 is separate
 * (return-rate.ts). Source: The American Association for Public Opinion Research, *Standard Definitions: Final Dispositions of
 * Case Codes and Outcome Rates for Surveys*, 10th edition (2023).
 */

/** Counts of cases, in AAPOR's letters. */
export interface Dispositions {
  /** Complete. */
  readonly I: number;
  /** Partial. */
  readonly P: number;
  /** Refusal and break-off. */
  readonly R: number;
  /** Eligible, not contacted. */
  readonly NC: number;
  /** Eligible, other reasons. */
  readonly O: number;
  /** Unknown whether there is a respondent at all. */
  readonly UH: number;
  /** Unknown, other. */
  readonly UO: number;
  /** Not eligible. */
  readonly NE: number;
}

export const rateNames = [
  ...['RR1', 'RR2', 'RR3', 'RR4', 'RR5', 'RR6', 'COOP1', 'COOP2', 'COOP3', 'COOP4'],
  ...['REF1', 'REF2', 'REF3', 'CON1', 'CON2', 'CON3', 'LOC1', 'LOC2'],
] as readonly (
  | `RR${1 | 2 | 3 | 4 | 5 | 6}`
  | `COOP${1 | 2 | 3 | 4}`
  | `REF${1 | 2 | 3}`
  | `CON${1 | 2 | 3}`
  | `LOC${1 | 2}`
)[];
export type RateName = (typeof rateNames)[number];

/**
 * A rate as numerator and denominator, so that it can be shown, pooled and suppressed like a count; e may make the denominator
 * fractional.
 */
export interface OutcomeRate {
  readonly numerator: number;
  readonly denominator: number;
}

/**
 * e, the share of cases of unknown eligibility that are eligible: the same as among known cases, the proportional allocation
 * (CASRO). 1 if nothing is known, which never improves a rate.
 */
export function estimateEligibility(d: Dispositions): number {
  const eligible = d.I + d.P + d.R + d.NC + d.O;
  return eligible + d.NE > 0 ? eligible / (eligible + d.NE) : 1;
}

/** RR1–RR6, COOP1–4, REF1–3, CON1–3, LOC1–2. `e`: eligibility of the unknown, by default `estimateEligibility`. A denominator of 0 is no rate. */
export function outcomeRates(
  d: Dispositions,
  e: number = estimateEligibility(d),
): Readonly<Record<RateName, OutcomeRate>> {
  const interviews = d.I + d.P;
  const known = interviews + d.R + d.NC + d.O;
  const unknown = d.UH + d.UO;
  const contacted = interviews + d.R + d.O;
  const rate = (numerator: number, denominator: number): OutcomeRate => ({ numerator, denominator });
  return {
    RR1: rate(d.I, known + unknown),
    RR2: rate(interviews, known + unknown),
    RR3: rate(d.I, known + e * unknown),
    RR4: rate(interviews, known + e * unknown),
    RR5: rate(d.I, known),
    RR6: rate(interviews, known),
    COOP1: rate(d.I, contacted),
    COOP2: rate(interviews, contacted),
    COOP3: rate(d.I, interviews + d.R),
    COOP4: rate(interviews, interviews + d.R),
    REF1: rate(d.R, known + unknown),
    REF2: rate(d.R, known + e * unknown),
    REF3: rate(d.R, known),
    CON1: rate(contacted, known + unknown),
    CON2: rate(contacted, known + e * unknown),
    CON3: rate(contacted, known),
    LOC1: rate(contacted + d.NC, known + unknown),
    LOC2: rate(contacted + d.NC, known + e * unknown),
  };
}

/** What the service knows about the codes of one stratum and counted set. Every code is counted at most once. */
export interface KnownCases {
  readonly issued: number;
  /** Answered, with as many items as a valid response needs. */
  readonly valid: number;
  /** Answered with fewer items: submitted, so not a refusal. */
  readonly partial: number;
  /** Without an answer: opted out of messages. */
  readonly optedOut: number;
  /** Without an answer: the number belongs to someone else. */
  readonly wrongNumber: number;
  /** Without an answer: no message could be delivered. */
  readonly undeliverable: number;
  /** Declared ineligible (left the school, died) before the close, with a reason. */
  readonly ineligible: number;
}

/**
 * Cases as AAPOR sorts a survey of named persons by Internet or mail: valid = I, partial = P, opted out = R; a wrong number or an undeliverable message leaves
 * open whether the person on the roll was there to be asked = UO; all other codes without an answer were sent to somebody on the frozen roll = NC. A screen that is
 * opened and left is not counted (the service keeps no trace of it), so break-offs are among NC.
 * @throws RangeError if there are more cases than codes
 */
export function classifyCases(cases: KnownCases): Dispositions {
  const { issued, valid, partial, optedOut, wrongNumber, undeliverable, ineligible } = cases;
  const rest = issued - valid - partial - optedOut - wrongNumber - undeliverable - ineligible;
  if (rest < 0) throw new RangeError(`classifyCases: ${-rest} cases more than codes`);
  return {
    I: valid,
    P: partial,
    R: optedOut,
    NC: rest,
    O: 0,
    UH: 0,
    UO: wrongNumber + undeliverable,
    NE: ineligible,
  };
}
