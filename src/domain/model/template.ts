import type { ContentHash } from './ids.ts';

export const templateKinds = ['questionnaire', 'profile'] as const;
export type TemplateKind = (typeof templateKinds)[number];
/** Origin of a version: a JSON file, an XLSForm workbook, or an adapted template. */
export const templateOrigins = ['file', 'xlsform', 'adapted'] as const;
export type TemplateOrigin = (typeof templateOrigins)[number];

/** A version of a questionnaire or rule profile added by users. Versions never change: an edit makes the next one. */
export interface TemplateVersion {
  /** Over all versions, from 1. */
  readonly no: number;
  readonly kind: TemplateKind;
  /** The document's own id; versions of one id follow each other. */
  readonly id: string;
  readonly version: number;
  readonly hash: ContentHash;
  readonly origin: TemplateOrigin;
  /** Description of the change by its author; may be empty. */
  readonly note: string;
  readonly addedAt: number;
  readonly addedBy: string;
  /** Not offered any more. Campaigns that use it keep it. */
  readonly withdrawn: { readonly at: number; readonly by: string; readonly reason: string } | null;
}

/** A campaign that uses a document, and whether it could still choose another. */
export interface TemplateUse {
  readonly campaign: string;
  readonly name: string;
  readonly isFixed: boolean;
}
