/**
 * One file per checkpoint in a folder that someone else owns (a mounted share, a synchronised folder). The folder is never
 * created: a missing one is a share that is not mounted. A file appears complete or not at all, and existing ones are never
 * replaced.
 */
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { postFileName, type CheckpointPost, type PostOutcome } from '../domain/evidence/witness.ts';

export async function dropFile(folder: string, post: CheckpointPost): Promise<PostOutcome> {
  const path = join(folder, postFileName(post));
  const there = await readIfThere(path);
  if (there === post.note) return { ok: true, reply: '' };
  if (there !== undefined)
    return { ok: false, failure: { message: 'witness.failure.other-file', params: { file: path } } };
  const temporary = `${path}.part`;
  await rm(temporary, { force: true });
  const file = await open(temporary, 'wx', 0o644);
  try {
    await file.writeFile(post.note);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  return { ok: true, reply: '' };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
