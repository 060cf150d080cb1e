/**
 * C2SP tlog-witness, the log's side. The witness signs a checkpoint only with a proof that it extends the last one that it
 * signed. If its last size differs from our record, it is asked for once: our record is behind if a response was lost.
 */
import { formatAddCheckpoint, parseWitnessedSize } from '../domain/evidence/tlog-witness.ts';
import type { CheckpointPost, LogHistory, PostOutcome } from '../domain/evidence/witness.ts';
import { postText, refusedWith } from './http.ts';

const failed = (message: string, params = {}): PostOutcome => ({ ok: false, failure: { message, params } });

/** @param prefix the witness's submission prefix */
export async function submit(
  prefix: string,
  post: CheckpointPost,
  history: LogHistory,
  signal: AbortSignal,
): Promise<PostOutcome> {
  let from = await history.signedSize(post);
  for (let isRepeated = false; ; isRepeated = true) {
    if (from > post.size) {
      const size = await history.size(post);
      // It signed a later one that we also have: it covers this one.
      if (from <= size) return { ok: true, reply: '' };
      return failed('witness.failure.ahead', { witness: from, size });
    }
    const proof = await history.prove(post, from);
    const body = formatAddCheckpoint({ oldSize: from, proof, note: post.note });
    const { status, reply } = await postText(`${prefix}/add-checkpoint`, body, signal);
    switch (status) {
      case 200:
        return { ok: true, reply, mustSign: true };
      case 409: {
        const signed = parseWitnessedSize(reply);
        if (isRepeated || signed === undefined || signed === from) return refusedWith(status);
        from = signed;
        continue;
      }
      case 403:
      case 404:
        return failed('witness.failure.not-trusted');
      case 422:
        return failed('witness.failure.inconsistent', { size: from });
      default:
        return refusedWith(status);
    }
  }
}
