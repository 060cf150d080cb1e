import type { Group } from '../../model/vocabulary.ts';
import { classifyCases, outcomeRates, rateNames } from './dispositions.ts';
import type { DecodedCell } from '../estimate/estimate.ts';
import { noData, settle } from '../figure.ts';
import type { ResponseRates, SummaryInput } from './summary-types.ts';

/**
 * AAPOR's rates of the drawn sample, all channels, by group and in total. A code without an answer is a case not contacted unless
 * its delivery outcome says otherwise. Declared ineligibles are NE, and e follows from them (`estimateEligibility`). Voided
 * answers are left out by the caller.
 */
export function computeResponseRates(
  input: Pick<SummaryInput, 'profile' | 'reportingStrata' | 'samplingStrata' | 'fates' | 'ineligible'>,
  standing: readonly DecodedCell[],
): readonly ResponseRates[] {
  const groups = input.profile.groups
    .map((rule) => rule.group)
    .filter((group) => !input.profile.requiredGroupsWithoutQuestionnaire.includes(group));
  const groupOf = new Map(input.reportingStrata.map((stratum) => [stratum.no, stratum.group]));
  const sampledGroup = new Map(input.samplingStrata.map((stratum) => [stratum.no, stratum.group]));
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
    const fates = (input.fates ?? []).filter(
      (row) => row.set === 'drawn' && belongs(groupOf.get(row.reportingStratum) as Group),
    );
    // A void removes answers, but not delivery outcomes; and a declared contact may have answered after all. There are never more
    // cases than codes.
    let left = Math.max(0, issued - valid - partial);
    const take = (count: number) => {
      const taken = Math.min(left, count);
      left -= taken;
      return taken;
    };
    const ineligible = take(
      (input.ineligible ?? [])
        .filter((row) => belongs(sampledGroup.get(row.samplingStratum) as Group))
        .reduce((sum, row) => sum + row.issued, 0),
    );
    const sumOf = (fate: 'optedOut' | 'wrongNumber' | 'undeliverable') =>
      take(fates.reduce((sum, row) => sum + row[fate], 0));
    const rates = outcomeRates(
      classifyCases({
        // A link without codes can have more answers than were issued; those have no rate anyway.
        issued: Math.max(issued, valid + partial),
        valid,
        partial,
        optedOut: sumOf('optedOut'),
        wrongNumber: sumOf('wrongNumber'),
        undeliverable: sumOf('undeliverable'),
        ineligible,
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
