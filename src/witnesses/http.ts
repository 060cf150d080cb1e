/**
 * HTTP POST of the signed note; the response may contain the witness's signature. Redirects are not followed: the configured
 * address is the witness.
 */
import type { CheckpointPost, PostOutcome } from '../domain/evidence/witness.ts';

const patience = 10_000;
const longestReply = 16 * 1024;

export async function postNote(url: string, post: CheckpointPost, signal: AbortSignal): Promise<PostOutcome> {
  const { status, reply } = await postText(url, post.note, signal);
  return status >= 200 && status < 300 ? { ok: true, reply } : refusedWith(status);
}

export function refusedWith(status: number): PostOutcome {
  return { ok: false, failure: { message: 'witness.failure.status', params: { status } } };
}

export async function postText(
  url: string,
  body: string,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly type: string; readonly reply: string }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'text/plain; charset=utf-8', accept: 'text/plain' },
    body,
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]),
  });
  const type = response.headers.get('content-type') ?? '';
  return { status: response.status, type, reply: await readSome(response) };
}

/** Maximum size of a note with signatures; longer responses are truncated. */
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
