import type { Channel, CountedSet } from '../vocabulary.ts';
export interface TallyKey {
  readonly questionnaire: number;
  readonly samplingStratum: number;
  readonly reportingStratum: number;
  readonly channel: Channel;
  readonly set: CountedSet;
  readonly valid: boolean;
}
export interface TallyCell extends TallyKey {
  readonly bytes: Uint8Array;
}
