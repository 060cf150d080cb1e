/** What crosses to the writer packed is what would have crossed as objects. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MessageResult } from '../../src/domain/messaging/outbox.ts';
import type { CampaignId, CountyCode } from '../../src/domain/model/ids.ts';
import { channels, pressureSources } from '../../src/domain/model/vocabulary.ts';
import type { RecordResult, ResponseEntry } from '../../src/domain/model/answer.ts';
import type { RecordedResult } from '../../src/storage/port/outbox.ts';
import { packRecorded, unpackRecorded } from '../../src/storage/sqlite/threads/results-wire.ts';
import { packBatch, packResults, unpackBatch, unpackResults } from '../../src/storage/sqlite/threads/wire.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const entry: fc.Arbitrary<ResponseEntry> = fc.record({
  campaign: fc.constantFrom('0123456789ab', 'ba9876543210').map((id) => id as CampaignId),
  county: fc.option(fc.integer({ min: 110_000, max: 999_999 }).map((n) => String(n) as CountyCode)),
  pseudonym: bytes(16),
  channel: fc.constantFrom(...channels),
  link: fc.option(fc.constantFrom('link-one', 'link-two', '链接')),
  questionnaire: fc.integer({ min: 1, max: 65_535 }),
  nonce: bytes(16),
  answers: fc.uint8Array({ maxLength: 300 }),
  textId: bytes(16),
  texts: fc.array(fc.record({ item: fc.string(), body: fc.string({ unit: 'binary' }) }), { maxLength: 3 }),
  pressure: fc.option(
    fc.record({ id: bytes(16), source: fc.constantFrom(...pressureSources), body: fc.string() }),
    { nil: undefined },
  ),
  fast: fc.boolean(),
});
const plain = (e: ResponseEntry): unknown => ({
  ...e,
  pseudonym: [...e.pseudonym],
  nonce: [...e.nonce],
  answers: [...e.answers],
  textId: [...e.textId],
  pressure: e.pressure && { ...e.pressure, id: [...e.pressure.id] },
  otherwise: (e.otherwise ?? []).map(plain),
});
const withAlternatives = fc
  .tuple(entry, fc.array(entry, { maxLength: 3 }))
  .map(([first, otherwise]): ResponseEntry => ({ ...first, otherwise }));

describe('a packed batch', () => {
  it('holds every field of every answer, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(entry, withAlternatives), { maxLength: 40 }), (batch) => {
        const packed = structuredClone(packBatch(batch));
        expect(unpackBatch(packed).map(plain)).toEqual(batch.map(plain));
      }),
      { numRuns: 200 },
    );
  });

  it('comes back with every outcome', () => {
    const outcomes: readonly RecordResult[] = [
      'unknown',
      'stored',
      'voided',
      'failed',
      'closed',
      'other-questionnaire',
      'stored',
    ];
    expect(unpackResults(packResults(outcomes))).toEqual(outcomes);
  });
});

const recorded: fc.Arbitrary<RecordedResult> = fc.record({
  ...{ recipient: bytes(16), entry: bytes(16) },
  ...{ provider: fc.option(bytes(16)), number: fc.option(bytes(16)) },
  result: fc.oneof<fc.Arbitrary<MessageResult>[]>(
    fc.record({ state: fc.constant('sent' as const), segments: fc.integer({ min: 0, max: 1_000 }) }),
    fc.record({ state: fc.constantFrom('failed' as const, 'expired' as const), reason: fc.string() }),
    fc.constant({ state: 'unneeded' }),
    fc.record({
      ...{ state: fc.constant('queued' as const), reason: fc.string(), dueAt: fc.nat() },
      ...{ mayHaveBeenSent: fc.boolean(), uncounted: fc.boolean() },
    }),
  ),
});

describe('what came of packed messages', () => {
  it('comes out as it went in', () => {
    fc.assert(
      fc.property(fc.array(recorded, { maxLength: 12 }), (results) => {
        const crossed = structuredClone(packRecorded(results));
        expect(unpackRecorded(crossed)).toEqual(results);
      }),
    );
  });
});
