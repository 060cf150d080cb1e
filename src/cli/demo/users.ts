/** The demonstration's accounts, one per role. Their passwords are generated at every start and not stored. */
import { AppError } from '../../domain/errors.ts';
import type { Actor } from '../../domain/campaign/permissions.ts';
import type { CountyCode } from '../../domain/model/ids.ts';
import type { Role } from '../../domain/model/vocabulary.ts';
import type { Deps } from '../../operations/deps.ts';
import { actorOf, createFirstAdministrator, createUser, resetPassword } from '../../operations/user/users.ts';
import { generatePassword } from '../passwords.ts';
import { counties } from './counties.ts';

export interface Login {
  readonly login: string;
  readonly name: string;
  readonly role: Role;
  readonly counties: readonly CountyCode[];
  readonly password: string;
}

const all = counties.map((c) => c.code);

function makeLogins(): readonly Login[] {
  const one = (login: string, name: string, role: Role, codes: readonly CountyCode[] = []): Login => ({
    login,
    name,
    role,
    counties: codes,
    password: generatePassword(),
  });
  return [
    one('admin', '管理员', 'administrator'),
    one('operator-1', '操作员甲', 'operator'),
    one('operator-2', '操作员乙', 'operator'),
    ...counties.slice(0, 2).map((c, i) => one(`official-${i + 1}`, `${c.name}教育局`, 'official', [c.code])),
    one('inspector', '督学', 'inspector', all),
    one('interviewer', '访问员', 'interviewer', [counties[0]!.code]),
  ];
}

/** Creates the accounts, or gives existing ones new passwords. */
export async function putLogins(deps: Deps): Promise<readonly Login[]> {
  const logins = makeLogins();
  const [first, ...others] = logins as [Login, ...Login[]];
  if (!(await deps.storage.findUserByLogin(first.login))) await createFirstAdministrator(deps, first);
  const administrator = await actorFor(deps, logins, first.login);
  for (const login of [first, ...others]) {
    const user = await deps.storage.findUserByLogin(login.login);
    if (user) await resetPassword(deps, administrator, user.id, login.password, true);
    else await createUser(deps, administrator, { ...login, ownPassword: true });
  }
  return logins;
}

export async function actorFor(deps: Deps, logins: readonly Login[], login: string): Promise<Actor> {
  const user = logins.some((l) => l.login === login) ? await deps.storage.findUserByLogin(login) : undefined;
  if (!user) throw new AppError('not-found', 'user.unknown');
  return actorOf(user, 'cli');
}
