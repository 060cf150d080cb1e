import type { CampaignId, CountyCode } from './ids.ts';

export interface TrailEntry {
  readonly no: number;
  readonly at: number;
  readonly actor: string;
  readonly role: string;
  readonly via: string;
  readonly action: string;
  readonly campaign: CampaignId | null;
  readonly county: CountyCode | null;
  readonly details: Readonly<Record<string, unknown>>;
}
