/** One e-mail with all due checkpoints, each as an attachment, so that no mail program wraps its lines. */
import { postFileName, type CheckpointPost, type PostOutcome } from '../domain/evidence/witness.ts';
import { mainLanguage, translator } from '../texts/texts.ts';

const patience = 20_000;

export interface MailSettings {
  /** smtp: or smtps:, with user and password if the server requires them. */
  readonly url: string;
  readonly from: string;
}

export async function mailNotes(
  { url, from }: MailSettings,
  address: string,
  posts: readonly CheckpointPost[],
): Promise<readonly PostOutcome[]> {
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({
    url,
    connectionTimeout: patience,
    greetingTimeout: patience,
    socketTimeout: patience,
    // The content of an e-mail comes only from memory.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const origins = new Set(posts.map((p) => p.note.split('\n', 1)[0] ?? ''));
  const params = { count: posts.length, host: [...origins][0]?.split('/')[0] ?? '' };
  const languages = [mainLanguage, 'en'];
  try {
    const sent = await transport.sendMail({
      from,
      to: address,
      subject: languages.map((l) => translator(l)('witness.mail.subject', params)).join(' / '),
      text: languages.map((l) => translator(l)('witness.mail.body', params)).join('\n\n'),
      attachments: posts.map((post) => ({
        filename: postFileName(post),
        content: post.note,
        contentType: 'text/plain; charset=utf-8',
      })),
    });
    if (!sent.accepted.includes(address)) throw new Error('not accepted');
  } finally {
    transport.close();
  }
  return posts.map(() => ({ ok: true, reply: '' }));
}
