/** Contacts from their rows, whose columns have the same names in both engines. */
import type { FrameEntry, MessageContact } from '../../domain/model/contact.ts';
import type { SchoolId } from '../../domain/model/ids.ts';
import { countedSetSchema, groupSchema } from '../../domain/model/vocabulary.ts';

interface MessageRow {
  readonly entry: Buffer;
  readonly group: string;
  readonly sealed: Buffer | null;
  readonly hasPhone: number;
  readonly sealedCode: Buffer | null;
  readonly set: string | null;
  readonly school: string | null;
  readonly slipNo: number | null;
  readonly reportingStratum: number | null;
}

export function toMessageContact(c: MessageRow): MessageContact {
  return {
    entry: new Uint8Array(c.entry),
    group: groupSchema.parse(c.group),
    sealedPhone: c.sealed === null ? null : new Uint8Array(c.sealed),
    hasPhone: c.hasPhone === 1,
    sealedCode: new Uint8Array(c.sealedCode ?? []),
    set: countedSetSchema.parse(c.set),
    school: c.school as SchoolId | null,
    slipNo: c.slipNo,
    reportingStratum: c.reportingStratum ?? 0,
  };
}

/** @param affiliations of these entries, in the resulting order; grade 0: none */
export function toFrameEntries(
  rows: readonly {
    readonly entry: Buffer;
    readonly group: string;
    readonly sealed: Buffer | null;
    readonly commitment: Buffer | null;
  }[],
  affiliations: readonly { readonly entry: Buffer; readonly school: string; readonly grade: number }[],
): readonly FrameEntry[] {
  const byEntry = new Map<string, { school: SchoolId; grade: number | null }[]>();
  for (const a of affiliations) {
    const key = a.entry.toString('latin1');
    const list = byEntry.get(key) ?? [];
    list.push({ school: a.school as SchoolId, grade: a.grade === 0 ? null : a.grade });
    byEntry.set(key, list);
  }
  return rows.map((r) => ({
    entry: new Uint8Array(r.entry),
    group: groupSchema.parse(r.group),
    sealed: r.sealed && new Uint8Array(r.sealed),
    commitment: r.commitment && new Uint8Array(r.commitment),
    affiliations: byEntry.get(r.entry.toString('latin1')) ?? [],
  }));
}
