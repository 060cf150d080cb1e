/** Sends to each witness by its transport. A failure is an outcome: the queue keeps the post and retries. */
import type { CheckpointPost, PostFailure, PostOutcome, SendToWitness } from '../domain/evidence/witness.ts';
import { mailNotes, type MailSettings } from './email.ts';
import { dropFile } from './folder.ts';
import { postNote } from './http.ts';
import { submit } from './tlog.ts';

export function createWitnessSender(options: { readonly mail: MailSettings | null }): SendToWitness {
  return async ({ target }, posts, signal, history) => {
    switch (target?.kind) {
      case undefined:
        return [];
      case 'witness':
        return oneByOne(posts, signal, (post) => submit(target.url, post, history, signal));
      case 'http':
        return oneByOne(posts, signal, (post) => postNote(target.url, post, signal));
      case 'folder':
        return oneByOne(posts, signal, (post) => dropFile(target.path, post));
      case 'email': {
        const { mail } = options;
        if (!mail) return [{ ok: false, failure: { message: 'witness.failure.no-mail', params: {} } }];
        try {
          return await mailNotes(mail, target.address, posts);
        } catch (error) {
          return [{ ok: false, failure: failureOf(error) }];
        }
      }
    }
  };
}

async function oneByOne(
  posts: readonly CheckpointPost[],
  signal: AbortSignal,
  send: (post: CheckpointPost) => Promise<PostOutcome>,
): Promise<readonly PostOutcome[]> {
  const outcomes: PostOutcome[] = [];
  for (const post of posts) {
    if (signal.aborted) break;
    let outcome: PostOutcome;
    try {
      outcome = await send(post);
    } catch (error) {
      // Stopping the service is not a failure.
      if (signal.aborted) break;
      outcome = { ok: false, failure: failureOf(error) };
    }
    outcomes.push(outcome);
    if (!outcome.ok) break;
  }
  return outcomes;
}

/** Only the code: messages of libraries may repeat addresses and passwords. */
function failureOf(error: unknown): PostFailure {
  const codes: string[] = [];
  for (let e: unknown = error, depth = 0; e instanceof Error && depth < 4; e = e.cause, depth++) {
    const { code } = e as NodeJS.ErrnoException;
    codes.push(typeof code === 'string' ? code : e.name);
  }
  return { message: 'witness.failure.unreachable', params: { code: codes.at(-1) ?? 'unknown' } };
}
