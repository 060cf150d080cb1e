import { AppError, type Issue } from '../../domain/errors.ts';
import { confirmedField } from '../../html/confirm.ts';
import { textOf, type Form } from './pages.ts';

/**
 * The box of a confirmation is ticked.
 * @param others further faults of the form, to be reported together
 * @throws AppError invalid, at the box
 */
export function assertConfirmed(form: Form, others: readonly Issue[] = []): void {
  if (textOf(form, confirmedField) !== 'yes')
    throw new AppError('invalid', 'staff.confirm.needed', {
      issues: [...others, { path: confirmedField, message: 'staff.confirm.unchecked' }],
    });
}
