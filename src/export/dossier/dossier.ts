/** A survey's part of the archive of an inspection, and the numbering of its files. */
import type { CampaignCounty } from '../../domain/model/campaign.ts';
import type { Purpose } from '../../domain/model/vocabulary.ts';
import type { SamplingStratum } from '../../domain/frame/strata.ts';
import type { TrailEntry } from '../../domain/model/trail.ts';
import type { RuleProfile } from '../../domain/scoring/rules/profile.ts';
import type { Questionnaire } from '../../domain/questionnaire/template.ts';
import type { Publication } from '../publication.ts';

export interface Dossier {
  /** The figures after suppression, the roll's root, every checkpoint. */
  readonly publication: Publication;
  readonly isReleased: boolean;
  readonly county: CampaignCounty;
  readonly purpose: Purpose;
  readonly profile: RuleProfile;
  /** Documents as frozen, byte for byte: the hash of each is in the log. */
  readonly documents: {
    readonly profile: FrozenDocument;
    readonly questionnaires: readonly (FrozenDocument & { readonly questionnaire: Questionnaire })[];
  };
  readonly sampling: readonly SamplingStratum[];
  /** Everything that left the service, oldest first. */
  readonly handedOut: readonly TrailEntry[];
  /** Programs that check a bundle; empty if the installation was not built. */
  readonly verifier: readonly { readonly name: string; readonly content: Uint8Array }[];
}

interface FrozenDocument {
  readonly hash: string;
  readonly body: string;
}

/** What counts as handed out. */
export const handingOut = [
  'codes.export',
  'links.create',
  'evidence.bundle',
  'publication.made',
  'analysis.export',
  'dossier.made',
] as const;

/**
 * The item of the inspection's archive under which the survey is filed: the application's fourth or, for the inspectors' own
 * questionnaire at the sample schools, its thirty-second.
 */
export function archiveItem(purpose: Purpose): number {
  return purpose === 'spot-check' ? 32 : 4;
}
