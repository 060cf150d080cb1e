/** The do-not-contact list of the installation: keyed digests, from which no number can be read, for all campaigns. */
import { AppError } from '../../domain/errors.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import { parsePhones } from '../../domain/messaging/phone.ts';
import { numberDigest } from '../../domain/messaging/recipient.ts';
import { sendDay } from '../../domain/messaging/send-window.ts';
import { stamp, type Deps } from '../deps.ts';

/** Created on first use; it stays as long as the installation. */
export function numbersKey(deps: Pick<Deps, 'keys'>): Uint8Array {
  return deps.keys.service('numbers');
}

/** @throws AppError invalid `sending.phone` unless it is exactly one mobile number */
export function readMobile(text: string): string {
  const { phones } = parsePhones(text);
  const [phone] = phones;
  if (phones.length !== 1 || phone?.kind !== 'mobile')
    throw new AppError('invalid', 'sending.phone', { issues: [{ path: 'phone', message: 'sending.phone' }] });
  return phone.number;
}

/**
 * A number that asked for no messages gets none from now on, in any campaign.
 * @throws AppError invalid `sending.phone`
 */
export async function setDoNotContact(
  deps: Deps,
  actor: Actor,
  phone: string,
  isBarred: boolean,
): Promise<void> {
  assertMay(actor, 'messages.send');
  const digest = numberDigest(numbersKey(deps), readMobile(phone));
  await deps.storage.setBarred(stamp(deps, actor), [digest], isBarred, 'asked', sendDay(deps.now()));
}

export async function countDoNotContact(deps: Deps, actor: Actor): Promise<number> {
  assertMay(actor, 'messages.send');
  return deps.storage.countBarred();
}
