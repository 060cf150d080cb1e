export const handInSteps = ['handed-in', 'taken-back', 'sent-back'] as const;
export type HandInStep = (typeof handInSteps)[number];

export interface HandIn {
  readonly step: HandInStep;
  /** Why something is missing, or why it was returned. */
  readonly note: string;
  readonly by: string;
  readonly at: number;
}
