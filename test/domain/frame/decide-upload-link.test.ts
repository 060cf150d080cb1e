import { expect, test } from 'vitest';
import {
  decideLinkUse,
  decideRevocation,
  decideUploadLinks,
  isUsable,
  type LinkState,
} from '../../../src/domain/frame/decide-upload-link.ts';
import type { CountyCode, SchoolId } from '../../../src/domain/model/ids.ts';
import type { UploadLink } from '../../../src/domain/model/upload-link.ts';
import { actorsOf } from '../../support/actors.ts';

const day = 86_400_000;
const at = Date.UTC(2026, 2, 2);
const county = '990101' as CountyCode;
const { official } = actorsOf([county]);
const stamp = { at, actor: official };
const [a, b, c] = ['S1', 'S2', 'S3'] as SchoolId[] as [SchoolId, SchoolId, SchoolId];
const link = (school: SchoolId, patch: Partial<UploadLink> = {}): UploadLink => ({
  ...{ tokenHash: new Uint8Array(32), school, createdBy: 'x', createdAt: at - day },
  ...{ expiresAt: at + day, revokedAt: null, uploads: 0 },
  ...patch,
});
const state = (patch: Partial<LinkState> = {}): LinkState => ({
  ...{ campaignState: 'draft', frameState: 'preparing', handIn: null, county },
  ...{ schools: [{ id: a }, { id: b }, { id: c }], known: [] },
  ...patch,
});
const ask = (...schools: SchoolId[]) => schools.map((school) => ({ school, tokenHash: new Uint8Array(32) }));

test('a new link lasts a week and ends the older ones of its school, and of no other', () => {
  const known = [link(a), link(b), link(c), link(a, { revokedAt: at - 1 }), link(b, { expiresAt: at })];
  const { changes, trail } = decideUploadLinks(state({ known }), ask(a, b), stamp);
  expect(changes.created.map((l) => [l.school, l.expiresAt - at, l.uploads])).toEqual([
    [a, 7 * day, 0],
    [b, 7 * day, 0],
  ]);
  expect(changes.revoked).toEqual([known[0], known[1]]);
  expect(trail).toMatchObject([{ action: 'upload-links.create', county, details: { schools: [a, b] } }]);
  expect(() => decideUploadLinks(state(), ask('S9' as SchoolId), stamp)).toThrow('school.not-found');
  expect(() => decideUploadLinks(state({ frameState: 'frozen' }), ask(a), stamp)).toThrow('frame.frozen');
  expect(() => decideUploadLinks(state({ campaignState: 'open' }), ask(a), stamp)).toThrow('frame.frozen');
});

test('links are withdrawn for one school or for all', () => {
  const known = [link(a), link(b), link(a, { revokedAt: at - 1 })];
  expect(decideRevocation({ county, known }, a, stamp).changes).toEqual([known[0]]);
  expect(decideRevocation({ county, known }, null, stamp).changes).toEqual([known[0], known[1]]);
  expect(decideRevocation({ county, known }, c, stamp).trail).toEqual([]);
});

test('a link takes forty files, and none once it has ended', () => {
  expect([at + day - 1, at + day].map((now) => isUsable(link(a), now))).toEqual([true, false]);
  expect(decideLinkUse(link(a, { uploads: 39 }), at)).toEqual({ uploads: 40 });
  expect(() => decideLinkUse(link(a, { uploads: 40 }), at)).toThrow('upload-link.many');
  expect(() => decideLinkUse(link(a, { revokedAt: at }), at)).toThrow('upload-link.ended');
});
