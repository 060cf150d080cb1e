import type { ContentHash } from './ids.ts';

export const templateKinds = ['questionnaire', 'profile'] as const;
export type TemplateKind = (typeof templateKinds)[number];
/** Where a version came from: a JSON file, a workbook in the form of XLSForm, or another template that was adapted. */
export const templateOrigins = ['file', 'xlsform', 'adapted'] as const;
export type TemplateOrigin = (typeof templateOrigins)[number];

/** A version of a questionnaire or rule profile that users added. Versions never change: what is edited becomes the next one. */
export interface TemplateVersion {
  /** Over all of them, from 1. */
  readonly no: number;
  readonly kind: TemplateKind;
  /** The document's own id; versions of one id follow each other. */
  readonly id: string;
  readonly version: number;
  readonly hash: ContentHash;
  readonly origin: TemplateOrigin;
  /** What changed, in the words of whoever added it; may be empty. */
  readonly note: string;
  readonly addedAt: number;
  readonly addedBy: string;
  /** Not offered any more. Campaigns that have it keep it. */
  readonly withdrawn: { readonly at: number; readonly by: string; readonly reason: string } | null;
}

/** A campaign that holds a document, and whether it could still choose another. */
export interface TemplateUse {
  readonly campaign: string;
  readonly name: string;
  readonly isFixed: boolean;
}
