import type { CampaignId, CountyCode, SchoolId } from './ids.ts';
import type { Group, IssuedSet } from './vocabulary.ts';

/** What a code's answer is counted under. Holds no contact, school or time. */
export interface IssuedCode {
  readonly pseudonym: Uint8Array;
  readonly samplingStratum: number;
  readonly reportingStratum: number;
  readonly questionnaire: number;
  readonly set: IssuedSet;
}

export interface Issued extends IssuedCode {
  readonly county: CountyCode;
}

export interface CodeExport {
  readonly id: string;
  readonly campaign: CampaignId;
  readonly county: CountyCode;
  readonly kind: 'invitation' | 'reminder' | 'replacement' | 'late' | 'slips';
  readonly format: 'xlsx' | 'csv' | 'html';
  readonly groups: readonly Group[];
  readonly count: number;
  readonly fileHash: string;
  readonly by: string;
  readonly at: number;
}

export interface OpenLink {
  /** Random part of /q/{link}. */
  readonly id: string;
  readonly campaign: CampaignId;
  readonly county: CountyCode;
  readonly group: Group;
  readonly school: SchoolId | null;
  readonly reportingStratum: number;
  readonly questionnaire: number;
  readonly createdAt: number;
}
