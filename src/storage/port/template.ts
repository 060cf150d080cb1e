import type { Document } from '../../domain/model/campaign.ts';
import type { ContentHash } from '../../domain/model/ids.ts';
import type { Stamp } from '../../domain/model/stamp.ts';
import type { TemplateVersion } from '../../domain/model/template.ts';
import type { NewTemplate } from '../../domain/template/decide-template.ts';

export interface TemplateReader {
  /** All versions added by users, newest first, including withdrawn ones. Their documents: `findDocument`. */
  listTemplateVersions(): Promise<readonly TemplateVersion[]>;
}

export interface TemplateWriter {
  /**
   * @param shipped hashes of the program's own templates
   * @throws AppError as `decideTemplate`
   */
  addTemplateVersion(
    stamp: Stamp,
    command: NewTemplate,
    document: Document,
    shipped: readonly ContentHash[],
  ): Promise<TemplateVersion>;
  /** @throws not-found `template.not-found`; AppError as `decideTemplateWithdrawal` */
  withdrawTemplateVersion(
    stamp: Stamp,
    no: number,
    command: { readonly reason: string; readonly title: string },
  ): Promise<TemplateVersion>;
}
