import type { Group } from './vocabulary.ts';
import type { SchoolId } from './ids.ts';

/** An inspector's test contact, with its future code. */
export interface NewCanary {
  readonly entry: Uint8Array;
  readonly group: Group;
  readonly digest: Uint8Array;
  readonly sealed: Uint8Array;
  readonly school: SchoolId | null;
  readonly sealedCode: Uint8Array;
  readonly pseudonym: Uint8Array;
  readonly questionnaire: number;
}

export interface PlacedCanary {
  readonly entry: Uint8Array;
  readonly samplingStratum: number;
  readonly reportingStratum: number;
}
