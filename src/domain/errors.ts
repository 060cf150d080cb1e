/**
 * The one error class for outcomes that a caller can act on. `kind` is a closed union: the HTTP status and the CLI exit code are
 * two tables at the edges. `message` is a key of the message files (src/texts/<language>/), never a sentence, so that every edge
 * shows it in its reader's language; `params` fill its {placeholders}.
 */
export type ErrorKind =
  | 'invalid' // the input is wrong; `issues` may name each fault
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict' // right input, wrong moment or state
  | 'too-large'
  | 'too-many'
  | 'unavailable' // try again later
  | 'corrupt' // stored data does not verify
  | 'config';

export type MessageParams = Readonly<Record<string, string | number>>;

/** One fault of an input: its position, and the message that says what to do. */
export interface Issue {
  /** Position: `items[3].text`, `row 17`, a field name. Empty for the whole input. */
  readonly path: string;
  readonly message: string;
  readonly params?: MessageParams;
}

export class AppError extends Error {
  readonly kind: ErrorKind;
  readonly params: MessageParams;
  readonly issues: readonly Issue[];
  constructor(
    kind: ErrorKind,
    message: string,
    options: { params?: MessageParams; issues?: readonly Issue[]; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.kind = kind;
    this.params = options.params ?? {};
    this.issues = options.issues ?? [];
  }
}
