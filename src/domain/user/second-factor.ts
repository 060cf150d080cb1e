/** Who needs a second factor, and what an account must do before anything else. */
import { actions, type Action } from '../campaign/permissions.ts';
import type { Role } from '../model/vocabulary.ts';

/** Exporting codes that lead to answers, and seeing scores before they are released. */
const guarded: readonly Action[] = ['codes.export', 'summary.view'];

/** Roles that export codes or see scores. */
export function needsSecondFactor(role: Role): boolean {
  return guarded.some((action) => (actions[action] as readonly Role[]).includes(role));
}

export interface AccountRules {
  /** `required`: accounts that export codes or see scores must enrol. An enrolled account always needs a code. */
  readonly secondFactor: 'required' | 'optional';
  /** A password chosen by someone else must be replaced first. */
  readonly ownPassword: boolean;
}

export type AccountStep = 'password' | 'second-factor';

/** What remains to be done; null: nothing. */
export function nextStep(
  account: {
    readonly role: Role;
    readonly mustChangePassword: boolean;
    readonly secondFactorAt: number | null;
  },
  rules: AccountRules,
): AccountStep | null {
  if (rules.ownPassword && account.mustChangePassword) return 'password';
  const isMissing = account.secondFactorAt === null && needsSecondFactor(account.role);
  return rules.secondFactor === 'required' && isMissing ? 'second-factor' : null;
}

export const recoveryCodeCount = 10;
/** Crockford's base 32, as in access codes: 50 bits, in two parts that can be read aloud. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** @param bytes 10, random */
export function formatRecoveryCode(bytes: Uint8Array): string {
  const digits = [...bytes.subarray(0, 10)].map((byte) => alphabet[byte % 32]!).join('');
  return `${digits.slice(0, 5)}-${digits.slice(5)}`;
}

/** As typed: case, spaces and dashes do not matter, O is 0, I and L are 1. Undefined if it cannot be one. */
export function readRecoveryCode(text: string): string | undefined {
  const plain = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s-]/g, '')
    .replace(/o/g, '0')
    .replace(/[il]/g, '1');
  return plain.length === 10 && [...plain].every((c) => alphabet.includes(c)) ? plain : undefined;
}

/** Six digits, in full or half width, with or without a space in the middle. */
export function readTimeCode(text: string): string | undefined {
  const plain = text.normalize('NFKC').replace(/\s/g, '');
  return /^[0-9]{6}$/.test(plain) ? plain : undefined;
}
