/** What may become of an account of the staff: decided on the state that the change is made to, in the transaction that makes it. */
import { AppError, type Issue } from '../errors.ts';
import { isBoundRole } from '../campaign/permissions.ts';
import { countyCodeSchema } from '../model/ids.ts';
import type { Role } from '../model/vocabulary.ts';

export interface AccountState {
  readonly role: Role;
  readonly counties: readonly string[];
  readonly disabled: boolean;
}

export function countyIssues(role: Role, counties: readonly string[]): readonly Issue[] {
  if (isBoundRole(role) && counties.length === 0)
    return [{ path: 'counties', message: 'user.counties-needed' }];
  if (!isBoundRole(role) && counties.length > 0)
    return [{ path: 'counties', message: 'user.counties-not-allowed' }];
  return counties
    .filter((code) => !countyCodeSchema.safeParse(code).success)
    .map((code) => ({ path: 'counties', message: 'user.county-code', params: { code } }));
}

const isActiveAdministrator = ({ role, disabled }: AccountState) => role === 'administrator' && !disabled;

/**
 * The account after the change. The last active administrator cannot be demoted or disabled.
 * @param otherAdministrators active ones beside this account
 * @throws AppError invalid `user.invalid`, conflict `user.last-administrator`
 */
export function decideAccountChange<S extends AccountState>(
  before: S,
  change: Partial<S>,
  otherAdministrators: number,
): S {
  const after = { ...before, ...change };
  const issues = countyIssues(after.role, after.counties);
  if (issues.length > 0) throw new AppError('invalid', 'user.invalid', { issues });
  if (isActiveAdministrator(before) && !isActiveAdministrator(after) && otherAdministrators === 0)
    throw new AppError('conflict', 'user.last-administrator');
  return after;
}
