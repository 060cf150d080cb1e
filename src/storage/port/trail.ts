import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { Stamp } from '../../domain/model/stamp.ts';
import type { TrailEntry, TrailFilter } from '../../domain/model/trail.ts';

export interface TrailReader {
  /** Newest first. */
  listTrail(filter: TrailFilter): Promise<readonly TrailEntry[]>;
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
