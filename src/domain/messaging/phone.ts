/**
 * Phone numbers as clerks write them. Certain ones are normalised; uncertain ones are a fault with its remedy. Numbers: mobile
 * 1[3-9] and nine digits (MIIT numbering plan, 2017 edition); landline 0, area code, local number.
 */
import { cellText, type CellValue } from '../frame/roll/table.ts';
import type { MessageParams } from '../errors.ts';

export interface Phone {
  /** Only a mobile can receive SMS. */
  readonly kind: 'mobile' | 'landline';
  /** Mobile: 11 digits. Landline: `0531-88886666`. */
  readonly number: string;
}

export interface PhoneNote {
  readonly message: `roll.phone.${string}`;
  readonly params?: MessageParams;
}

export interface ParsedPhones {
  readonly phones: readonly Phone[];
  /** Text that is not a usable number. */
  readonly faults: readonly PhoneNote[];
  /** Usable, but worth a look. */
  readonly warnings: readonly PhoneNote[];
}

const nothing = /^(无|没有|暂无|未提供|不详|none|n\/?a|null|nil|0|[-/\\.—–_*]+)$/i;
const separators = /[/\\、;,|]|或者?|和|及|\bor\b|\band\b/iu;
const labels =
  /(?:第[一二三四12345]|紧急)?(?:监护人|联系人|联系方式|联系|父亲|母亲|爸爸|妈妈|爷爷|奶奶|外公|外婆|姥姥|姥爷|祖父|祖母|家长|家庭|家里|本人|父|母|爸|妈|手机号码|手机号|手机|移动电话|电话号码|电话|固话|座机|办公|住宅|宅电|mobile|phone|cell|home|tel)(?:\d(?=\D))?[:.]?\s*(?![\p{L}])/giu;
/** No longer a person's number: using it would send a code to its present owner. */
const disused = /空号|错号|停机|停用|作废|旧号|已换|换号|注销|不用了|勿用|无效/u;
/** Characters such as ① and ⒈ become plain digits in compatibility form, and would merge with the number. */
const listMarks = /[\u2460-\u249b\u24ea-\u24ff\u2776-\u2793]/gu;
/** Dialled before a mobile number for cheaper calls, and still stored that way in many address books. */
const callPrefix = '(?:1790[019]|1791[01]|1795[01]|10193|11808|12593|12520)';
const extension = /(?<![\s-])[\s-]*(?:转|分机|ext\.?|#|x)\s*(?::\s*)?\d{1,6}\s*$/iu;

/** `138****1234`; shorter numbers show fewer digits. For every page, message and log. */
export function maskPhone(number: string): string {
  const digits = number.replace(/\D/g, '');
  if (digits.length >= 10) return `${digits.slice(0, 3)}****${digits.slice(-4)}`;
  return `${digits.slice(0, Math.max(0, Math.min(3, digits.length - 5)))}****`;
}

/** Mainland mobile numbers of a cell, in their order; other text is a fault or a warning, with its reason. */
export function parsePhones(cell: CellValue): ParsedPhones {
  const phones: Phone[] = [];
  const faults: PhoneNote[] = [];
  const warnings: PhoneNote[] = [];
  const add = (phone: Phone) => {
    if (!phones.some((p) => p.number === phone.number)) phones.push(phone);
    // A column shown as 1.38E+10, saved as CSV and opened again: the lost digits have become zeros.
    if (phone.kind === 'mobile' && /0{6}$/.test(phone.number))
      warnings.push({ message: 'roll.phone.rounded', params: { phone: maskPhone(phone.number) } });
  };
  const text = cellText(
    typeof cell === 'string' ? cell.replace(listMarks, ';').replace(/[\r\n]+/g, ';') : cell,
  )
    .replace(/^['‘’`´"“”]+|(?<!['‘’`´"“”])['‘’`´"“”]+$/g, '')
    .trim();
  if (text === '' || nothing.test(text)) return { phones, faults, warnings };

  // No household needs more text; and patterns must not run over a hostile cell of 100,000 dashes.
  if (text.length > 200) {
    faults.push({ message: 'roll.phone.long', params: { digits: text.replace(/\D/g, '').length } });
    return { phones, faults, warnings };
  }
  const scientific = /^\+?(\d(?:\.(\d+))?)e\+?(\d{1,2})$/i.exec(text.replace(/\s/g, ''));
  if (scientific) {
    const whole = Number(scientific[0]);
    const exact = (scientific[2] ?? '').length >= Number(scientific[3]);
    const phone = exact ? classify(whole.toFixed(0), true) : undefined;
    if (phone) add(phone);
    else faults.push({ message: 'roll.phone.scientific' });
    return { phones, faults, warnings };
  }
  if (/^\d{17}[\dx]$/i.test(text.replace(/\s/g, ''))) {
    faults.push({ message: 'roll.phone.identity' });
    return { phones, faults, warnings };
  }
  if (/\d{7}/.test(text) && disused.test(text)) {
    faults.push({ message: 'roll.phone.disused' });
    return { phones, faults, warnings };
  }
  const asNumber = typeof cell === 'number';
  const { rest, hasRemark } = withoutRemarks(text);
  let isBesideWords = hasRemark || (typeof cell === 'string' && cell.search(listMarks) >= 0);
  let isWordsOnly = false;
  for (const piece of rest.split(separators)) {
    const bare = piece.replace(labels, ' ').replace(extension, '').trim();
    if (bare === '' || nothing.test(bare)) continue;
    if (!/\d/.test(bare)) {
      isWordsOnly = true;
      continue;
    }
    const found = parsePiece(bare, asNumber);
    const isolated = Array.isArray(found) || asNumber ? undefined : isolatedMobile(bare);
    if (Array.isArray(found)) found.forEach(add);
    else if (isolated) add(isolated);
    else faults.push(found);
    isBesideWords ||= isolated !== undefined;
  }
  if (isWordsOnly && phones.length === 0) faults.push({ message: 'roll.phone.letters' });
  if (phones.length > 0 && (isBesideWords || isWordsOnly)) warnings.push({ message: 'roll.phone.extracted' });
  return { phones, faults, warnings };
}

/** Without text in brackets that is not a number: (微信同号), (短号612345), (父亲). */
function withoutRemarks(text: string): { readonly rest: string; readonly hasRemark: boolean } {
  let hasRemark = false;
  const rest = text.replace(/[([]([^()[\]]*)[)\]]/g, (whole, inner: string) => {
    if (!/\p{L}/u.test(inner) || /\d{7}/.test(inner)) return whole;
    hasRemark ||= inner.replace(labels, '').trim() !== '';
    return ' ';
  });
  return { rest, hasRemark };
}

const mobileRun = new RegExp(`^(?:${callPrefix}|0|86|0086)?(1[3-9]\\d{9})$`);

/**
 * The only mobile in a text with words, if no other digits could be meant: no other run has more than six digits (a short
 * number), and the run touches no Latin letter, because it may then be part of an account or address.
 */
function isolatedMobile(text: string): Phone | undefined {
  if (text.includes('**') || /\+(?!\s*0*86)/.test(text)) return undefined;
  const unnumbered = text.replace(/^\(?\d{1,2}\)?[.):]\s*(?=1[3-9]\d{9}(?!\d))/, '');
  for (const candidate of [unnumbered, unnumbered.replace(/(?<=\d)[\s-](?=\d)/g, '')]) {
    const runs = [...candidate.matchAll(/\d+/g)].filter(([digits]) => digits.length > 6);
    const [run] = runs;
    if (run === undefined || runs.length > 1) continue;
    const mobile = mobileRun.exec(run[0])?.[1];
    const before = candidate.slice(0, run.index);
    const after = candidate.slice(run.index + run[0].length);
    if (mobile !== undefined && !/[A-Za-z@.]$/.test(before) && !/^(?:[A-Za-z@]|\.\d)/.test(after))
      return { kind: 'mobile', number: mobile };
  }
  return undefined;
}

/** The numbers of a text that consists of digits and spaces, or its fault. */
function parsePiece(text: string, asNumber: boolean): Phone[] | PhoneNote {
  const plain = text.replace(/^(\d{7,13})\.0+$/, '$1');
  const digits = plain.replace(/\D/g, '');
  const params = { digits: digits.length, ...(digits.length <= 12 && { phone: maskPhone(digits) }) };
  if (/[\p{L}]/u.test(plain)) return { message: 'roll.phone.letters' };
  if (/^\+(?!\s*0*86)/.test(plain.replace(/^\(/, ''))) return { message: 'roll.phone.foreign' };
  if (/[^\d\s+\-.()·•_—–―‐‑‒−~:*]/u.test(plain) || plain.includes('*'))
    return { message: plain.includes('*') ? 'roll.phone.masked' : 'roll.phone.letters' };
  const whole = classify(digits, asNumber);
  if (whole) return [whole];
  // Two numbers separated only by spaces, each possibly with spaces itself: 138 0013 8000 139 0013 9000.
  const found: Phone[] = [];
  let pending = '';
  for (const group of plain.match(/\d+/g) ?? []) {
    pending += group;
    const phone = classify(pending, false);
    if (phone?.kind === 'mobile' || (phone && pending.length >= 11)) {
      found.push(phone);
      pending = '';
    }
  }
  if (found.length > 0 && pending === '') return found;
  if (/^(400|800)\d{7}$/.test(digits)) return { message: 'roll.phone.service' };
  if (/^[2-8]\d{6,7}$/.test(digits)) return { message: 'roll.phone.area', params };
  if (digits.length < 11) return { message: 'roll.phone.short', params };
  if (digits.length > 12) return { message: 'roll.phone.long', params };
  return { message: 'roll.phone.unknown', params };
}

const localLine = /^(010|02\d)([2-8]\d{7})$|^(0[3-9]\d{2})([2-8]\d{6,7})$/;

/** `fromNumber`: the cell was a number, so a landline has lost its leading 0. */
function classify(digits: string, fromNumber: boolean): Phone | undefined {
  const domestic = digits.replace(/^(?:0{0,2}86)(?=\d{9,12}$)/, '');
  const mobile = /^0?(1[3-9]\d{9})$/.exec(domestic);
  if (mobile?.[1] !== undefined) return { kind: 'mobile', number: mobile[1] };
  const withZero = [digits, ...(domestic === digits ? [] : [domestic, `0${domestic}`])];
  if (fromNumber) withZero.push(`0${digits}`);
  for (const candidate of withZero) {
    const line = localLine.exec(candidate);
    if (line) return { kind: 'landline', number: `${line[1] ?? line[3]}-${line[2] ?? line[4]}` };
  }
  return undefined;
}
