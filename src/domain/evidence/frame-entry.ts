/**
 * Canonical bytes of one entry of the frame. The frame's root is that of the RFC 6962 tree over them, in ascending order of ids.
 */
import { sha256 } from '../hash.ts';
import { groups, type Group } from '../model/vocabulary.ts';

export interface FrameAffiliation {
  readonly school: string;
  /** 1–12, or null if the roll gives none. */
  readonly grade: number | null;
}

/**
 * version 1 ‖ entry id (16) ‖ group (1, position in the list of groups) ‖ number of schools (1) ‖ per school, sorted by id: length (1) ‖
 * id in UTF-8 ‖ grade (1, 0 = none) ‖ SHA-256(salt ‖ phone in UTF-8) (32). A contact without a phone commits to the empty phone.
 */
export function encodeFrameEntry(entry: {
  readonly id: Uint8Array;
  readonly group: Group;
  readonly affiliations: readonly FrameAffiliation[];
  readonly commitment: Uint8Array;
}): Uint8Array {
  const utf8 = new TextEncoder();
  const schools = [...entry.affiliations]
    .sort((a, b) => (a.school < b.school ? -1 : a.school > b.school ? 1 : (a.grade ?? 0) - (b.grade ?? 0)))
    .map((a) => ({ id: utf8.encode(a.school), grade: a.grade ?? 0 }));
  const length = 1 + 16 + 1 + 1 + schools.reduce((n, s) => n + 2 + s.id.length, 0) + 32;
  const out = new Uint8Array(length);
  let at = 0;
  out[at++] = 1;
  out.set(entry.id, at);
  at += 16;
  out[at++] = groups.indexOf(entry.group);
  out[at++] = schools.length;
  for (const s of schools) {
    out[at++] = s.id.length;
    out.set(s.id, at);
    at += s.id.length;
    out[at++] = s.grade;
  }
  out.set(entry.commitment, at);
  return out;
}

/** SHA-256(salt ‖ phone): reveals the phone to nobody without the salt. */
export function phoneCommitment(salt: Uint8Array, phone: string): Uint8Array {
  return sha256(salt, phone);
}
