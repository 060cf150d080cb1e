export const reminderAnswers = ['sent', 'declined'] as const;
export type ReminderAnswer = (typeof reminderAnswers)[number];

/** An official asks the commissioner for a reminder to all strata of the county, never to selected schools. */
export interface ReminderRequest {
  readonly no: number;
  readonly by: string;
  readonly at: number;
  readonly note: string;
  /** null: not answered yet. */
  readonly answer: ReminderAnswer | null;
  readonly answerNote: string | null;
  readonly answeredBy: string | null;
  readonly answeredAt: number | null;
}
