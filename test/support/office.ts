/** LibreOffice without a window, where it is installed with the component that opens such files. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './at-end.ts';

const folders = [
  '/usr/lib/libreoffice/program',
  '/usr/lib64/libreoffice/program',
  '/opt/libreoffice/program',
];
const has = (library: string) => folders.some((folder) => existsSync(join(folder, library)));

/** Each program opens its own files: Writer .docx, Calc .xlsx. */
export const hasOffice = has('libswlo.so') && has('libsclo.so');
export const needsOffice =
  ' (needs: apt-get install --no-install-recommends libreoffice-writer-nogui libreoffice-calc-nogui)';

/** Each file as PDF, in one run. A profile of its own, so that no other LibreOffice is in the way. @throws Error with what LibreOffice said */
export function officePdfs(
  files: readonly { readonly bytes: Uint8Array; readonly ending: 'docx' | 'xlsx' }[],
): readonly Buffer[] {
  const place = temporaryFolder('manyi-office');
  const folder = place.path;
  try {
    const paths = files.map(({ bytes, ending }, i) => {
      const path = join(folder, `file-${i}.${ending}`);
      writeFileSync(path, bytes);
      return path;
    });
    const { stdout, stderr } = spawnSync(
      'soffice',
      [
        `-env:UserInstallation=file://${join(folder, 'profile')}`,
        '--headless',
        '--convert-to',
        'pdf',
        '--outdir',
        folder,
        ...paths,
      ],
      { encoding: 'utf8', timeout: 120_000 },
    );
    const made = readdirSync(folder);
    return files.map((_, i) => {
      if (!made.includes(`file-${i}.pdf`)) throw new Error(`${stdout}\n${stderr}`);
      return readFileSync(join(folder, `file-${i}.pdf`));
    });
  } finally {
    place.remove();
  }
}
