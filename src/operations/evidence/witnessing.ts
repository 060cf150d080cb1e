/** This office as a witness of other installations' logs (C2SP tlog-witness). */
import { AppError } from '../../domain/errors.ts';
import { formatNote, parseSignatureLine } from '../../domain/evidence/note.ts';
import {
  decideAddCheckpoint,
  parseAddCheckpoint,
  type AddCheckpoint,
  type WitnessAnswer,
  type WitnessedHead,
  type WitnessStore,
} from '../../domain/evidence/tlog-witness.ts';
import type { Cosigner } from '../../keys/note-signer.ts';

export interface WitnessDeps {
  readonly store: WitnessStore;
  readonly cosigner: Cosigner;
  readonly now: () => number;
}

export type WitnessReply =
  | { readonly status: 200; readonly line: string; readonly head: WitnessedHead }
  | Exclude<WitnessAnswer, { status: 200 }>;

/**
 * A signature is returned only after it is durable.
 * @param body of the request
 */
export function addCheckpoint({ store, cosigner, now }: WitnessDeps, body: string): WitnessReply {
  let request: AddCheckpoint;
  try {
    request = parseAddCheckpoint(body);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { status: 400, why: 'witness.refused.malformed' };
  }
  const [origin = ''] = request.note.split('\n', 1);
  return store.advance<WitnessReply>(origin, (trusted, latest) => {
    const answer = decideAddCheckpoint(trusted, latest, request);
    const at = now();
    if (answer.status !== 200) {
      const head = 'contradicts' in answer ? answer.contradicts : null;
      return { keep: null, refused: head && { ...head, note: request.note, at }, result: answer };
    }
    const { head, note } = answer;
    const line = cosigner.sign(note.text, at);
    const signed = formatNote({
      text: note.text,
      signatures: [...note.signatures, parseSignatureLine(line)],
    });
    return {
      keep: { ...head, note: signed, at },
      refused: null,
      result: { status: 200, line, head },
    };
  });
}
