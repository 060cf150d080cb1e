/** What a token for programs may be used for. It never reaches further than the account that made it. */
import type { Action } from '../campaign/permissions.ts';

export const tokenScopes = ['campaigns', 'rolls', 'codes', 'figures', 'evidence', 'administration'] as const;
export type TokenScope = (typeof tokenScopes)[number];

/** Every action belongs to one scope. Whoever can do anything can see which campaigns there are. */
export const scopeOfAction: Readonly<Record<Action, TokenScope | 'every'>> = {
  'campaign.list': 'every',
  'campaign.edit': 'campaigns',
  'template.view': 'campaigns',
  'template.edit': 'campaigns',
  'campaign.open': 'campaigns',
  'campaign.close': 'campaigns',
  'campaign.expire': 'campaigns',
  'campaign.flag': 'campaigns',
  'campaign.release': 'campaigns',
  'campaign.publish': 'campaigns',
  'divisions.import': 'campaigns',
  'proposal.make': 'campaigns',
  'proposal.decide': 'campaigns',
  'roll.prepare': 'rolls',
  'roll.view': 'rolls',
  'roll.hand-in': 'rolls',
  'roll.send-back': 'rolls',
  'frame.freeze': 'rolls',
  'frame.late': 'rolls',
  'draw.seed': 'rolls',
  'draw.resume': 'rolls',
  'draw.view': 'rolls',
  'codes.export': 'codes',
  'messages.send': 'codes',
  'messages.view': 'codes',
  'links.manage': 'codes',
  'assisted.enter': 'codes',
  'reminder.request': 'campaigns',
  'reminder.answer': 'campaigns',
  'rates.view': 'figures',
  'summary.view': 'figures',
  'dossier.make': 'figures',
  'pressure.view': 'figures',
  'comments.view': 'figures',
  'comments.edit': 'figures',
  'evidence.view': 'evidence',
  'evidence.export': 'evidence',
  'analysis.export': 'evidence',
  'canaries.seal': 'evidence',
  'recount.run': 'evidence',
  'inspection.view': 'figures',
  'inspection.enter': 'figures',
  'inspection.decide': 'figures',
  'inspection.configure': 'campaigns',
  'inspection.call': 'codes',
  'trail.view': 'evidence',
  'users.manage': 'administration',
  'backup.make': 'administration',
  'health.view': 'administration',
  'settings.edit': 'administration',
  'clock.confirm': 'administration',
  'log.rekey': 'administration',
};

export function isInScope(scopes: readonly TokenScope[], action: Action): boolean {
  const scope = scopeOfAction[action];
  return scope === 'every' || scopes.includes(scope);
}

export const longestTokenDays = 366;

const pattern = /^manyi_([0-9a-hjkmnp-tv-z]{12})_([A-Za-z0-9_-]{43})$/;

export function formatToken(id: string, secret: Uint8Array): string {
  return `manyi_${id}_${Buffer.from(secret).toString('base64url')}`;
}

export function parseToken(text: string): { readonly id: string; readonly secret: Uint8Array } | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  const [, id = '', secret = ''] = match;
  return { id, secret: new Uint8Array(Buffer.from(secret, 'base64url')) };
}
