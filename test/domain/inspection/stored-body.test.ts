/** Stored documents are read without the limits that apply to new ones. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { inspectionRecords } from '../../../src/domain/inspection/record-names.ts';
import { rulesOf } from '../../../src/domain/inspection/records.ts';
import { readBody, storedSchema } from '../../../src/domain/inspection/stored-body.ts';

const lengths = /"max(?:Items|Length)":\d+/g;
const jsonSchema = (schema: z.ZodType) => JSON.stringify(z.toJSONSchema(schema, { unrepresentable: 'any' }));

test.each(inspectionRecords)('no length is limited in a stored document: %s', (record) => {
  const written = jsonSchema(rulesOf(record).body);
  const stored = jsonSchema(storedSchema(record));
  expect(stored).not.toMatch(lengths);
  // Nothing else differs.
  expect(stored).toBe(written.replace(new RegExp(`,${lengths.source}|${lengths.source},`, 'g'), ''));
  expect(readBody(record, JSON.stringify(rulesOf(record).empty))).toEqual(rulesOf(record).empty);
});

test.each(['{', '[]', '{"figures":[{"body":1}]}', '{"figures":[],"more":1}'])(
  'what has not its shape is corrupt: %s',
  (text) => {
    expect(() => readBody('other-figures', text)).toThrow(
      expect.objectContaining({ kind: 'corrupt', message: 'storage.corrupt' }) as Error,
    );
  },
);
