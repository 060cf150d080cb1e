/**
 * Permissions (design 16), as one table that routes, commands and tests read. Administrator and operator belong to the
 * commissioner's side and are bound to no county; officials and inspectors are bound to theirs. No account bound to a judged
 * county can see or export a code.
 */
import { AppError } from '../errors.ts';
import type { CountyCode } from '../model/ids.ts';
import type { Role } from '../model/vocabulary.ts';
import { tokenScopes, type TokenScope } from '../user/token-scope.ts';

export const actions = {
  'users.manage': ['administrator'],
  'divisions.import': ['administrator'],
  'campaign.list': ['administrator', 'operator', 'official', 'inspector', 'interviewer'],
  'campaign.edit': ['administrator', 'operator'],
  'template.view': ['administrator', 'operator', 'inspector'],
  'template.edit': ['administrator', 'operator'],
  'roll.prepare': ['administrator', 'operator', 'official'],
  'roll.view': ['administrator', 'operator', 'official', 'inspector'],
  'roll.hand-in': ['administrator', 'operator', 'official'],
  'roll.send-back': ['administrator', 'operator'],
  'frame.freeze': ['administrator', 'operator'],
  'draw.seed': ['inspector'],
  'draw.resume': ['administrator', 'operator'],
  'draw.view': ['administrator', 'operator', 'official', 'inspector'],
  'frame.late': ['administrator', 'operator'],
  'campaign.open': ['administrator', 'operator'],
  'campaign.close': ['administrator', 'operator'],
  'campaign.expire': ['administrator', 'operator'],
  'campaign.flag': ['administrator', 'operator', 'inspector'],
  'campaign.release': ['administrator', 'operator'],
  'campaign.publish': ['administrator', 'operator'],
  'codes.export': ['administrator', 'operator'],
  'messages.send': ['administrator', 'operator'],
  'messages.view': ['administrator', 'operator', 'official', 'inspector'],
  'links.manage': ['administrator', 'operator'],
  'proposal.make': ['administrator', 'operator'],
  'proposal.decide': ['administrator', 'operator'],
  'rates.view': ['administrator', 'operator', 'official', 'inspector'],
  'reminder.request': ['official'],
  'reminder.answer': ['administrator', 'operator'],
  'summary.view': ['administrator', 'operator', 'official', 'inspector'],
  'dossier.make': ['administrator', 'operator', 'official', 'inspector'],
  'pressure.view': ['administrator', 'operator', 'inspector'],
  'assisted.enter': ['interviewer'],
  'evidence.view': ['administrator', 'operator', 'inspector'],
  'evidence.export': ['inspector'],
  'analysis.export': ['inspector'],
  'canaries.seal': ['inspector'],
  'comments.view': ['administrator', 'operator', 'inspector'],
  'comments.edit': ['administrator', 'operator', 'inspector'],
  'recount.run': ['administrator', 'inspector'],
  'inspection.view': ['administrator', 'operator', 'official', 'inspector'],
  'inspection.enter': ['administrator', 'operator', 'official', 'inspector'],
  'inspection.decide': ['inspector'],
  'inspection.configure': ['administrator', 'operator'],
  'inspection.call': ['inspector', 'interviewer'],
  'trail.view': ['administrator', 'inspector'],
  'backup.make': ['administrator'],
  'health.view': ['administrator'],
  'settings.edit': ['administrator'],
  'clock.confirm': ['administrator'],
  'log.rekey': ['administrator'],
} as const satisfies Record<string, readonly Role[]>;
export type Action = keyof typeof actions;

/** Every action belongs to one scope. A token with any scope can list campaigns. */
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

function isInScope(scopes: readonly TokenScope[], action: Action): boolean {
  const scope = scopeOfAction[action];
  return scope === 'every' || scopes.includes(scope);
}

/** Who acts: a logged-in user, or the system itself (scheduler, restart). */
export interface Actor {
  readonly userId: string | null;
  readonly name: string;
  readonly role: Role | 'system';
  /** Counties the account is bound to; empty for the commissioner's side. */
  readonly counties: readonly string[];
  readonly via: 'web' | 'cli' | 'system' | 'token';
  /** For a program's token: it may do no more than these, whatever its account may do. */
  readonly scopes?: readonly TokenScope[];
}

export const systemActor: Actor = {
  userId: null,
  name: 'system',
  role: 'system',
  counties: [],
  via: 'system',
};

const boundRoles: ReadonlySet<Role> = new Set<Role>(['official', 'inspector', 'interviewer']);

/** Roles whose accounts must name at least one county, and roles whose accounts must name none. */
export function isBoundRole(role: Role): boolean {
  return boundRoles.has(role);
}

/** Whether `actor` may do `action`, in `county` if one is given. A bound account never reaches another county. */
export function may(actor: Actor, action: Action, county?: CountyCode): boolean {
  if (actor.role === 'system') return true;
  if (!(actions[action] as readonly Role[]).includes(actor.role)) return false;
  if (actor.scopes && !isInScope(actor.scopes, action)) return false;
  return county === undefined || !isBoundRole(actor.role) || actor.counties.includes(county);
}

/** @throws AppError forbidden `forbidden` */
export function assertMay(actor: Actor, action: Action, county?: CountyCode): void {
  if (!may(actor, action, county)) throw new AppError('forbidden', 'forbidden', { params: { action } });
}

/** Scopes in which the role can do anything. */
export function scopesOfRole(role: Role): readonly TokenScope[] {
  return tokenScopes.filter((scope) =>
    Object.entries(actions).some(
      ([action, roles]) =>
        scopeOfAction[action as Action] === scope && (roles as readonly Role[]).includes(role),
    ),
  );
}

/** Actions that accounts of the role may do, in the order of the table. */
export function actionsOfRole(role: Role): readonly Action[] {
  return (Object.keys(actions) as Action[]).filter((action) =>
    (actions[action] as readonly Role[]).includes(role),
  );
}
