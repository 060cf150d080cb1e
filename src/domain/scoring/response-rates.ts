import type { Group } from '../vocabulary.ts';
import { classifyCases, outcomeRates, rateNames } from './dispositions.ts';
import type { DecodedCell } from './estimate.ts';
import { noData, settle } from './figure.ts';
import type { ResponseRates, SummaryInput } from './summary-types.ts';

/**
 * AAPOR's rates of the drawn sample, all channels, by group and in total. Messages' fates are not in the tallies: a code without an answer is a case not
 * contacted, so that RR1 = RR3 = RR5 and no rate is flattered. Voided answers are the caller's to leave out.
 */
export function computeResponseRates(
  input: Pick<SummaryInput, 'profile' | 'reportingStrata'>,
  standing: readonly DecodedCell[],
): readonly ResponseRates[] {
  const groups = input.profile.groups
    .map((rule) => rule.group)
    .filter((group) => !input.profile.requiredGroupsWithoutQuestionnaire.includes(group));
  const ratesOf = (group: Group | null): ResponseRates => {
    const belongs = (other: Group) => (group === null ? groups.includes(other) : other === group);
    const issued = input.reportingStrata
      .filter((stratum) => belongs(stratum.group))
      .reduce((sum, stratum) => sum + stratum.issued.drawn, 0);
    const answered = (valid: boolean) =>
      standing.reduce(
        (sum, cell) =>
          sum + (belongs(cell.group) && cell.set === 'drawn' && cell.valid === valid ? cell.tally.n : 0),
        0,
      );
    const [valid, partial] = [answered(true), answered(false)];
    const rates = outcomeRates(
      classifyCases({
        // A link without codes can bring more answers than were issued; those have no rate anyway.
        issued: Math.max(issued, valid + partial),
        valid,
        partial,
        optedOut: 0,
        wrongNumber: 0,
        undeliverable: 0,
        ineligible: 0,
      }),
    );
    return {
      group,
      rates: rateNames.map((name) => {
        const { numerator, denominator } = rates[name];
        return {
          name,
          figure:
            issued === 0 || !(denominator > 0)
              ? noData
              : {
                  kind: 'estimate',
                  value: settle((100 * numerator) / denominator),
                  formula: 'outcome-rate',
                  n: numerator,
                  denominator,
                },
        };
      }),
    };
  };
  return [ratesOf(null), ...groups.map((group) => ratesOf(group))];
}
