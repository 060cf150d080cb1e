import type { CampaignId, CountyCode, SchoolId } from './ids.ts';
import type { Group, IssuedSet } from './vocabulary.ts';

/** The strata and questionnaire of a code. Holds no contact, school or time. */
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

/** State of the planned codes without a contact. */
export interface SlipCount {
  readonly planned: number;
  /** The largest number of slips on one printed page; 0: none was made. */
  readonly printed: number;
  /** The largest number of codes in one spreadsheet of slips, which also has those of invited contacts that get no message. */
  readonly inFile: number;
  /** Answers by codes of slips. While the campaign is open in steps of five, like rates. */
  readonly used: number;
}
