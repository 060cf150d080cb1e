import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { FileContent, RollFile } from '../../domain/model/roll-file.ts';
import type { Stamp } from '../../domain/model/stamp.ts';

export interface RollFileReader {
  findRollFile(id: string): Promise<RollFile | undefined>;
  /** Newest first; of closed ones only those with rows that were left out. */
  listRollFiles(campaign: CampaignId, county: CountyCode): Promise<readonly RollFile[]>;
  /** Of all campaigns: files interrupted by a stop, and files waiting since before `before`. */
  listStaleRollFiles(before: number): Promise<readonly RollFile[]>;
  listRollFilePages(
    file: string,
    after: number,
    limit: number,
  ): Promise<readonly { readonly no: number; readonly sealed: Uint8Array }[]>;
}

export interface RollFileWriter {
  /** @throws conflict `frame.frozen`, `roll.handed-in`, `roll.files-many` */
  createRollFile(
    stamp: Stamp,
    created: Pick<RollFile, 'id' | 'campaign' | 'county' | 'school' | 'fileName'>,
  ): Promise<void>;
  /**
   * A part of a file that is being read.
   * @throws conflict `roll-file.state`
   */
  saveRollFilePage(file: string, no: number, sealed: Uint8Array): Promise<void>;
  /** reading → waiting or refused. @throws conflict `roll-file.state` */
  finishRollFile(stamp: Stamp, file: string, fileHash: string, content: FileContent): Promise<void>;
  /** @throws conflict `roll-file.state`, unless it waits */
  saveFileChoices(file: string, choices: Uint8Array, importId: string | null): Promise<void>;
  /** Erases its rows, except those left out, if given. Repeatable: an interrupted one resumes. */
  closeRollFile(
    stamp: Stamp,
    file: string,
    why: 'applied' | 'discarded' | 'expired',
    leftOut?: { readonly rows: number; readonly sealed: Uint8Array },
  ): Promise<void>;
}
