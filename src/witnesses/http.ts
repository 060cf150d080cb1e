/** HTTP POST of the signed note; the answer may hold the witness's signature. Redirects are not followed: the address in the setting is the witness. */
import type { CheckpointPost, PostOutcome } from '../domain/evidence/witness.ts';

const patience = 10_000;
const longestReply = 16 * 1024;

export async function postNote(url: string, post: CheckpointPost, signal: AbortSignal): Promise<PostOutcome> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'text/plain; charset=utf-8', accept: 'text/plain' },
    body: post.note,
    redirect: 'manual',
    signal: limit,
  });
  const reply = await readSome(response);
  return response.ok
    ? { ok: true, reply }
    : { ok: false, failure: { message: 'witness.failure.status', params: { status: response.status } } };
}

/** As much as a note with signatures can be; a longer answer is cut off, not kept. */
async function readSome(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += (chunk as Uint8Array).length;
    if (length > longestReply) break;
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks).toString('utf8');
}
