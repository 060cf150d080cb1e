/**
 * Texts over which a pattern ran in quadratic time: 40,000 characters took 1.5 seconds, a form of 4 MB hours, and nobody was answered meanwhile. Anybody
 * who may send a form, a roll or the name of a file could send one, also a school by its upload link. A million characters would take a quarter of an hour: work that
 * lasts is ended.
 */
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { safeFileName } from '../../src/domain/file-name.ts';
import { readJsonText } from '../../src/domain/template/json-lines.ts';
import { isOptOut } from '../../src/domain/messaging/reply.ts';
import { composeSms } from '../../src/domain/messaging/sms-text.ts';
import { parsePhones } from '../../src/domain/messaging/phone.ts';
import { readNumber } from '../../src/http/staff/pages.ts';

const n = 1_000_000;
/** @throws Error once it is clear that it will not end */
function ended<T>(work: () => T): T {
  const done: T[] = [];
  runInNewContext('run()', { run: () => void done.push(work()) }, { timeout: 30_000 });
  return done[0]!;
}

describe('a text of a million characters', () => {
  test('that is nearly a number', () => {
    expect(ended(() => readNumber(`${'1'.repeat(n)}x`))).toBeNaN();
    expect(ended(() => readNumber(`${'１'.repeat(n)}.`))).toBe(Number.POSITIVE_INFINITY);
  });
  test('that begins and ends like a telephone number in quotes', () => {
    const { phones, faults } = ended(() => parsePhones(`1${`'"`.repeat(n / 2)}1`));
    expect([phones, faults.map((f) => f.message)]).toEqual([[], ['roll.phone.long']]);
    expect(parsePhones(`'“13800138000”'`).phones).toHaveLength(1);
  });
  test('that is a thank-you without end', () => {
    expect(ended(() => isOptOut(`x${'了'.repeat(n)}x`))).toBe(false);
    expect(isOptOut('退订吧谢谢了')).toBe(true);
    expect(isOptOut('TD谢谢谢了')).toBe(false);
  });
  test('that is the text of a message', () => {
    const values = {
      ...{ signature: '示范市', county: '青禾县', closes: '5月12日' },
      ...{ address: 'my.example.cn', code: 'ABCDE12345' },
    };
    const { issues } = ended(() => composeSms({ ...values, templates: ['中'.repeat(n)] }));
    expect(issues.map(({ message }) => message)).toContain('sms.long');
  });
  test('that is the name of a file', () => {
    expect(ended(() => safeFileName(`a${'. '.repeat(n / 2)}a`, 'csv'))).toMatch(/^a[. ]{1,80}\.csv$/);
    expect(safeFileName('名册. .', 'csv')).toBe('名册.csv');
  });
  test('that is a name in a template’s file', () => {
    const key = `${'a'.repeat(n)}.`;
    const read = readJsonText(`{\n"scales": {\n"${key}": 1}}`);
    expect(ended(() => read.ok && read.json.lineOf(`scales.${key}`))).toBe(2);
  });
});
