import type { CampaignId, CountyCode } from './ids.ts';

export interface TrailEntry {
  readonly no: number;
  readonly at: number;
  readonly actor: string;
  readonly role: string;
  readonly via: string;
  readonly action: string;
  readonly campaign: CampaignId | null;
  readonly county: CountyCode | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Topics of entries, for searching: prefixes of action names. */
export const trailTopics = {
  accounts: ['user.', 'login.', 'second-factor.', 'token.'],
  campaigns: ['campaign.', 'proposal.', 'divisions.', 'template.'],
  rolls: ['schools.', 'import.', 'roll-file.', 'roll.', 'upload-links.', 'frame.'],
  codes: ['draw.', 'codes.', 'links.', 'canaries.'],
  messages: ['fates.', 'reminder.', 'message.', 'messages.', 'outbox.'],
  endings: ['closing.', 'expiry.'],
  evidence: [
    'evidence.',
    'witness.',
    'publication.',
    'dossier.',
    'analysis.',
    'comments.',
    'log.',
    'inspection.',
  ],
  system: ['backup.', 'clock.', 'settings.', 'move.'],
} as const satisfies Record<string, readonly string[]>;
export type TrailTopic = keyof typeof trailTopics;
export const trailTopicNames = Object.keys(trailTopics) as [TrailTopic, ...TrailTopic[]];

export interface TrailFilter {
  readonly campaign: CampaignId | null;
  /** Only entries of these; null: all. */
  readonly counties: readonly CountyCode[] | null;
  /** Only entries of a lower number. */
  readonly before: number | null;
  readonly limit: number;
  readonly topic?: TrailTopic | null;
  /** Part of the actor's name. */
  readonly actor?: string | null;
  readonly county?: CountyCode | null;
  /** From this moment on. */
  readonly from?: number | null;
  /** Before this moment. */
  readonly until?: number | null;
}
