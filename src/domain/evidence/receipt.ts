/**
 * A receipt: the log's signed promise that a leaf will be in it at close. It has only the log's name and the leaf's hash. So it
 * tells neither the answer nor whether another answer came before or after: a superseded leaf stays in the log like any other.
 * Its first line contains spaces, so it cannot be the name of a log. A receipt can therefore not be mistaken for a checkpoint,
 * which the same key signs, nor a checkpoint for a receipt.
 */
import { AppError } from '../errors.ts';
import { fromBase64, toBase64 } from '../hash.ts';
import { campaignIdSchema, countyCodeSchema, type CampaignId, type CountyCode } from '../model/ids.ts';
import { isSignedBy, parseNote, type Note, type NoteKey } from './note.ts';

const firstLine = 'manyi receipt v1';

export interface Receipt {
  /** The log's name, as in its checkpoints. */
  readonly origin: string;
  readonly campaign: CampaignId;
  readonly county: CountyCode;
  readonly leaf: Uint8Array;
}

/** The text to be signed with the log's own key. */
export function formatReceipt({ origin, leaf }: Pick<Receipt, 'origin' | 'leaf'>): string {
  if (leaf.length !== 32) throw new RangeError('not a leaf hash');
  return `${firstLine}\n${origin}\n${toBase64(leaf)}\n`;
}

function refuse(fault: string): AppError {
  return new AppError('invalid', 'evidence.receipt', { params: { fault } });
}

/** Normalises pasted text: lines that lost or gained spaces, the last line break, or the empty line before the signature. */
function tidy(raw: string): string {
  const lines = raw
    .replace(/^\ufeff/, '')
    .split(/\r?\n|\r/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const signed = lines.findIndex((line) => line.startsWith('\u2014 '));
  if (signed < 0) throw refuse('no signature');
  return `${lines.slice(0, signed).join('\n')}\n\n${lines.slice(signed).join('\n')}\n`;
}

/**
 * The log whose receipt it claims to be; the signature is not checked yet.
 * @throws AppError invalid `evidence.receipt`
 */
export function parseReceipt(raw: string): Receipt & { readonly note: Note } {
  if (raw.length > 4_000) throw refuse('too long');
  let note: Note;
  let leaf: Uint8Array;
  const text = tidy(raw);
  const [first, origin = '', hash = '', ...rest] = text.slice(0, text.indexOf('\n\n')).split('\n');
  if (first !== firstLine || rest.length > 0) throw refuse('not a receipt');
  try {
    note = parseNote(text);
    leaf = fromBase64(hash);
  } catch {
    throw refuse('not a receipt');
  }
  const match = /^\S+\/log\/([^/]+)\/([^/]+)$/.exec(origin);
  const campaign = campaignIdSchema.safeParse(match?.[1]);
  const county = countyCodeSchema.safeParse(match?.[2]);
  if (leaf.length !== 32 || !campaign.success || !county.success) throw refuse('not a receipt');
  return { origin, campaign: campaign.data, county: county.data, leaf, note };
}

/** @throws AppError invalid `evidence.receipt`, or `evidence.receipt-key` if the key did not sign it */
export function openReceipt(raw: string, key: NoteKey): Receipt {
  const { note, ...receipt } = parseReceipt(raw);
  if (receipt.origin !== key.name || !isSignedBy(note, key))
    throw new AppError('invalid', 'evidence.receipt-key', { params: { origin: receipt.origin } });
  return receipt;
}
