/** Contacts declared not to belong to the roll. */
import { hasIneligible, sumIneligible } from '../../campaign/proposal.ts';
import { first, type Run } from './run.ts';

/** More than a stratum has would make its N too small, and the figure of the others too precise. */
export function checkIneligible(run: Run): void {
  const strata = first(run, 'issue')?.sampling ?? [];
  for (const [i, { samplingStratum, leaf, contacts, issued }] of run.declared.entries()) {
    const stratum = strata.find((s) => s.no === samplingStratum);
    const all = sumIneligible(run.declared.slice(0, i + 1), samplingStratum);
    if (stratum && issued <= contacts && hasIneligible(stratum, all)) continue;
    const drawn = (stratum?.drawn ?? 0) + (stratum?.replacements ?? 0);
    run.find(
      'ineligible',
      leaf,
      `stratum ${samplingStratum}: at most ${drawn} drawn of ${stratum?.frameSize ?? 0}`,
      `${all.issued} drawn of ${all.contacts}`,
    );
  }
}
