import { AppError } from '../../domain/errors.ts';
import { confirmedField } from '../../html/confirm.ts';
import { textOf, type Form } from './pages.ts';

/** The box of a confirmation is ticked. @throws AppError invalid, at the box */
export function assertConfirmed(form: Form): void {
  if (textOf(form, confirmedField) !== 'yes')
    throw new AppError('invalid', 'staff.confirm.needed', {
      issues: [{ path: confirmedField, message: 'staff.confirm.unchecked' }],
    });
}
