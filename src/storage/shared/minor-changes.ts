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
 * Changes of nothing that a county's counts or figures are made of: accounts and sessions, the clock, settings, templates, what witnesses have got. They come all
 * the time, with every log-in and every minute; counts of a county are kept across them, and no log is audited again for them.
 */
export const changesNoCounts: ReadonlySet<string> = new Set(names);
