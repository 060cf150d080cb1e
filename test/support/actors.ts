import type { Actor } from '../../src/domain/campaign/permissions.ts';
import type { CountyCode } from '../../src/domain/model/ids.ts';
import type { Role } from '../../src/domain/model/vocabulary.ts';

/** Accounts as the operations see them, bound to these counties where their role is. */
export function actorsOf(counties: readonly CountyCode[]) {
  const actor = (role: Role, name: string, bound: boolean): Actor => ({
    userId: name.padEnd(12, '0'),
    name,
    role,
    counties: bound ? counties : [],
    via: 'web',
  });
  return {
    administrator: actor('administrator', 'admin', false),
    operator: actor('operator', 'oper', false),
    secondOperator: actor('operator', 'second', false),
    official: actor('official', 'chief', true),
    inspector: actor('inspector', 'inspect', true),
  };
}
