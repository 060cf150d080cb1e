import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { chooseSealable, decideLot, type WaitingResponse } from '../../../src/domain/evidence/decide-lot.ts';
import { unseenTime } from '../../../src/domain/service-time.ts';

const response = (i: number): WaitingResponse => ({
  pseudonym: new Uint8Array(16).fill(i),
  revision: 1 + (i % 3),
  reportingStratum: 260 + i,
  channel: 'assisted',
  nonce: new Uint8Array(16).fill(100 + i),
  answers: Uint8Array.of(i, 1, 2),
});
const responses = Array.from({ length: 9 }, (_, i) => response(i));
const state = { time: unseenTime, newest: 4, responses };
const command = { at: 5_000, waiting: 12, isLast: false, scheduled: true };

/** As evidence/FORMAT.md says, by hand: RFC 6962's leaf hash of the header and the content's hash. */
function hashOf({ pseudonym, revision, reportingStratum, nonce, answers }: WaitingResponse): string {
  const header = Buffer.alloc(27);
  header[0] = 1;
  header[1] = 1;
  header.writeUInt32BE(reportingStratum, 2);
  header[6] = 3;
  header.set(pseudonym, 7);
  header.writeUInt32BE(revision, 23);
  const content = createHash('sha256').update(nonce).update(answers).digest();
  return createHash('sha256').update(Uint8Array.of(0)).update(header).update(content).digest('hex');
}

describe('a lot', () => {
  test('is of the strata that have enough, each whole', () => {
    const waiting = [
      { stratum: 1, n: 9 },
      { stratum: 2, n: 10 },
      { stratum: 3, n: 31 },
    ];
    expect(chooseSealable(waiting, 10)).toEqual({ strata: [2, 3], waiting: 50 });
    // At close nothing waits any longer.
    expect(chooseSealable(waiting, 1)).toEqual({ strata: [1, 2, 3], waiting: 50 });
  });

  test('holds its responses by their leaf hashes, whatever their order was', () => {
    const lot = decideLot(state, command);
    expect(lot).toMatchObject({
      no: 5,
      sealedAt: null,
      head: { no: 5, responses: 9, waiting: 3, at: 5_000 },
    });
    const hex = lot.responses.map((r) => Buffer.from(r.hash).toString('hex'));
    expect(hex).toEqual(responses.map(hashOf).sort());
    for (const [i, { pseudonym, revision }] of lot.responses.entries())
      expect(hex[i]).toBe(
        hashOf(responses.find((r) => r.pseudonym[0] === pseudonym[0] && r.revision === revision)!),
      );
    expect(decideLot({ ...state, responses: responses.toReversed() }, command)).toEqual(lot);
  });

  test('is none where nothing waits; that it was looked for is noted at the end', () => {
    const none = { ...state, responses: [] };
    expect(decideLot(none, { ...command, isLast: true })).toEqual({
      no: 5,
      sealedAt: 5_000,
      head: null,
      responses: [],
    });
    expect(decideLot(none, command).sealedAt).toBeNull();
    expect(decideLot(state, { ...command, isLast: true }).sealedAt).toBe(5_000);
  });

  test('never counts fewer than none as waiting', () => {
    expect(decideLot(state, { ...command, waiting: 2 }).head).toMatchObject({ waiting: 0 });
  });

  test('waits while the clock is not trusted, unless a campaign is closed', () => {
    const jumped = { ...state, time: { ...unseenTime, jump: { from: 0, to: 4_000 } } };
    expect(() => decideLot(jumped, command)).toThrow('clock.unconfirmed');
    expect(decideLot(jumped, { ...command, scheduled: false }).head).not.toBeNull();
  });
});
