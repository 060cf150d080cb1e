/**
 * A channel carries messages to people. It knows its gateway's protocol and nothing of campaigns: what is due, to whom and when is decided by
 * the outbox, which reads the capabilities first.
 */
export interface ChannelCapabilities {
  /** The text may carry a link of its own for each person. */
  readonly personalLink: boolean;
  /** Variables may differ in length from person to person. */
  readonly variableLength: boolean;
  readonly maxSegments: number;
  /** Whether the text must end with how to opt out, must not, or may. */
  readonly optOutText: 'required' | 'forbidden' | 'free';
  /** HH:MM, China time; only ever narrower than the service's own window. */
  readonly window: { readonly from: string; readonly to: string } | undefined;
  /** The gateway says later what became of a message. */
  readonly receipts: boolean;
  /** Texts are registered with the vendor; only the registered text's id and the variables are sent. */
  readonly templateIds: boolean;
  readonly perSecond: number;
  /** The message's id keeps a repeated submission from reaching the person twice. */
  readonly idempotent: boolean;
}

export interface OutgoingMessage {
  /** The same at every attempt; says nothing of the person. */
  readonly id: string;
  readonly to: string;
  /** As the person reads it, signature included. */
  readonly text: string;
  /** county, closes, address, code: what the text was filled with (`SmsValues`). */
  readonly variables: Readonly<Record<string, string>>;
  /** Of an e-mail. */
  readonly subject?: string;
}

export type Refusal = 'wrong-number' | 'opted-out' | 'blocked-text' | 'rejected';

/**
 * `refused` is final. `retry`: nothing is wrong with the message; `mayHaveBeenSent` where the gateway may have taken it before the line was lost,
 * so that the next attempt may be the second message that the person gets.
 */
export type SendOutcome =
  | { readonly kind: 'accepted'; readonly providerId: string | undefined; readonly segments: number }
  | { readonly kind: 'refused'; readonly reason: Refusal }
  | {
      readonly kind: 'retry';
      readonly reason: 'throttled' | 'unavailable' | 'timed-out';
      readonly afterMs?: number;
      readonly mayHaveBeenSent: boolean;
    };

/** What became of an accepted message. A gateway may tell it twice, or before it has answered the submission. */
export interface Receipt {
  readonly providerId: string;
  readonly state: 'delivered' | 'failed' | 'wrong-number' | 'expired' | 'opted-out';
}

/** What a person sent back. */
export interface Reply {
  /** As the gateway writes it. */
  readonly from: string;
  readonly text: string;
}

/** Texts that the vendor knows, with our placeholders and without the signature. */
export interface RegisteredTexts {
  readonly signature: string;
  readonly texts: readonly string[];
}

export interface Channel {
  /** Of this channel alone. */
  readonly name: string;
  /** smpp, http, aliyun, tencent, email, loopback; left out: the same as the name. */
  readonly kind?: string;
  /** It carries no others. Left out: any text. */
  readonly registered?: RegisteredTexts;
  readonly capabilities: ChannelCapabilities;
  /** Never throws for what the gateway does; neither the recipient nor a secret stands in what it returns. */
  send(message: OutgoingMessage): Promise<SendOutcome>;
  /** The listener resolves when the receipt is stored; only then is the gateway told that it need not send it again. */
  onReceipt(listener: (receipt: Receipt) => Promise<void>): void;
  /** Likewise. Left out: replies do not come this way. */
  onReply?(listener: (reply: Reply) => Promise<void>): void;
  /** Waits for the answers of messages under way, for a bounded time. */
  close(): Promise<void>;
}
