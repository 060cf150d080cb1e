/** What the contract asks of every gateway that stands in for a real one. */
export type Mood = 'accept' | 'throttle' | 'refuse' | 'late' | 'twice' | 'cut' | 'wrong-credentials';

export interface Gateway {
  /** What would reach people. */
  readonly received: readonly { readonly to: string; readonly text: string }[];
  behave(mood: Mood): void;
  /** Tells what became of a message, in the gateway's own words. @returns whether it need not tell it again */
  deliver(providerId: string, word: string): Promise<boolean>;
  close(): Promise<void>;
}
