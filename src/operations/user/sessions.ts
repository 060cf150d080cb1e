/** Log-ins with time and origin, and ending sessions from elsewhere. */
import { AppError } from '../../domain/errors.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import { userIdSchema, type UserId } from '../../domain/model/ids.ts';
import type { ShownSession } from '../../domain/model/user.ts';
import type { Deps } from '../deps.ts';

/** So many log-ins are shown. */
const shown = 10;

export async function listOwnSessions(deps: Deps, actor: Actor): Promise<readonly ShownSession[]> {
  return deps.storage.listSessions(userIdSchema.parse(actor.userId), deps.now(), shown);
}

export async function listSessionsOf(
  deps: Deps,
  actor: Actor,
  user: UserId,
): Promise<readonly ShownSession[]> {
  assertMay(actor, 'users.manage');
  return deps.storage.listSessions(user, deps.now(), shown);
}

/**
 * The account's own.
 * @throws AppError not-found `session.unknown`
 */
export async function endOwnSession(deps: Deps, actor: Actor, id: string): Promise<void> {
  const session = (await listOwnSessions(deps, actor)).find((s) => s.id === id && s.open);
  if (!session) throw new AppError('not-found', 'session.unknown');
  await deps.storage.endSession(session.id, session.expiresAt);
}

export async function lastLogIns(deps: Deps, actor: Actor): Promise<ReadonlyMap<string, number>> {
  assertMay(actor, 'users.manage');
  return new Map((await deps.storage.listLastLogIns()).map(({ user, at }) => [user, at]));
}

const browsers: readonly (readonly [RegExp, string])[] = [
  [/MicroMessenger\//, '微信'],
  [/Edg\//, 'Edge'],
  [/QQBrowser\//, 'QQ 浏览器'],
  [/Firefox\//, 'Firefox'],
  [/Chrome\//, 'Chrome'],
  [/Safari\//, 'Safari'],
];
const systems: readonly (readonly [RegExp, string])[] = [
  [/HarmonyOS/, 'HarmonyOS'],
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
];

/** Enough to recognise one's own device; not enough to track anyone. */
export function describeDevice(userAgent: string | undefined): string {
  const text = userAgent ?? '';
  const found = [browsers, systems].map((list) => list.find(([pattern]) => pattern.test(text))?.[1]);
  return found.filter((part) => part !== undefined).join(' · ');
}
