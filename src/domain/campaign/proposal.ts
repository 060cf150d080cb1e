/**
 * Proposals need two people (design 16). Whether one can be made or confirmed depends on what was confirmed meanwhile. So both
 * are decided here, from what the storing transaction has read.
 */
import { AppError } from '../errors.ts';
import { canonicalJson } from '../hash.ts';
import type { CountyCode } from '../model/ids.ts';
import type { Group } from '../model/vocabulary.ts';
import { assertTransition, type CampaignState } from './life-cycle.ts';
import type { VoidScope } from './cell-void.ts';

export type ProposalContent =
  | ({ readonly kind: 'void' } & ProposedVoid)
  | { readonly kind: 'dates'; readonly closesAt: number }
  | ({ readonly kind: 'ineligible' } & IneligibleContacts)
  /** To end before the time that respondents were told. */
  | { readonly kind: 'close' }
  /** To release a result that has no data, or is short of its floor, in some county. */
  | { readonly kind: 'release' };

/** Null: of the whole campaign. */
export function countyOfProposal(content: ProposalContent): CountyCode | null {
  return 'county' in content ? content.county : null;
}

interface ProposedVoid extends VoidScope {
  readonly county: CountyCode | null;
}

/** Contacts of the frozen frame that do not belong to it (moved away, died); `issued`: those of them with a code. */
interface IneligibleContacts extends IneligibleCount {
  readonly county: CountyCode;
}

export interface IneligibleCount {
  readonly samplingStratum: number;
  readonly contacts: number;
  readonly issued: number;
}

export interface StratumSize {
  readonly no: number;
  /** Null: no frame, as for slips. */
  readonly frameSize: number | null;
  readonly drawn: number;
  readonly replacements: number;
}

export interface EarlierProposal {
  readonly id: string;
  readonly content: ProposalContent;
  readonly proposedBy: { readonly id: string };
  readonly proposedAt: number;
  readonly decision: 'pending' | 'confirmed' | 'rejected';
  readonly decidedAt: number | null;
}

/**
 * The facts by which a proposal is checked. Strata and ineligible contacts are those of the county that it names; empty if it
 * names none.
 */
export interface ProposalState {
  readonly state: CampaignState;
  readonly storageUntil: number;
  readonly counties: readonly CountyCode[];
  /** Counties among them whose roll is not frozen: their logs have not begun. */
  readonly preparing: readonly CountyCode[];
  readonly voids: readonly VoidScope[];
  readonly proposals: readonly EarlierProposal[];
  readonly sampling: readonly StratumSize[];
  readonly reporting: readonly { readonly no: number; readonly group: Group }[];
  readonly ineligible: readonly IneligibleCount[];
}

/**
 * @throws AppError invalid `proposal.invalid`, `proposal.stratum`, `proposal.ineligible`, `proposal.closing-time`; not-found
 * `county.not-found`; conflict `campaign.state`, `proposal.state`, `proposal.void-early`, `proposal.void-covered`, `proposal.repeated`
 */
export function assertMayPropose(state: ProposalState, content: ProposalContent, now: number): void {
  assertPossible(state, content, now);
  const own = canonicalJson(content);
  if (state.proposals.some((p) => p.decision === 'pending' && canonicalJson(p.content) === own))
    throw new AppError('conflict', 'proposal.repeated');
}

/**
 * @param person who decides, identified by account
 * @throws AppError conflict `proposal.decided`, `proposal.same-person`, `proposal.outdated`, and as `assertMayPropose` if it has
 * become impossible
 */
export function assertMayDecide(
  state: ProposalState,
  proposal: EarlierProposal,
  decision: 'confirmed' | 'rejected',
  person: string,
  now: number,
): void {
  if (proposal.decision !== 'pending') throw new AppError('conflict', 'proposal.decided');
  if (decision === 'rejected') return;
  if (proposal.proposedBy.id === person) throw new AppError('conflict', 'proposal.same-person');
  assertPossible(state, proposal.content, now);
  // The proposer saw another date than the one that is set now.
  if (proposal.content.kind === 'dates' && state.proposals.some((p) => movedAfter(p, proposal.proposedAt)))
    throw new AppError('conflict', 'proposal.outdated');
}

function movedAfter(p: EarlierProposal, at: number): boolean {
  return (
    p.content.kind === 'dates' && p.decision === 'confirmed' && p.decidedAt !== null && p.decidedAt >= at
  );
}

function assertPossible(state: ProposalState, content: ProposalContent, now: number): void {
  switch (content.kind) {
    case 'dates':
      assertRunning(state);
      if (content.closesAt <= now || content.closesAt > state.storageUntil)
        throw new AppError('invalid', 'proposal.closing-time');
      return;
    case 'ineligible':
      assertRunning(state);
      assertCounty(state, content.county);
      return assertIneligible(state, content);
    case 'void':
      return assertVoid(state, content);
    case 'close':
      return assertState(state, 'open');
    case 'release':
      return assertState(state, 'closed');
  }
}

function assertState({ state }: ProposalState, wanted: CampaignState): void {
  if (state !== wanted) throw new AppError('conflict', 'proposal.state', { params: { state } });
}

function assertRunning({ state }: ProposalState): void {
  if (state !== 'open' && state !== 'draft')
    throw new AppError('conflict', 'proposal.state', { params: { state } });
}

function assertCounty({ counties }: ProposalState, county: CountyCode): void {
  if (!counties.includes(county)) throw new AppError('not-found', 'county.not-found', { params: { county } });
}

function assertIneligible(state: ProposalState, content: IneligibleContacts): void {
  const { samplingStratum } = content;
  const stratum = state.sampling.find((s) => s.no === samplingStratum);
  if (!stratum || stratum.frameSize === null) throw new AppError('invalid', 'proposal.stratum');
  const all = sumIneligible([...state.ineligible, content], samplingStratum);
  if (content.issued > content.contacts || !hasIneligible(stratum, all))
    throw new AppError('invalid', 'proposal.ineligible', {
      params: { size: stratum.frameSize, drawn: stratum.drawn + stratum.replacements },
    });
}

/** For one sampling stratum: all declared contacts, and how many of them had a code. */
export function sumIneligible(
  rows: readonly IneligibleCount[],
  samplingStratum: number,
): { readonly contacts: number; readonly issued: number } {
  const own = rows.filter((row) => row.samplingStratum === samplingStratum);
  return {
    contacts: own.reduce((sum, row) => sum + row.contacts, 0),
    issued: own.reduce((sum, row) => sum + row.issued, 0),
  };
}

/** A stratum cannot lose more contacts than it has: at most all of those drawn, and at most the rest of the others. */
export function hasIneligible(
  { frameSize, drawn, replacements }: StratumSize,
  { contacts, issued }: { readonly contacts: number; readonly issued: number },
): boolean {
  if (frameSize === null) return false;
  const withCode = drawn + replacements;
  return issued <= withCode && contacts - issued <= frameSize - withCode;
}

function assertVoid(state: ProposalState, content: ProposedVoid): void {
  assertTransition(state.state, 'voided');
  const { county, group, reportingStratum } = content;
  if (county !== null) assertCounty(state, county);
  else if (reportingStratum !== null) throw new AppError('invalid', 'proposal.invalid');
  // Its leaf would be in no log, or before the roll, which must be the first leaf. Nothing exists yet that could be void.
  const isWhole = county === null && group === null;
  const early = isWhole ? [] : state.preparing.filter((code) => county === null || code === county);
  if (early.length > 0)
    throw new AppError('conflict', 'proposal.void-early', { params: { counties: early.join(', ') } });
  const stratum = reportingStratum === null ? undefined : findStratum(state, reportingStratum, group);
  // A stratum belongs to one group, whether the group is named or not.
  const scope = { county, group: stratum?.group ?? group, reportingStratum };
  if (state.voids.some((v) => covers(v, scope))) throw new AppError('conflict', 'proposal.void-covered');
}

function findStratum(
  { reporting }: ProposalState,
  no: number,
  group: Group | null,
): { readonly group: Group } {
  const stratum = reporting.find((s) => s.no === no);
  if (!stratum || (group !== null && stratum.group !== group))
    throw new AppError('invalid', 'proposal.stratum');
  return stratum;
}

function covers(wide: VoidScope, narrow: VoidScope): boolean {
  return (['county', 'group', 'reportingStratum'] as const).every(
    (part) => wide[part] === null || wide[part] === narrow[part],
  );
}
