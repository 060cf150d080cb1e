/** A gateway calls us to say what became of messages. What stands in the call is untrusted until its secret or signature is checked. */
export interface ReceiptCall {
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** As it was sent; empty with GET. */
  readonly body: string;
}

/** `refused`: secret or signature are wrong. `unreadable`: they are right, and it is no receipt. */
export type ReceiptReply =
  | { readonly kind: 'refused' }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'taken'; readonly contentType: string; readonly body: string };

/** Takes the calls for one channel. Throws what the listener of receipts throws: then the gateway calls again. */
export interface ReceiptReceiver {
  readonly channel: string;
  /** Left out: receipts. */
  readonly what?: 'receipts' | 'replies';
  receive(call: ReceiptCall): Promise<ReceiptReply>;
}
