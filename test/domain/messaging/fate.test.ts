import { describe, expect, it } from 'vitest';
import { fateHeader, readFateRow } from '../../../src/domain/messaging/fate.ts';
import { mapHeader } from '../../../src/domain/frame/roll/header.ts';
import type { CellValue, TableRow } from '../../../src/domain/frame/roll/table.ts';

const table = (...rows: CellValue[][]): TableRow[] =>
  rows.map((cells, i) => ({ sheet: '', row: i + 1, cells }));

function read(rows: TableRow[]) {
  const header = mapHeader(rows, fateHeader);
  return rows.map((row, i) => {
    const found = readFateRow(row, header.ok ? header : undefined, i === 0);
    return found.kind === 'fate' ? found.fate : found.kind === 'fault' ? found.fault.message : found.kind;
  });
}

describe('delivery reports', () => {
  it.each<[CellValue[], string]>([
    [['13800138000', '发送失败', '空号'], 'wrong-number'],
    [['13800138000', '失败', '用户已退订'], 'opted-out'],
    [['13800138000', '失败', '关机'], 'undeliverable'],
    [['13800138000', '失败', null], 'undeliverable'],
    [['13800138000', '发送成功', '成功'], 'delivered'],
    [['13800138000', 'DELIVRD', ''], 'delivered'],
    [['13800138000', '未送达', 'MK:0001 空号'], 'wrong-number'],
    [['13800138000', '发送成功', '空号'], 'fates.row.contradictory'],
    [['13800138000', '已提交', null], 'fates.row.fate'],
    [['无', '成功', null], 'fates.row.phone'],
  ])('the reason decides: %j', (cells, expected) => {
    expect(read(table(['手机号', '状态', '失败原因'], cells))[1]).toBe(expected);
  });

  it('the header says which column is the number', () => {
    const rows = table(
      ['发送号码段', '客户手机', '接收手机号', '短信内容', '发送状态'],
      ['10690001380', '13911112222', '13800138000', '满意度调查，拒收请回复R', '发送成功'],
    );
    const header = mapHeader(rows, fateHeader);
    if (!header.ok) throw new Error(header.fault.message);
    expect(header.columns).toMatchObject({ state: [4] });
    expect(readFateRow(rows[1]!, header, false)).toMatchObject({ fate: 'delivered' });
    const plain = table(['经办人电话', '手机号', '状态'], ['13911112222', '13800138000', '空号']);
    const found = mapHeader(plain, fateHeader);
    if (!found.ok) throw new Error(found.fault.message);
    expect(readFateRow(plain[1]!, found, false)).toEqual({
      kind: 'fate',
      phone: '13800138000',
      fate: 'wrong-number',
    });
  });

  it('without a header, one number and words that agree are needed', () => {
    expect(read(table(['13800138000', '失败', '空号']))).toEqual(['wrong-number']);
    expect(read(table(['某平台导出'], ['13800138000', '成功']))).toEqual(['none', 'delivered']);
    expect(read(table(['13911112222', '13800138000', '成功']))).toEqual(['fates.row.phones']);
    expect(read(table(['13800138000', '成功', '空号']))).toEqual(['fates.row.contradictory']);
  });

  it('shows nothing of a row but its state', () => {
    const rows = table(['姓名', '手机号', '状态'], ['张某某', '13800138000', '???']);
    const header = mapHeader(rows, fateHeader);
    if (!header.ok) throw new Error(header.fault.message);
    expect(readFateRow(rows[1]!, header, false)).toMatchObject({ fault: { params: { found: '???' } } });
    expect(JSON.stringify(readFateRow(table(['张某某', '13800138000'])[0]!, undefined, true))).not.toContain(
      '某',
    );
  });
});
