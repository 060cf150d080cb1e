import type { Storage } from '../port/index.ts';

const names = [
  ...(['probeWrite', 'createUser', 'updateUser', 'setSecondFactor', 'useTimeCode'] as const),
  ...(['useRecoveryCode', 'bindSubject', 'unbindSubject', 'createToken', 'revokeToken'] as const),
  ...(['markTokenUsed', 'beginSession', 'endSession', 'forgetEndedSessions', 'appendTrail'] as const),
  ...(['observeTime', 'confirmTime', 'changeSettings', 'addTemplateVersion'] as const),
  ...(['withdrawTemplateVersion', 'queueNewest', 'recordDelivery', 'recordFailedPost'] as const),
  ...(['countLinkUse', 'forgetNumberUses', 'forgetEarlyReceipts', 'recordAudit', 'saveSnapshot'] as const),
] satisfies readonly (keyof Storage)[];

/**
 * Changes that affect no count or figure of a county: accounts and sessions, the clock, settings, templates, deliveries to
 * witnesses. They happen with every log-in and every minute. Counts of a county stay cached across them, and they cause no new
 * audit.
 */
export const changesNoCounts: ReadonlySet<string> = new Set(names);
