import { AppError } from '../errors.ts';
import { contentHash, toHex } from '../hash.ts';
import type { Campaign } from '../model/campaign.ts';
import { inspectionLeaf } from '../inspection/leaf.ts';
import type { Decision } from '../model/decision.ts';
import type { InspectionVersion } from '../model/inspection.ts';
import type { CountyCode } from '../model/ids.ts';
import type { School } from '../model/school.ts';
import type { RuleProfile } from '../scoring/rules/profile.ts';
import { stampOf, type Stamp } from '../model/stamp.ts';
import { committedSchools } from './roll/school-plan.ts';

/** Result of paging through a county's roll. */
export interface ComputedFrame {
  /** RFC 6962 root over the entries, ascending ids. */
  readonly root: Uint8Array;
  readonly size: number;
  /** Of the roll, read before the first page. */
  readonly version: number;
}

export interface RollState {
  readonly campaign: Pick<Campaign, 'id' | 'state' | 'profile' | 'questionnaires' | 'counties'>;
  readonly county: CountyCode;
  /** From the campaign's rule profile. If it draws nobody, anyone can answer by open link: that needs schools, but no roll. */
  readonly sampling: RuleProfile['sampling'];
  readonly schools: readonly School[];
  /** A file waits for confirmation, is staged, or is being applied or withdrawn. */
  readonly importPending: boolean;
  readonly size: number;
  readonly version: number;
  /** What the county's inspection stated before the log existed, in order. */
  readonly inspection: readonly InspectionVersion[];
}

/**
 * preparing → frozen. Comparing sizes is not enough: an import that only adds schools to known contacts changes entries, but not
 * their number.
 * @throws AppError conflict `campaign.not-draft`, `frame.frozen`, `frame.import-pending`, `frame.changed`, `frame.empty`
 */
export function decideFreeze(
  { campaign, county: code, sampling, schools, importPending, size, version, inspection }: RollState,
  frame: ComputedFrame,
  stamp: Stamp,
): Decision<{
  readonly frameState: 'frozen';
  readonly root: Uint8Array;
  readonly frameSize: number;
  readonly frozenAt: number;
}> {
  const county = campaign.counties.find((c) => c.code === code);
  if (!county) throw new AppError('not-found', 'county.not-found', { params: { county: code } });
  if (campaign.state !== 'draft') throw new AppError('conflict', 'campaign.not-draft');
  if (county.frameState !== 'preparing') throw new AppError('conflict', 'frame.frozen');
  if (importPending) throw new AppError('conflict', 'frame.import-pending');
  if (version !== frame.version || size !== frame.size) throw new AppError('conflict', 'frame.changed');
  if (size === 0 && county.slips.length === 0 && sampling === 'drawn')
    throw new AppError('conflict', 'frame.empty');
  const root = toHex(frame.root);
  return {
    changes: { frameState: 'frozen', root: frame.root, frameSize: size, frozenAt: stamp.at },
    leaves: [
      {
        county: code,
        type: 'frame',
        body: {
          campaign: campaign.id,
          county: code,
          name: county.name,
          residents: county.residents,
          slips: county.slips.map(({ group, count }) => ({ group, count })),
          profile: campaign.profile,
          questionnaires: campaign.questionnaires.map(({ no, hash, groups, arm, official, share }) => ({
            no,
            hash,
            groups: [...groups],
            ...(arm === undefined ? {} : { arm }),
            ...(official === undefined ? {} : { official }),
            ...(share === undefined ? {} : { share }),
          })),
          schools: contentHash(committedSchools(schools)),
          root,
          size,
          ...stampOf(stamp),
        },
      },
      ...inspection.map((one) => inspectionLeaf(code, one)),
    ],
    trail: [{ action: 'frame.freeze', county: code, details: { root, size } }],
  };
}

/**
 * Checked before the seed is used, and again before codes are issued: the roll is what was frozen.
 * @throws AppError corrupt `draw.frame-changed`, `draw.root-changed`
 */
export function assertFrozenRoll(
  frozen: Pick<ComputedFrame, 'root' | 'size'>,
  found: Pick<ComputedFrame, 'root' | 'size'>,
): void {
  if (found.size !== frozen.size)
    throw new AppError('corrupt', 'draw.frame-changed', {
      params: { expected: frozen.size, got: found.size },
    });
  const [expected, got] = [toHex(frozen.root), toHex(found.root)];
  if (got !== expected) throw new AppError('corrupt', 'draw.root-changed', { params: { expected, got } });
}
