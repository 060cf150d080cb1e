/**
 * Delivery reports as platforms export them. With a header, the columns of number, state and reason are known; without one, every
 * cell is examined. Uncertain content is a fault, never a guess: a wrong number counted as delivered improves a rate unduly.
 */
import type { HeaderKind, HeaderMapping } from '../frame/roll/header.ts';
import { parsePhones } from './phone.ts';
import {
  cellFaults,
  cellText,
  linesFault,
  shown,
  type RowFault,
  type TableRow,
} from '../frame/roll/table.ts';

export type Fate = 'delivered' | 'opted-out' | 'wrong-number' | 'undeliverable';

export const fateFields = ['phone', 'state', 'reason'] as const;
export type FateField = (typeof fateFields)[number];

export const fateHeader: HeaderKind<FateField> = {
  fields: fateFields,
  synonyms: {
    phone:
      /^(?:接收|接收人|接收方|收件人|被叫|目的|目标|用户|客户|发送|短信|下发)?(?:手机号码|手机号|手机|号码|电话号码|电话|终端号码)$|^(?:phone|phonenumber|mobile|mobilenumber|msisdn|number|recipient|destination|to)$/,
    state:
      /^(?:短信|消息|发送|投递|送达|下发|接收|回执|报告|提交|最终)?(?:状态|结果|状态报告|回执)$|^(?:status|state|result|deliverystatus|deliverystate|sendstatus)$/,
    reason:
      /^(?:原因|(?:失败|错误|状态|未送达|回执|报告)(?:原因|说明|描述|码|代码|信息|详情))$|^(?:reason|error|errorcode|errcode|errormessage|failurereason|description|statuscode)$/,
  },
  several: new Set(),
  required: [['phone'], ['state', 'reason']],
};

const words: readonly (readonly [Fate, RegExp])[] = [
  ['opted-out', /^(退订|拒收|已退订|已拒收|黑名单|td|opt(ed)?[- ]?out|unsubscribed?)$/iu],
  [
    'wrong-number',
    /^(空号|错号|号码错误|号码不存在|号码无效|无效号码|非本人|wrong[- ]?number|invalid number|unknown subscriber|mk:0001)$/iu,
  ],
  [
    'undeliverable',
    /^(失败|发送失败|投递失败|接收失败|未送达|停机|关机|超时|undeliverable|undeliv|failed|failure|expired|rejectd|rejected)$/iu,
  ],
  ['delivered', /^(成功|发送成功|投递成功|已送达|送达|接收成功|delivered|delivrd|success|ok)$/iu],
];

/** In a column known to hold a state or a reason, longer texts are understood too. The order matters: 未送达 contains 送达. */
const phrases: readonly (readonly [Fate, RegExp])[] = [
  ['opted-out', /退订|拒收|黑名单|opt(ed)?[- ]?out|unsubscribe/iu],
  [
    'wrong-number',
    /空号|错号|号码(?:错误|不存在|无效|有误|异常)|无效号码|非本人|不存在的号码|wrong[- ]?number|invalid number|unknown subscriber|mk:0001/iu,
  ],
  [
    'undeliverable',
    /失败|未送达|未成功|不成功|未接收|停机|关机|超时|不可达|无法接通|不在服务区|拦截|undeliv|fail|expired|reject/iu,
  ],
  ['delivered', /成功|已?送达|已接收|delivered|delivrd|success/iu],
];

function fateOf(text: string): Fate | undefined {
  return words.find(([, pattern]) => pattern.test(text))?.[0];
}

function fateIn(text: string): Fate | undefined {
  return fateOf(text) ?? phrases.find(([, pattern]) => pattern.test(text))?.[0];
}

export type FateRow =
  | { readonly kind: 'fate'; readonly phone: string; readonly fate: Fate }
  /** Blank, or a heading above the first row of data. */
  | { readonly kind: 'none' }
  | { readonly kind: 'fault'; readonly fault: RowFault };

/**
 * @param mapping of the sheet's header, if it has one
 * @param isFirst whether only headings have come before
 */
export function readFateRow(
  row: TableRow,
  mapping: HeaderMapping<FateField> | undefined,
  isFirst: boolean,
): FateRow {
  const broken = linesFault(row, [], mapping !== undefined && row.row <= mapping.headerRow);
  if (broken) return { kind: 'fault', fault: broken };
  return mapping === undefined ? readAnyCells(row, isFirst) : readMapped(row, mapping);
}

function readMapped(row: TableRow, { headerRow, columns }: HeaderMapping<FateField>): FateRow {
  const texts = row.cells.map(cellText);
  if (row.row <= headerRow) return { kind: 'none' };
  const [unreadable] = cellFaults(row, columns);
  if (unreadable) return { kind: 'fault', fault: unreadable };
  if (texts.every((text) => text === '')) return { kind: 'none' };
  const textOf = (field: FateField) => columns[field].map((c) => texts[c] ?? '').find((t) => t !== '') ?? '';
  const phone = columns.phone
    .flatMap((c) => parsePhones(row.cells[c] ?? null).phones)
    .map((p) => p.number)[0];
  if (phone === undefined) return noPhone;
  const [state, reason] = [textOf('state'), textOf('reason')];
  const found = [fateIn(state), fateIn(reason)].filter((fate) => fate !== undefined);
  return decide(phone, found, shown(state === '' ? reason : state));
}

function readAnyCells(row: TableRow, isFirst: boolean): FateRow {
  const texts = row.cells.map(cellText).filter((text) => text !== '');
  if (texts.length === 0 && row.marks === undefined) return { kind: 'none' };
  const found = texts.map(fateOf).filter((fate) => fate !== undefined);
  const phones = new Set(
    row.cells.flatMap((cell) =>
      /\d{7}/.test(cellText(cell).replace(/[\s-]/g, '')) ? parsePhones(cell).phones.map((p) => p.number) : [],
    ),
  );
  const [phone] = phones;
  if (isFirst && phone === undefined && found.length === 0) return { kind: 'none' };
  if (phone === undefined || found.length === 0) {
    const [unreadable] = cellFaults(row, { phone: [...(row.marks?.keys() ?? [])] });
    if (unreadable?.message === 'roll.cell.formula') return { kind: 'fault', fault: unreadable };
  }
  if (phone === undefined) return noPhone;
  // Without a header the recipient's number cannot be told from the sender's.
  if (phones.size > 1) return { kind: 'fault', fault: { field: 'phone', message: 'fates.row.phones' } };
  return decide(phone, found, '');
}

const noPhone: FateRow = { kind: 'fault', fault: { field: 'phone', message: 'fates.row.phone' } };

/** A reason is more precise than “failed”; other statements must agree. */
function decide(phone: string, found: readonly Fate[], text: string): FateRow {
  const exact = new Set(found.length > 1 ? found.filter((fate) => fate !== 'undeliverable') : found);
  const [fate = found[0]] = exact;
  const isContradictory = exact.size > 1 || (exact.has('delivered') && found.includes('undeliverable'));
  if (fate !== undefined && !isContradictory) return { kind: 'fate', phone, fate };
  const message = isContradictory ? 'fates.row.contradictory' : 'fates.row.fate';
  return { kind: 'fault', fault: { field: 'fate', message, params: { found: text } } };
}
