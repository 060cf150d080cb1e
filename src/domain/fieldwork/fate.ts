/**
 * Delivery reports as platforms export them: a phone number and a word, in any columns. What is not known for certain is a fault, never a guess: a wrong number that is counted
 * as delivered flatters a rate.
 */
import { parsePhones } from './roll/phone.ts';
import { cellFaults, cellText, shown, type RowFault, type TableRow } from './roll/table.ts';

export type Fate = 'delivered' | 'opted-out' | 'wrong-number' | 'undeliverable';

const words: readonly (readonly [Fate, RegExp])[] = [
  ['opted-out', /^(退订|拒收|已退订|已拒收|黑名单|td|opt(ed)?[- ]?out|unsubscribed?)$/iu],
  [
    'wrong-number',
    /^(空号|错号|号码错误|号码不存在|非本人|wrong[- ]?number|invalid number|unknown subscriber|mk:0001)$/iu,
  ],
  [
    'undeliverable',
    /^(失败|发送失败|未送达|停机|关机|超时|undeliverable|undeliv|failed|failure|expired|rejectd|rejected)$/iu,
  ],
  ['delivered', /^(成功|发送成功|已送达|送达|接收成功|delivered|delivrd|success|ok)$/iu],
];

export function fateOf(text: string): Fate | undefined {
  return words.find(([, pattern]) => pattern.test(text))?.[0];
}

export type FateRow =
  | { readonly kind: 'fate'; readonly phone: string; readonly fate: Fate }
  /** Blank, or a heading above the first row of data. */
  | { readonly kind: 'none' }
  | { readonly kind: 'fault'; readonly fault: RowFault };

/** @param isFirst nothing but headings has come before */
export function readFateRow(row: TableRow, isFirst: boolean): FateRow {
  const texts = row.cells.map(cellText).filter((text) => text !== '');
  if (texts.length === 0 && row.marks === undefined) return { kind: 'none' };
  const fate = texts.map(fateOf).find((found) => found !== undefined);
  const phone = row.cells.flatMap((cell) => {
    const text = cellText(cell);
    return /\d{7}/.test(text.replace(/[\s-]/g, '')) ? parsePhones(cell).phones.map((p) => p.number) : [];
  })[0];
  if (phone !== undefined && fate !== undefined) return { kind: 'fate', phone, fate };
  if (isFirst && phone === undefined && fate === undefined) return { kind: 'none' };
  const [unreadable] = cellFaults(row, { phone: [...(row.marks?.keys() ?? [])] });
  if (unreadable?.message === 'roll.cell.formula') return { kind: 'fault', fault: unreadable };
  return {
    kind: 'fault',
    fault:
      phone === undefined
        ? { field: 'phone', message: 'fates.row.phone' }
        : { field: 'fate', message: 'fates.row.fate', params: { found: shown(texts.join(' ')) } },
  };
}
