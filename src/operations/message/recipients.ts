/**
 * Contacts in the outbox: a row's key is the contact's id, encrypted under a key of the sending that is derived from the
 * pseudonym key. Older rows have a hash instead, and the sealed id; they are deleted at the close of their survey.
 */
import {
  entryKeyOf,
  hashedRecipientOf,
  joinIds,
  recipientKeyOf,
  splitIds,
} from '../../domain/messaging/recipient.ts';
import type { CountyCode } from '../../domain/model/ids.ts';
import type { ClaimedMessages } from '../../domain/model/sending.ts';
import { decryptBlocks, encryptBlocks } from '../../keys/blocks.ts';
import { unseal } from '../../keys/seal.ts';
import type { SentMessage } from '../../storage/port/outbox.ts';

export interface Recipients {
  /** For new rows, by position. */
  readonly name: (entries: readonly Uint8Array[]) => readonly Uint8Array[];
  /** Keys under which a contact may already be in the outbox. */
  readonly names: (entry: Uint8Array) => readonly [Uint8Array, Uint8Array];
  /** Entry ids of claimed messages, by position. */
  readonly find: (claimed: ClaimedMessages) => readonly Uint8Array[];
}

export function recipientsOf(pseudonymKey: Uint8Array, county: CountyCode, sending: number): Recipients {
  const key = recipientKeyOf(pseudonymKey, county, sending);
  const name = (entries: readonly Uint8Array[]) => splitIds(encryptBlocks(key, joinIds(entries)));
  return {
    name,
    names: (entry) => [name([entry])[0]!, hashedRecipientOf(pseudonymKey, county, sending, entry)],
    find({ recipients, sealedEntries }) {
      const entries = [...splitIds(decryptBlocks(key, recipients))];
      if (sealedEntries.length === 0) return entries;
      const names = splitIds(recipients);
      const entryKey = entryKeyOf(pseudonymKey);
      for (const [i, sealed] of sealedEntries) entries[i] = unseal(entryKey, names[i]!, sealed);
      return entries;
    },
  };
}

export function entryOf(
  pseudonymKey: Uint8Array,
  { county, sending, recipient, sealedEntry }: SentMessage,
): Uint8Array {
  const [entry] = recipientsOf(pseudonymKey, county, sending).find({
    ...{ recipients: recipient, attempts: [] },
    sealedEntries: sealedEntry === null ? [] : [[0, sealedEntry]],
  });
  return entry!;
}
