import { createReadStream } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseDivisions } from '../../../src/domain/campaign/division.ts';
import { isNotice, readTable, type CellValue, type TableRow } from '../../../src/tabular/read.ts';
import { readReference } from '../../support/reference.ts';

const table = (...rows: CellValue[][]): TableRow[] =>
  rows.map((cells, i) => ({ sheet: '', row: i + 1, cells }));

describe('parseDivisions', () => {
  it('reads codes and names, with or without a header, and passes over provinces and cities', () => {
    const rows: CellValue[][] = [
      [410000, '河南省'],
      ['419000', '省直辖县级行政区划'],
      ['419001', '济源市'],
      ['441900', '东莞市'],
    ];
    const expected = [
      { code: '419001', name: '济源市', city: '', province: '' },
      { code: '441900', name: '东莞市', city: '', province: '' },
    ];
    expect(parseDivisions(table(...rows))).toEqual({ divisions: expected, faults: [] });
    const headed = table(['名称', '代码'], ...rows.map(([code, name]) => [name ?? null, code ?? null]));
    expect(parseDivisions(headed)).toEqual({ divisions: expected, faults: [] });
  });

  it('reports every fault', () => {
    const rows = table(
      ['代码', '名称'],
      ['11010', '短'],
      ['990101', '演示县'],
      ['110101', '东城区'],
      ['110101', '又一个'],
      ['110102', ' '],
      ['01010a', 'x'],
    );
    expect(parseDivisions(rows).faults.map((f) => [f.row, f.message])).toEqual([
      [2, 'divisions.code'],
      [3, 'divisions.reserved'],
      [5, 'divisions.duplicate'],
      [6, 'divisions.name'],
      [7, 'divisions.code'],
    ]);
    expect(parseDivisions([]).faults).toMatchObject([{ message: 'divisions.empty' }]);
  });

  it('reads the list that comes with the program, the same as its source', async () => {
    const file = 'survey-templates/divisions-2023-06.csv';
    const rows: TableRow[] = [];
    for await (const item of readTable(createReadStream(file), { fileName: file }))
      if (!isNotice(item)) rows.push(item);
    const { divisions, faults } = parseDivisions(rows);
    expect(faults).toEqual([]);
    const source = readReference('divisions/areas.csv');
    const names = source
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',').slice(0, 2).join(' ').replaceAll('"', ''));
    expect(divisions.map((d) => `${d.code} ${d.name}`)).toEqual(names);
  });
});
