import { describe, expect, it } from 'vitest';
import { readCountyLines, readCountyRows } from '../../../src/domain/campaign/county-list.ts';

const read = (text: string) =>
  readCountyLines(text).map(({ code, name, residents }) => [code, name, residents]);

describe('lines of counties', () => {
  it.each([
    '990101 云溪县 385000',
    '990101 云溪县 385 000',
    '990101 云溪县 385,000',
    '990101，云溪县，３８５，０００',
    '990101\t云溪县\t３８５　０００',
    '990101;385 000;云溪县',
  ])('%s: thousands are one number, however they are grouped', (line) => {
    expect(read(line)).toEqual([['990101', '云溪县', 385_000]]);
  });

  it('with more numbers than one are not guessed', () => {
    expect(read('云溪县 38 5000\n松岭县 12 341000\n石汀县\n青湖县 -5')).toEqual([
      [null, '云溪县', 'several'],
      [null, '松岭县', 'several'],
      [null, '石汀县', null],
      [null, '青湖县', Number.NaN],
    ]);
  });
});

describe('rows of a table', () => {
  const rows = (...cells: readonly (readonly string[])[]) =>
    readCountyRows(cells.map((one, i) => ({ row: i + 1, cells: one }))).map(({ name, residents }) => [
      name,
      residents,
    ]);

  it('have their residents where the heading says', () => {
    expect(
      rows(['县', '面积', '常住人口', '备注'], ['云溪县', '1200', '385000', '7'], ['松岭县', '900', '', '']),
    ).toEqual([
      ['云溪县', 385_000],
      ['松岭县', null],
    ]);
  });

  it('without such a heading are not guessed', () => {
    expect(rows(['云溪县', '1200', '385000'])).toEqual([['云溪县', 'several']]);
  });
});
