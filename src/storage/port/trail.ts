import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { Stamp } from '../../domain/model/stamp.ts';
import type { TrailEntry } from '../../domain/model/trail.ts';

export interface TrailReader {
  listTrail(filter: {
    readonly campaign: CampaignId | null;
    readonly counties: readonly CountyCode[] | null;
    readonly before: number | null;
    readonly limit: number;
  }): Promise<readonly TrailEntry[]>;
}

export interface TrailWriter {
  /** For events that change no other table (log-in refused too often, backup made). */
  appendTrail(
    stamp: Stamp,
    entry: {
      readonly action: string;
      readonly campaign: CampaignId | null;
      readonly county: CountyCode | null;
      readonly details: Readonly<Record<string, unknown>>;
    },
  ): Promise<void>;
}
