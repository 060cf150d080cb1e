/** What a change of a campaign does: pure functions, so that every storage decides alike. Bodies of leaves are held byte for byte by golden-leaves.test.ts. */
import { describe, expect, test } from 'vitest';
import { decideClosing, decideClosingStep } from '../../../src/domain/campaign/decide-closing.ts';
import { decideCreation, decideDeletion, decideUpdate } from '../../../src/domain/campaign/decide-draft.ts';
import { decideExpiry, decideExpiryStep } from '../../../src/domain/campaign/decide-expiry.ts';
import { decideOpening, decideRelease } from '../../../src/domain/campaign/decide-opening.ts';
import { decideProposal, decideProposing } from '../../../src/domain/campaign/decide-proposal.ts';
import { closingSteps, expirySteps } from '../../../src/domain/campaign/life-cycle.ts';
import { systemActor } from '../../../src/domain/campaign/permissions.ts';
import {
  assertMayPropose,
  type ProposalContent,
  type ProposalState,
} from '../../../src/domain/campaign/proposal.ts';
import type { Campaign, CampaignCounty } from '../../../src/domain/model/campaign.ts';
import type { CampaignId, ContentHash, CountyCode } from '../../../src/domain/model/ids.ts';
import type { Group } from '../../../src/domain/model/vocabulary.ts';
import type { Proposal } from '../../../src/domain/model/proposal.ts';
import { unseenTime } from '../../../src/domain/service-time.ts';
import { actorsOf } from '../../support/actors.ts';

const day = 86_400_000;
const at = Date.UTC(2026, 4, 12);
const county = '990101' as CountyCode;
const { operator, secondOperator } = actorsOf([county]);
const stamp = { at, actor: operator };
const second = { at: at + 1, actor: secondOperator };
const system = { at, actor: systemActor };
const jumped = { ...unseenTime, jump: { from: at - 400 * day, to: at } };
const messageOf = (work: () => unknown): string => {
  try {
    work();
    return 'done';
  } catch (error) {
    return (error as Error).message;
  }
};

const someCounty = (patch: Partial<CampaignCounty> = {}): CampaignCounty => ({
  code: county,
  name: '云溪县',
  residents: null,
  slips: [],
  frameState: 'preparing',
  frame: null,
  draw: null,
  ...patch,
});
const draft = {
  id: 'aaaaaaaaaaaa' as CampaignId,
  name: '满意度调查',
  purpose: 'city-review',
  commissioner: '示范市教育督导室',
  commissionerPhone: '0531-88886666',
  closesAt: at + 14 * day,
  storageUntil: at + 400 * day,
  selfAdministered: false,
  demo: true,
  profile: 'aa' as ContentHash,
  questionnaires: [],
  counties: [{ code: county, name: '云溪县', residents: null, slips: [] }],
} as const;
const campaign = (patch: Partial<Campaign> = {}): Campaign => ({
  ...draft,
  counties: [someCounty()],
  state: 'draft',
  createdAt: at,
  openedAt: null,
  closingStep: null,
  closedAt: null,
  releasedAt: null,
  expiryStep: null,
  expiredAt: null,
  keyChecks: {},
  disclosureRule: 1,
  voids: [],
  ...patch,
});

describe('a draft', () => {
  test('is made once', () => {
    const decision = decideCreation(undefined, draft, stamp);
    expect(decision.changes).toMatchObject({ state: 'draft', createdAt: at, name: draft.name });
    expect(decision.trail).toEqual([
      {
        action: 'campaign.create',
        details: { name: draft.name, profile: draft.profile, counties: [county] },
      },
    ]);
    expect(messageOf(() => decideCreation(draft, draft, stamp))).toBe('campaign.exists');
  });

  test('changes in what is given, and its counties by what became of each', () => {
    const other = { code: '990102' as CountyCode, name: '松岭县', residents: null, slips: [] };
    const before = campaign({
      counties: [someCounty(), someCounty({ code: '990103' as CountyCode, name: '石桥县' })],
    });
    const { changes, trail } = decideUpdate(before, {
      name: '另一项调查',
      counties: [{ ...draft.counties[0], name: '云溪' }, other],
    });
    expect(changes.fields).toMatchObject({ name: '另一项调查', closesAt: draft.closesAt, demo: true });
    expect(changes.counties).toEqual({
      added: [other],
      changed: [{ ...draft.counties[0], name: '云溪' }],
      removed: ['990103'],
    });
    expect(trail).toEqual([{ action: 'campaign.update', details: { changed: ['name', 'counties'] } }]);
    expect(messageOf(() => decideUpdate(campaign({ state: 'open' }), {}))).toBe('campaign.not-draft');
  });

  test('is deleted while nothing of it is frozen or in a log', () => {
    expect(decideDeletion(campaign(), false).changes).toEqual({ deleted: draft.id });
    const frozen = campaign({ counties: [someCounty(), someCounty({ frameState: 'frozen' })] });
    expect(messageOf(() => decideDeletion(frozen, false))).toBe('campaign.frame-fixed');
    expect(messageOf(() => decideDeletion(campaign(), true))).toBe('campaign.logged');
    expect(messageOf(() => decideDeletion(campaign({ state: 'open' }), false))).toBe('campaign.not-draft');
  });

  test('keeps what a frozen frame was frozen with', () => {
    const frozen = campaign({ counties: [someCounty({ frameState: 'frozen' })] });
    const [own] = draft.counties;
    const refused = 'campaign.frame-fixed';
    expect(messageOf(() => decideUpdate(frozen, { profile: 'bb' as ContentHash }))).toBe(refused);
    expect(messageOf(() => decideUpdate(frozen, { questionnaires: [] }))).toBe(refused);
    expect(messageOf(() => decideUpdate(frozen, { counties: [] }))).toBe(refused);
    expect(messageOf(() => decideUpdate(frozen, { counties: [{ ...own, name: '云溪' }] }))).toBe(refused);
    const { changes } = decideUpdate(frozen, { name: '另一项调查', counties: draft.counties });
    expect(changes.counties).toEqual({ added: [], changed: [], removed: [] });
  });
});

describe('opening', () => {
  const drawn = (patch: Partial<Campaign> = {}) =>
    campaign({ counties: [someCounty({ frameState: 'drawn' })], ...patch });

  test('fixes the moment and the rules of revisions and disclosure, in a leaf of every log', () => {
    const { changes, leaves, trail } = decideOpening(drawn(), stamp);
    expect(changes).toEqual({ state: 'open', openedAt: at, revisionRule: 2, disclosureRule: 5 });
    expect(leaves.map(({ county: where, type }) => [where, type])).toEqual([['all', 'open']]);
    expect(trail.map((entry) => entry.action)).toEqual(['campaign.open']);
  });

  test('is refused for what has expired, is no draft, is not drawn, or would have ended', () => {
    const refused: readonly [Partial<Campaign>, string][] = [
      [{ expiredAt: at - 1 }, 'campaign.expired'],
      [{ expiryStep: 'erase' }, 'campaign.expired'],
      [{ state: 'open' }, 'campaign.state'],
      [{ state: 'voided', counties: [] }, 'campaign.state'],
      [{ counties: [] }, 'campaign.not-drawn'],
      [{ counties: [someCounty({ frameState: 'drawn' }), someCounty()] }, 'campaign.not-drawn'],
      [{ closesAt: at - 1 }, 'campaign.closes-in-past'],
      [{ closesAt: at }, 'campaign.closes-in-past'],
    ];
    for (const [patch, message] of refused)
      expect(
        messageOf(() => decideOpening(drawn(patch), stamp)),
        JSON.stringify(patch),
      ).toBe(message);
    expect(messageOf(() => decideOpening(drawn({ closesAt: at + 1 }), stamp))).toBe('done');
  });

  test('comes before the release, which needs a closed campaign', () => {
    expect(messageOf(() => decideRelease(drawn({ state: 'open' }), stamp))).toBe('campaign.state');
    expect(decideRelease(drawn({ state: 'closed' }), stamp).changes).toEqual({
      state: 'released',
      releasedAt: at,
    });
  });
});

describe('a proposal', () => {
  const state = (patch: Partial<ProposalState> = {}): ProposalState => ({
    state: 'open',
    storageUntil: draft.storageUntil,
    counties: [county],
    preparing: [],
    voids: [],
    proposals: [],
    sampling: [{ no: 1, frameSize: 20, drawn: 6, replacements: 2 }],
    reporting: [{ no: 1, group: 'parent' }],
    ineligible: [],
    ...patch,
  });
  const proposal = (content: ProposalContent): Proposal => ({
    ...decideProposing(state(), { id: 'p', content, reason: '停电顺延' }, stamp).changes,
    campaign: draft.id,
  });
  const twoPeople = {
    reason: '停电顺延',
    proposedBy: { id: operator.userId, name: operator.name },
    proposedAt: at,
    at: second.at,
    by: { id: secondOperator.userId, name: secondOperator.name, role: 'operator' },
  };

  test('before the roll is frozen there is nothing to void but the campaign: the leaf would stand in no log', () => {
    const other = '990102' as CountyCode;
    const unfrozen = state({ state: 'draft', counties: [county, other], preparing: [other] });
    const voiding = (of: CountyCode | null, group: Group | null = null): ProposalContent => ({
      kind: 'void',
      county: of,
      group,
      reportingStratum: null,
    });
    const early = 'proposal.void-early';
    for (const content of [voiding(null, 'parent'), voiding(other), voiding(other, 'parent')])
      expect(() => assertMayPropose(unfrozen, content, at)).toThrow(early);
    for (const content of [voiding(null), voiding(county), voiding(county, 'parent')])
      expect(() => assertMayPropose(unfrozen, content, at)).not.toThrow();
    // Made when a roll was frozen, or by an earlier version: also refused when it is confirmed.
    const made = { ...proposal(voiding(null, 'parent')), proposedBy: { id: 'x', name: 'x' } };
    expect(() => decideProposal(unfrozen, made, 'confirmed', stamp)).toThrow(early);
    expect(() => decideProposal(unfrozen, made, 'rejected', stamp)).not.toThrow();
  });

  test('is refused where it cannot be carried out', () => {
    const propose = (content: ProposalContent, patch: Partial<ProposalState> = {}) =>
      messageOf(() => assertMayPropose(state(patch), content, at));
    const voiding = (patch: Partial<Extract<ProposalContent, { kind: 'void' }>> = {}): ProposalContent => ({
      ...{ kind: 'void', county, group: null, reportingStratum: null },
      ...patch,
    });
    expect(propose(voiding({ group: 'parent', reportingStratum: 1 }))).toBe('done');
    expect(propose(voiding({ group: 'teacher', reportingStratum: 1 }))).toBe('proposal.stratum');
    expect(propose(voiding({ reportingStratum: 2 }))).toBe('proposal.stratum');
    expect(propose(voiding({ county: null, reportingStratum: 1 }))).toBe('proposal.invalid');
    expect(propose(voiding({ county: '990102' as CountyCode }))).toBe('county.not-found');
    const voids = [{ county, group: 'parent', reportingStratum: null }] as const;
    expect(propose(voiding({ group: 'parent' }), { voids })).toBe('proposal.void-covered');
    // The stratum is one of parents, whether that is said or not.
    expect(propose(voiding({ reportingStratum: 1 }), { voids })).toBe('proposal.void-covered');
    expect(propose(voiding({ group: 'teacher' }), { voids })).toBe('done');
    expect(propose(voiding(), { voids })).toBe('done');

    const ending = (closesAt: number, patch?: Partial<ProposalState>) =>
      propose({ kind: 'dates', closesAt }, patch);
    expect(ending(at)).toBe('proposal.closing-time');
    expect(ending(at + 1)).toBe('done');
    expect(ending(draft.storageUntil)).toBe('done');
    expect(ending(draft.storageUntil + 1)).toBe('proposal.closing-time');
    expect(ending(at + day, { state: 'closing' })).toBe('proposal.state');
    expect([propose({ kind: 'close' }), propose({ kind: 'release' })]).toEqual(['done', 'proposal.state']);
    const closed = { state: 'closed' } as const;
    expect(propose({ kind: 'close' }, closed)).toBe('proposal.state');
    expect(propose({ kind: 'release' }, closed)).toBe('done');

    // Of 20 contacts, 8 have a code.
    const ineligible = (contacts: number, issued: number, samplingStratum = 1) =>
      propose({ kind: 'ineligible', county, samplingStratum, contacts, issued });
    expect([ineligible(8, 8), ineligible(12, 0), ineligible(20, 8)]).toEqual(Array(3).fill('done'));
    for (const [contacts, issued] of [
      [9, 9],
      [13, 0],
      [3, 4],
    ] as const)
      expect(ineligible(contacts, issued)).toBe('proposal.ineligible');
    expect(ineligible(1, 1, 2)).toBe('proposal.stratum');
    const slips = [{ no: 1, frameSize: null, drawn: 6, replacements: 0 }];
    const one = { kind: 'ineligible', county, samplingStratum: 1, contacts: 1, issued: 1 } as const;
    expect(propose(one, { sampling: slips })).toBe('proposal.stratum');
  });

  test('is not made twice, and not confirmed after the date was moved once more, nor by its own author', () => {
    const made = proposal({ kind: 'dates', closesAt: at + day });
    const earlier = { ...made, id: 'q', proposedAt: at - day };
    const again = (decision: 'pending' | 'rejected') =>
      messageOf(() => assertMayPropose(state({ proposals: [{ ...earlier, decision }] }), made.content, at));
    expect([again('pending'), again('rejected')]).toEqual(['proposal.repeated', 'done']);
    const moved = (decidedAt: number) =>
      messageOf(() =>
        decideProposal(
          state({ proposals: [{ ...earlier, decision: 'confirmed', decidedAt }] }),
          made,
          'confirmed',
          second,
        ),
      );
    expect([moved(at - 1), moved(at), moved(at + 1)]).toEqual([
      'done',
      'proposal.outdated',
      'proposal.outdated',
    ]);
    expect(messageOf(() => decideProposal(state(), made, 'confirmed', stamp))).toBe('proposal.same-person');
    expect(messageOf(() => decideProposal(state(), made, 'rejected', stamp))).toBe('done');
    const decided = { ...made, decision: 'rejected' } as const;
    expect(messageOf(() => decideProposal(state(), decided, 'confirmed', second))).toBe('proposal.decided');
  });

  test('is made by one person, and rejected without an effect', () => {
    const made = proposal({ kind: 'dates', closesAt: at + day });
    expect(made).toMatchObject({ decision: 'pending', proposedBy: twoPeople.proposedBy, decidedBy: null });
    const { changes, leaves, trail } = decideProposal(state(), made, 'rejected', second);
    expect(changes).toEqual({
      proposal: {
        decision: 'rejected',
        decidedBy: { id: secondOperator.userId, name: secondOperator.name },
        decidedAt: second.at,
      },
    });
    expect(leaves).toEqual([]);
    expect(trail.map((t) => t.action)).toEqual(['proposal.rejected']);
  });

  test('of a date moves it, in every log', () => {
    const closesAt = at + day;
    const { changes, leaves } = decideProposal(
      state(),
      proposal({ kind: 'dates', closesAt }),
      'confirmed',
      second,
    );
    expect(changes.campaign).toEqual({ closesAt });
    expect(leaves).toEqual([{ county: 'all', type: 'dates', body: { closesAt, ...twoPeople } }]);
  });

  test('of ineligible contacts counts what was declared before', () => {
    const content = { kind: 'ineligible', county, samplingStratum: 1, contacts: 5, issued: 5 } as const;
    const made = proposal(content);
    const { changes, leaves } = decideProposal(state(), made, 'confirmed', second);
    const declared = { samplingStratum: 1, contacts: 5, issued: 5 };
    expect(changes.ineligible).toEqual({ county, ...declared, reason: '停电顺延', at: second.at });
    expect(leaves).toEqual([{ county, type: 'ineligible', body: { ...declared, ...twoPeople } }]);
    const meanwhile = state({ ineligible: [{ samplingStratum: 1, contacts: 4, issued: 4 }] });
    expect(messageOf(() => decideProposal(meanwhile, made, 'confirmed', second))).toBe('proposal.ineligible');
  });

  test('of a void, of a part and of the whole', () => {
    const part = { county, group: 'parent', reportingStratum: null } as const;
    const partly = decideProposal(state(), proposal({ kind: 'void', ...part }), 'confirmed', second);
    expect(partly.changes.campaign).toBeUndefined();
    expect(partly.leaves).toEqual([{ county, type: 'void', body: { ...part, ...twoPeople } }]);
    expect(partly.trail.map((t) => t.action)).toEqual(['proposal.confirmed']);

    const made = proposal({ kind: 'void', county: null, group: null, reportingStratum: null });
    const open = decideProposal(state(), made, 'confirmed', second);
    expect(open.changes.campaign).toEqual({ state: 'voided', closingStep: 'drain' });
    expect(open.leaves.map((l) => [l.county, l.type])).toEqual([
      ['all', 'void'],
      ['all', 'closing'],
    ]);
    expect(open.trail.map((t) => t.action)).toEqual(['proposal.confirmed', 'campaign.voided']);
    // Nothing waits to be sealed after close.
    const closed = decideProposal(state({ state: 'closed' }), made, 'confirmed', second);
    expect(closed.changes.campaign).toEqual({ state: 'voided', closingStep: null });
    expect(closed.leaves.map((l) => l.type)).toEqual(['void']);
  });
});

describe('closing', () => {
  test('is begun by a person at any time, by the clock only while the clock is trusted', () => {
    const open = campaign({ state: 'open' });
    expect(decideClosing(open, jumped, stamp).changes).toEqual({ state: 'closing', closingStep: 'drain' });
    expect(messageOf(() => decideClosing(open, jumped, system))).toBe('clock.unconfirmed');
    expect(decideClosing(open, unseenTime, system).trail).toEqual([
      { action: 'campaign.closing', details: { from: 'open' } },
    ]);
    expect(messageOf(() => decideClosing(campaign(), unseenTime, stamp))).toBe('campaign.state');
  });

  test('takes its steps in their order, each once', () => {
    let now = campaign({ state: 'closing', closingStep: 'drain' });
    const types: string[] = [];
    for (const step of closingSteps) {
      for (const wrong of closingSteps.filter((s) => s !== step))
        expect(
          messageOf(() =>
            decideClosingStep({ campaign: now, isCounted: true }, { step: wrong, details: {} }, stamp),
          ),
        ).toBe('campaign.closing-step');
      const decision = decideClosingStep({ campaign: now, isCounted: true }, { step, details: {} }, stamp);
      now = { ...now, ...decision.changes };
      types.push(...decision.leaves.map((l) => l.type));
    }
    expect(now).toMatchObject({ state: 'closed', closingStep: null, closedAt: at });
    expect(types).toEqual(['keys-destroyed', 'closed']);
  });

  test('goes on from counting only when everything is counted, and leaves a void campaign void', () => {
    const counting = campaign({ state: 'closing', closingStep: 'count' });
    const step = { step: 'count', details: {} } as const;
    expect(messageOf(() => decideClosingStep({ campaign: counting, isCounted: false }, step, stamp))).toBe(
      'campaign.closing-step',
    );
    const voided = campaign({ state: 'voided', closingStep: 'finish' });
    const { changes, trail } = decideClosingStep(
      { campaign: voided, isCounted: true },
      { step: 'finish', details: {} },
      stamp,
    );
    expect(changes).toEqual({ closingStep: null, closedAt: at });
    expect(trail.map((t) => t.action)).toEqual(['closing.finish']);
  });
});

describe('the end of the storage period', () => {
  const over = campaign({ state: 'closed', closedAt: at - day, storageUntil: at });
  const held = { ...unseenTime, seenAt: at, heldFor: day };

  test('comes when it is due, after close, by a clock that has run for a day', () => {
    expect(decideExpiry(over, held, stamp).changes).toEqual({ expiryStep: 'erase' });
    const refused = (patch: Partial<Campaign>, time = held) =>
      messageOf(() => decideExpiry({ ...over, ...patch }, time, stamp));
    expect(refused({ storageUntil: at + 1 })).toBe('expiry.too-early');
    expect(refused({ state: 'open' })).toBe('expiry.not-closed');
    expect(refused({ closingStep: 'erase' })).toBe('expiry.not-closed');
    expect(refused({ expiredAt: at })).toBe('campaign.expired');
    expect(refused({ expiryStep: 'copies' })).toBe('campaign.expired');
    expect(refused({}, { ...held, heldFor: day - 1 })).toBe('clock.not-held');
    expect(refused({}, jumped as typeof held)).toBe('clock.unconfirmed');
  });

  test('takes its steps in their order, and ends with a leaf in each log', () => {
    const logs = [county, '990102' as CountyCode];
    const tallies = { [county]: 'a'.repeat(64), ['990102' as CountyCode]: 'b'.repeat(64) };
    let now = { ...over, expiryStep: expirySteps[0] as Campaign['expiryStep'] };
    for (const step of expirySteps) {
      const state = { campaign: now, time: held, logs };
      const command = { step, details: {}, tallies };
      expect(messageOf(() => decideExpiryStep({ ...state, time: jumped }, command, stamp))).toBe(
        'clock.unconfirmed',
      );
      const { changes, leaves } = decideExpiryStep(state, command, stamp);
      now = { ...now, ...changes };
      if (changes.expiredAt === undefined) expect(leaves).toEqual([]);
      else {
        expect(leaves.map((l) => [l.county, l.body])).toEqual(
          logs.map((code) => [code, { keys: ['contacts'], tallies: tallies[code], at }]),
        );
        expect(messageOf(() => decideExpiryStep(state, { ...command, tallies: {} }, stamp))).toBe(
          'expiry.step',
        );
      }
    }
    expect(now).toMatchObject({ expiryStep: null, expiredAt: at });
  });
});
