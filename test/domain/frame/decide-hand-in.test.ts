import { describe, expect, test } from 'vitest';
import type { Actor } from '../../../src/domain/campaign/permissions.ts';
import { assertRollOpen, decideHandIn, type HandInState } from '../../../src/domain/frame/decide-hand-in.ts';
import {
  assertTakesFile,
  decideFileClosed,
  decideReceived,
  refusedContent,
} from '../../../src/domain/frame/decide-roll-file.ts';
import { decideSchoolEdit } from '../../../src/domain/frame/decide-schools.ts';
import {
  decideLinkUse,
  decideRevocation,
  decideUploadLinks,
  isUsable,
} from '../../../src/domain/frame/decide-upload-link.ts';
import {
  decideReminderAnswer,
  decideReminderRequest,
} from '../../../src/domain/messaging/decide-reminder-request.ts';
import type { HandIn } from '../../../src/domain/model/hand-in.ts';
import type { CountyCode, SchoolId } from '../../../src/domain/model/ids.ts';
import type { ReminderRequest } from '../../../src/domain/model/reminder-request.ts';
import type { School } from '../../../src/domain/model/school.ts';

const official: Actor = { userId: 'u', name: 'chief', role: 'official', counties: [], via: 'web' };
const stamp = { at: 1_000, actor: official };
const county = '990101' as CountyCode;
const handedIn: HandIn = { step: 'handed-in', note: '', by: 'chief', at: 1 };
const state = (patch: Partial<HandInState> = {}): HandInState => ({
  campaignState: 'draft',
  frameState: 'preparing',
  county,
  last: null,
  waiting: 0,
  size: 10,
  missing: 0,
  ...patch,
});

describe('handing in a roll', () => {
  test('a complete one needs no word', () => {
    const { changes, trail } = decideHandIn(state(), { step: 'handed-in', note: '' }, stamp);
    expect(changes).toEqual({ step: 'handed-in', note: '', by: 'chief', at: 1_000 });
    expect(trail).toEqual([{ action: 'roll.hand-in', county, details: { size: 10, missing: 0 } }]);
  });

  test('what is missing is explained', () => {
    const give = (note: string) => decideHandIn(state({ missing: 3 }), { step: 'handed-in', note }, stamp);
    expect(() => give('  ')).toThrow('roll.missing-reason');
    expect(give('三所学校已停办').changes.note).toBe('三所学校已停办');
  });

  test.each([
    ['twice', state({ last: handedIn }), { step: 'handed-in', note: '' }, 'roll.handed-in-already'],
    ['with a file that waits', state({ waiting: 1 }), { step: 'handed-in', note: '' }, 'roll.files-waiting'],
    ['of nobody', state({ size: 0 }), { step: 'handed-in', note: '' }, 'frame.empty'],
    ['after the freeze', state({ frameState: 'frozen' }), { step: 'handed-in', note: '' }, 'frame.frozen'],
    ['taken back without one', state(), { step: 'taken-back' }, 'roll.not-handed-in'],
    [
      'sent back twice',
      state({ last: { ...handedIn, step: 'sent-back' } }),
      { step: 'sent-back', note: '请补齐校长' },
      'roll.not-handed-in',
    ],
    ['sent back without a reason', state({ last: handedIn }), { step: 'sent-back', note: '' }, 'roll.reason'],
  ] as const)('%s is refused', (_name, given, command, message) => {
    expect(() => decideHandIn(given, command, stamp)).toThrow(message);
  });

  test('the county changes nothing until it comes back; the commissioner may', () => {
    expect(() => assertRollOpen(handedIn, official)).toThrow('roll.handed-in');
    expect(() => assertRollOpen(handedIn, { role: 'operator' })).not.toThrow();
    for (const step of ['sent-back', 'taken-back'] as const)
      expect(() => assertRollOpen({ step }, official)).not.toThrow();
  });
});

describe('a file that waits', () => {
  const given = { campaignState: 'draft', frameState: 'preparing', handIn: null, waiting: 0 } as const;
  const system: Actor = { ...official, role: 'system' };
  test('is taken before the freeze, and not once the roll is handed in, from a school’s link neither', () => {
    assertTakesFile(given, stamp);
    expect(() => assertTakesFile({ ...given, frameState: 'frozen' }, stamp)).toThrow('frame.frozen');
    expect(() => assertTakesFile({ ...given, handIn: handedIn }, stamp)).toThrow('roll.handed-in');
    expect(() => assertTakesFile({ ...given, handIn: handedIn }, { at: 1, actor: system })).toThrow(
      'roll.handed-in',
    );
    expect(() => assertTakesFile({ ...given, waiting: 500 }, stamp)).toThrow('roll.files-many');
  });
  test('is refused with what is wrong with it, and closed once', () => {
    const file = { id: 'file00000001', county, state: 'reading' as const };
    const fault = { path: 'file', message: 'tabular.xls' };
    expect(decideReceived(file, 'ff', refusedContent(fault))).toMatchObject({
      changes: { state: 'refused', content: { fault } },
      trail: [{ action: 'roll-file.refuse' }],
    });
    expect(() => decideReceived({ ...file, state: 'closed' }, 'ff', refusedContent(fault))).toThrow(
      'roll-file.state',
    );
    expect(decideFileClosed(file, 'discarded').trail).toEqual([
      { action: 'roll-file.discard', county, details: { file: file.id } },
    ]);
    expect(decideFileClosed({ ...file, state: 'closed' }, 'discarded').changes).toBeNull();
  });
});

describe('upload links', () => {
  const school = 'S1' as SchoolId;
  const tokenHash = new Uint8Array(32);
  const link = {
    tokenHash,
    school,
    createdBy: 'chief',
    createdAt: 0,
    expiresAt: 5_000,
    revokedAt: null,
    uploads: 0,
  };
  const open = {
    campaignState: 'draft',
    frameState: 'preparing',
    handIn: null,
    county,
    schools: [{ id: school }],
  } as const;

  test('last a week, and end the school’s earlier one', () => {
    const { changes, trail } = decideUploadLinks({ ...open, known: [link] }, [{ school, tokenHash }], stamp);
    expect(changes.created[0]).toMatchObject({ school, expiresAt: 1_000 + 7 * 86_400_000, uploads: 0 });
    expect(changes.revoked).toEqual([link]);
    // Neither secret nor hash.
    expect(JSON.stringify(trail)).toBe(
      JSON.stringify([
        { action: 'upload-links.create', county, details: { schools: ['S1'], expiresAt: 604_801_000 } },
      ]),
    );
  });
  test('are refused for another county’s school, after the freeze and after the hand-in', () => {
    const ask = (more: object, asked = school) =>
      decideUploadLinks({ ...open, known: [], ...more }, [{ school: asked, tokenHash }], stamp);
    expect(() => ask({}, 'S9' as SchoolId)).toThrow('school.not-found');
    expect(() => ask({ frameState: 'frozen' })).toThrow('frame.frozen');
    expect(() => ask({ handIn: handedIn })).toThrow('roll.handed-in');
  });
  test('take forty files until they end', () => {
    expect(decideLinkUse(link, 4_999)).toEqual({ uploads: 1 });
    expect(() => decideLinkUse(link, 5_000)).toThrow('upload-link.ended');
    expect(() => decideLinkUse({ ...link, revokedAt: 1 }, 2)).toThrow('upload-link.ended');
    expect(() => decideLinkUse({ ...link, uploads: 40 }, 1)).toThrow('upload-link.many');
    expect(isUsable(link, 5_000)).toBe(false);
    expect(decideRevocation({ county, known: [link] }, null, stamp).changes).toEqual([link]);
    expect(decideRevocation({ county, known: [link] }, 'S2' as SchoolId, stamp)).toMatchObject({
      changes: [],
      trail: [],
    });
  });
});

describe('a request for a reminder', () => {
  const asked: ReminderRequest = {
    no: 1,
    by: 'chief',
    at: 1,
    note: '',
    answer: null,
    answerNote: null,
    answeredBy: null,
    answeredAt: null,
  };
  const open = { campaignState: 'open', county, known: [] } as const;
  test('is made once, and answered', () => {
    expect(decideReminderRequest(open, '', stamp).changes).toEqual({
      no: 1,
      by: 'chief',
      at: 1_000,
      note: '',
    });
    expect(() => decideReminderRequest({ ...open, known: [asked] }, '', stamp)).toThrow(
      'reminder.asked-already',
    );
    expect(() => decideReminderRequest({ ...open, campaignState: 'closed' }, '', stamp)).toThrow(
      'codes.not-open',
    );
    expect(decideReminderAnswer({ ...open, known: [asked] }, 'sent', '', stamp).changes).toEqual({
      no: 1,
      answer: 'sent',
      answerNote: '',
      answeredBy: 'chief',
      answeredAt: 1_000,
    });
    expect(() => decideReminderAnswer({ ...open, known: [asked] }, 'declined', '', stamp)).toThrow(
      'roll.reason',
    );
    expect(() => decideReminderAnswer(open, 'sent', '', stamp)).toThrow('reminder.not-asked');
    const again = decideReminderRequest({ ...open, known: [{ ...asked, answer: 'sent' }] }, '', stamp);
    expect(again.changes.no).toBe(2);
  });
});

describe('editing a school', () => {
  const school = (id: string, patch: Partial<School> = {}): School => ({
    id: id as SchoolId,
    name: `${id}小学`,
    code: null,
    aliases: [],
    category: 'primary',
    location: 'rural',
    level: null,
    ownership: 'public',
    pupils: 100,
    staff: 10,
    township: '河口镇',
    parent: null,
    ...patch,
  });
  const known = [school('S1'), school('S2', { parent: 'S1' as SchoolId }), school('S3')];
  const open = { campaignState: 'draft', frameState: 'preparing', county, known } as const;
  const { id: _id, code: _code, ...fields } = school('S3');
  const edit = (patch: object, given: object = open) =>
    decideSchoolEdit(given as typeof open, 'S3' as SchoolId, { ...fields, ...patch });

  test('changes what is given, keeps the id, and names the fields in the trail', () => {
    const { changes, trail } = edit({ name: ' 下村完全小学 ', pupils: 61 });
    expect(changes).toMatchObject({ id: 'S3', name: '下村完全小学', pupils: 61, staff: 10 });
    expect(trail).toEqual([
      {
        action: 'schools.edit',
        county,
        details: { school: 'S3', name: expect.any(String), changed: ['name', 'pupils'] },
      },
    ]);
    expect(edit({}).trail).toEqual([]);
  });
  test.each([
    ['a name of the same township', { name: 'S1 小学' }, 'school.name-taken'],
    ['no name', { name: ' ' }, 'roll.name.blank'],
    ['a central school that is none', { parent: 'S9' }, 'school.parent-unknown'],
    ['its own central school', { parent: 'S3' }, 'school.parent-unknown'],
    ['a second level', { parent: 'S2' }, 'roll.parent.chain'],
  ])('%s is refused', (_name, patch, message) => {
    expect(() => edit(patch)).toThrow(message);
  });
  test('not after the freeze', () => {
    expect(() => edit({}, { ...open, frameState: 'frozen' })).toThrow('frame.frozen');
  });
});
