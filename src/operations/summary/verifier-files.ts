/** The programs that check a bundle, as built by `npm run build`. */
import { readFile } from 'node:fs/promises';

const names = ['verify.html', 'manyi-verify.mjs'] as const;
/** Beside the built service, or in `dist` if it runs from its sources. */
const folders = ['../../verifier/', '../../../dist/verifier/'];

/** Empty if they were not built. */
export async function readVerifier(): Promise<
  readonly { readonly name: string; readonly content: Uint8Array }[]
> {
  for (const folder of folders) {
    const read = names.map(async (name) => ({
      name,
      content: new Uint8Array(await readFile(new URL(`${folder}${name}`, import.meta.url))),
    }));
    const found = await Promise.all(read).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (found !== null) return found;
  }
  return [];
}
