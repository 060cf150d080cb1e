/**
 * A channel carries messages to people. It knows its gateway's protocol and nothing about campaigns. The outbox decides what is
 * due, to whom and when, and reads the capabilities first.
 */
export interface ChannelCapabilities {
  /** The text may contain a different link for each person. */
  readonly personalLink: boolean;
  /** Variables may differ in length from person to person. */
  readonly variableLength: boolean;
  readonly maxSegments: number;
  /** Whether the text must end with opt-out instructions, must not, or may. */
  readonly optOutText: 'required' | 'forbidden' | 'free';
  /** HH:MM, China time; can only narrow the service's own window. */
  readonly window: { readonly from: string; readonly to: string } | undefined;
  /** The gateway reports the outcome of a message later. */
  readonly receipts: boolean;
  /** Texts are registered with the vendor; only the id of a text and its variables are sent. */
  readonly templateIds: boolean;
  readonly perSecond: number;
  /** The message's id prevents a repeated submission from reaching the person twice. */
  readonly idempotent: boolean;
}

export interface OutgoingMessage {
  /** The same at every attempt; reveals nothing about the person. */
  readonly id: string;
  readonly to: string;
  /** As the person reads it, including the signature. */
  readonly text: string;
  /** county, closes, address, code: the values in the text (`SmsValues`). */
  readonly variables: Readonly<Record<string, string>>;
  /** Of an e-mail. */
  readonly subject?: string;
}

export type Refusal = 'wrong-number' | 'opted-out' | 'blocked-text' | 'rejected';

/**
 * `refused` is final. `retry`: nothing is wrong with the message. `mayHaveBeenSent`: the gateway may have accepted it before the
 * connection was lost, so the next attempt may be a second message for the person.
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

/** Outcome of an accepted message. A gateway may report it twice, or before it has responded to the submission. */
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
  /** smpp, http, aliyun, tencent, email, loopback; absent: the same as the name. */
  readonly kind?: string;
  /** Only these are accepted. Absent: any text. */
  readonly registered?: RegisteredTexts;
  readonly capabilities: ChannelCapabilities;
  /** Never throws because of the gateway. The result contains neither the recipient nor a secret. */
  send(message: OutgoingMessage): Promise<SendOutcome>;
  /** The listener resolves when the receipt is stored; only then is it acknowledged to the gateway. */
  onReceipt(listener: (receipt: Receipt) => Promise<void>): void;
  /** The same for replies. Absent: replies do not come through this channel. */
  onReply?(listener: (reply: Reply) => Promise<void>): void;
  /** Waits for the responses to messages in progress, for a limited time. */
  close(): Promise<void>;
}
