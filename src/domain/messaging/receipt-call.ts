/** A gateway calls us to report outcomes of messages. The call is untrusted until its secret or signature is checked. */
export interface ReceiptCall {
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** As sent; empty with GET. */
  readonly body: string;
}

/** `refused`: secret or signature are wrong. `unreadable`: they are right, but it is not a receipt. */
export type ReceiptReply =
  | { readonly kind: 'refused' }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'taken'; readonly contentType: string; readonly body: string };

/** Takes the calls for one channel. Throws what the listener of receipts throws; the gateway then calls again. */
export interface ReceiptReceiver {
  readonly channel: string;
  /** Left out: receipts. */
  readonly what?: 'receipts' | 'replies';
  receive(call: ReceiptCall): Promise<ReceiptReply>;
}
