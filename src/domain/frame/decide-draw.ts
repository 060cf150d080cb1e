import type { CampaignState, FrameState } from '../campaign/life-cycle.ts';
import { commitToCodes, lateCommitment, sortCells, type IssueCommitment } from '../code/commitment.ts';
import { AppError } from '../errors.ts';
import { toHex } from '../hash.ts';
import type { NewCanary, PlacedCanary } from '../model/canary.ts';
import type { CampaignCounty } from '../model/campaign.ts';
import type { IssuedCode } from '../model/code.ts';
import type { Decision } from '../model/decision.ts';
import type { CountyCode } from '../model/ids.ts';
import { stampOf, type Stamp } from '../model/stamp.ts';
import { compareBytes } from './sample.ts';
import type { ReportingStratum, SamplingStratum } from './strata.ts';

type Draw = NonNullable<CampaignCounty['draw']>;
export type Seeding = Pick<Draw, 'dice' | 'seed' | 'moves' | 'quotas'>;

/**
 * frozen → drawing: one seed, never changed.
 * @throws AppError conflict `campaign.not-draft`, `draw.done`, `draw.not-frozen`
 */
export function decideSeed(
  state: {
    readonly campaignState: CampaignState;
    readonly county: CountyCode;
    readonly frameState: FrameState;
    readonly isSeeded: boolean;
  },
  { dice, seed: bytes, moves, quotas }: Seeding,
  stamp: Stamp,
): Decision<{ readonly frameState: 'drawing'; readonly draw: Draw }> {
  const { county } = state;
  if (state.isSeeded) throw new AppError('conflict', 'draw.done');
  if (state.campaignState !== 'draft') throw new AppError('conflict', 'campaign.not-draft');
  if (state.frameState !== 'frozen') throw new AppError('conflict', 'draw.not-frozen');
  const seed = toHex(bytes);
  const body = { dice, seed, moves: moves.map((m) => ({ ...m })), quotas, ...stampOf(stamp) };
  return {
    changes: {
      frameState: 'drawing',
      draw: { dice, seed: bytes, moves, quotas, by: stamp.actor.name, at: stamp.at },
    },
    leaves: [{ county, type: 'draw', body }],
    trail: [{ action: 'draw.seed', county, details: { dice, seed, moves, quotas } }],
  };
}

/** @throws AppError conflict `draw.not-drawing` */
export function assertDrawing(frameState: FrameState): void {
  if (frameState !== 'drawing') throw new AppError('conflict', 'draw.not-drawing');
}

/** A test contact that becomes a contact of the sample, with its code. */
export interface CanaryPlacement {
  readonly canary: NewCanary;
  readonly code: IssuedCode;
}

export interface DrawnSample {
  readonly sampling: readonly SamplingStratum[];
  readonly reporting: readonly ReportingStratum[];
  readonly canaries: readonly PlacedCanary[];
  /** For the stored codes, without those of test contacts. */
  readonly commitment: IssueCommitment;
}

/**
 * drawing → drawn.
 * @param waiting test contacts that were sealed before the draw
 * @throws AppError conflict `draw.not-drawing`; not-found `canaries.not-now`
 */
export function decideDrawn(
  state: {
    readonly county: CountyCode;
    readonly frameState: FrameState;
    readonly waiting: readonly NewCanary[];
  },
  { sampling, reporting, canaries, commitment }: DrawnSample,
  stamp: Stamp,
): Decision<{ readonly frameState: 'drawn'; readonly placements: readonly CanaryPlacement[] }> {
  const { county } = state;
  assertDrawing(state.frameState);
  const placements = canaries.map((placed) => placeCanary(state.waiting, placed));
  const codes = placements.map((p) => p.code).sort((a, b) => compareBytes(a.pseudonym, b.pseudonym));
  return {
    changes: { frameState: 'drawn', placements },
    leaves: [
      {
        county,
        type: 'issue',
        body: {
          sampling: sampling.map((s) => ({ ...s })),
          reporting: reporting.map((r) => ({ ...r, schools: [...r.schools], issued: { ...r.issued } })),
          // Test contacts have their own cells.
          codes: sortCells([...commitment.codes, ...commitToCodes(codes)]),
          contacts: commitment.contacts,
          ...stampOf(stamp),
        },
      },
    ],
    trail: [
      {
        action: 'draw.done',
        county,
        details: {
          strata: sampling.map(({ kind: _, ...stratum }) => stratum),
          reportingStrata: reporting.length,
        },
      },
    ],
  };
}

function placeCanary(waiting: readonly NewCanary[], placed: PlacedCanary): CanaryPlacement {
  const canary = waiting.find((c) => compareBytes(c.entry, placed.entry) === 0);
  if (!canary) throw new AppError('not-found', 'canaries.not-now');
  const { pseudonym, questionnaire } = canary;
  const { samplingStratum, reportingStratum } = placed;
  return {
    canary,
    code: { pseudonym, samplingStratum, reportingStratum, questionnaire, set: 'canary' },
  };
}

/**
 * Codes for contacts added after the freeze: outside every denominator, and listed individually in the log.
 * @throws AppError conflict `late.not-drawn`
 */
export function decideLateIssue(
  state: {
    readonly campaignState: CampaignState;
    readonly county: CountyCode;
    readonly frameState: FrameState;
    readonly reporting: readonly ReportingStratum[];
  },
  codes: readonly IssuedCode[],
  stamp: Stamp,
): Decision<{ readonly strata: readonly Pick<ReportingStratum, 'no' | 'issued'>[] }> {
  const { campaignState, county, frameState } = state;
  if (frameState !== 'drawn' || (campaignState !== 'draft' && campaignState !== 'open'))
    throw new AppError('conflict', 'late.not-drawn');
  const strata = state.reporting.flatMap(({ no, issued }) => {
    const more = codes.filter((c) => c.reportingStratum === no).length;
    return more === 0 ? [] : [{ no, issued: { ...issued, other: issued.other + more } }];
  });
  return {
    changes: { strata },
    leaves:
      codes.length > 0
        ? [{ county, type: 'late-issue', body: { codes: lateCommitment(codes), ...stampOf(stamp) } }]
        : [],
    trail: [{ action: 'codes.late', county, details: { codes: codes.length } }],
  };
}
