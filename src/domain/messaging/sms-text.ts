/**
 * The text of an invitation or reminder: a fixed address and a personal code (domain.md §6: platforms register one address and
 * forbid links in variables), under the signature 【…】, in one segment.
 */
import type { Issue } from '../errors.ts';
import type { Channel, RegisteredTexts } from './channel.ts';
import { discouragedWords, otherWordsForCode, shorteners } from './discouraged-words.ts';
import { countSegments } from './segments.ts';
import { zoneOffset } from '../time-zone.ts';

/** One segment of Chinese text, including signature and brackets. */
export const SMS_LIMIT = 70;
/** A longer text is refused for its length; the patterns for hosts take quadratic time. */
const mostSearched = 1000;

/** Placeholders in braces, in English or Chinese; all but the code are the same for everyone in a county. */
export const smsVariables = {
  county: ['county', '县区'],
  closes: ['closes', '截止时间'],
  address: ['address', '网址'],
  code: ['code', '答题码'],
} as const satisfies Record<string, readonly [string, string]>;
type Variable = keyof typeof smsVariables;

const variableOf = new Map<string, Variable>(
  Object.entries(smsVariables).flatMap(([name, spellings]) => spellings.map((s) => [s, name as Variable])),
);
const placeholder = new RegExp(`\\{(${[...variableOf.keys()].join('|')})\\}`, 'gu');

/**
 * Templates for the variables, longest first: with a full official name as signature and a real address the first one is too
 * long. The first that fits is used. There are spaces around the address, because phones take adjacent characters as part of the
 * link.
 */
export const defaultSmsTemplates = {
  invitation: [
    '诚邀您参加{county}教育满意度调查，请于{closes}前访问 {address} 输入答题码{code}，勿转发。',
    '{county}教育满意度调查，请{closes}前访问 {address} 输入答题码{code}，勿转发。',
    '教育满意度调查，请{closes}前访问 {address} 答题码{code}，勿转发。',
    '教育满意度调查：请访问 {address} 输入答题码{code}，勿转给他人。',
    '满意度调查：请访问 {address} 答题码{code}，勿转发。',
    '满意度调查 {address} 答题码{code}',
  ],
  reminder: [
    '教育满意度调查{closes}截止，如尚未填写，请访问 {address} 输入答题码{code}。',
    '教育满意度调查即将截止，如尚未填写，请访问 {address} 输入答题码{code}。',
    '满意度调查即将截止，未填请访问 {address} 答题码{code}。',
    '满意度调查将截止 {address} 答题码{code}',
  ],
  // To all drawn contacts, answered or not: the last answer counts.
  notice: [
    '教育满意度调查{closes}截止，仍可填写或修改，请访问 {address} 输入答题码{code}。',
    '教育满意度调查{closes}截止，仍可填写或修改： {address} 答题码{code}',
    '满意度调查即将截止，仍可填写或修改：请访问 {address} 答题码{code}。',
    '满意度调查仍可填写或修改 {address} 答题码{code}',
    '仍可填写或修改 {address} 答题码{code}',
  ],
} as const satisfies Record<string, readonly [string, ...string[]]>;

/** Exportable kinds: all but slips, which have no message text. */
export const textedKinds = ['invitation', 'reminder', 'replacement', 'late'] as const;
export type TextedKind = (typeof textedKinds)[number];

export interface SmsValues {
  /** Name of the sender as registered, without brackets. */
  readonly signature: string;
  readonly county: string;
  /** When the survey closes, as text: `formatClosing`. */
  readonly closes: string;
  /** The fixed public address, without scheme if phones make it a link anyway. */
  readonly address: string;
  readonly code: string;
}

export interface SmsParts extends SmsValues {
  /** One text, or several from the longest to the shortest, of which the first without an issue is used. */
  readonly templates: readonly [string, ...string[]];
}

export interface SmsText {
  readonly template: string;
  readonly text: string;
  /** UTF-16 units, signature included. */
  readonly length: number;
  readonly segments: number;
  /** The address contains the code: a different link for each person. */
  readonly hasPersonalLink: boolean;
  /**
   * Empty: ready to be sent. Keys: sms.long {length, max, over}, sms.signature, sms.placeholder {name}, sms.variable {name},
   * sms.address-touches {text}, sms.foreign-address {text}, sms.shortener {text}, sms.lines.
   */
  readonly issues: readonly Issue[];
  /** Warnings. Keys: sms.word.<reason> {words}, sms.code-word {text}. */
  readonly warnings: readonly Issue[];
}

/** 12月5日18时, China time; midnight is 24时 of the day before, as officials write it. `at`: milliseconds since 1970. */
export function formatClosing(at: number): string {
  const isMidnight = (at + zoneOffset) % 86_400_000 === 0;
  const china = new Date(at + zoneOffset - (isMidnight ? 1 : 0));
  const minutes = isMidnight ? 0 : china.getUTCMinutes();
  const hours = isMidnight ? 24 : china.getUTCHours();
  const time = minutes === 0 ? `${hours}时` : `${hours}时${minutes}分`;
  return `${china.getUTCMonth() + 1}月${china.getUTCDate()}日${time}`;
}

/**
 * Checks the text and fills it for one person. Use its template with `fillSms` for the others: all values have the same length.
 */
export function composeSms({ templates, ...values }: SmsParts): SmsText {
  const [first, ...shorter] = templates;
  let sms = composeWith(first, values);
  for (const template of shorter) {
    // A shorter text corrects only the length.
    if (sms.length <= SMS_LIMIT) break;
    sms = composeWith(template, values);
  }
  return sms;
}

/** The whole message, without a check. One pass: a value that contains a placeholder is not filled again. */
export function fillSms(template: string, values: SmsValues): string {
  const body = template.replace(placeholder, (_, spelling: string) => values[variableOf.get(spelling)!]);
  return `【${bareSignature(values)}】${body}`;
}

/** Like `fillSms`, if only the code differs between people: the text is parsed once. */
export function createSmsFiller(template: string, values: Omit<SmsValues, 'code'>): (code: string) => string {
  const pieces = template.split(placeholder);
  const fixed: string[] = [`【${bareSignature(values)}】`];
  for (const [i, piece] of pieces.entries()) {
    const variable = i % 2 === 1 ? variableOf.get(piece)! : undefined;
    if (variable === 'code') fixed.push('');
    else fixed[fixed.length - 1] += variable === undefined ? piece : values[variable];
  }
  return (code) => fixed.join(code);
}

const bareSignature = ({ signature }: Pick<SmsValues, 'signature'>) =>
  signature.trim().replace(/^【|】$/g, '');

function composeWith(template: string, values: SmsValues): SmsText {
  const issues: Issue[] = [];
  const add = (message: string, params: Issue['params'] = {}, path = 'template') =>
    issues.push({ path, message, params });
  const signature = bareSignature(values);
  if (signature === '' || /[【】]/.test(signature)) add('sms.signature', {}, 'signature');
  // From here on each variable has one spelling.
  const plain = template.replace(placeholder, (_, spelling: string) => `{${variableOf.get(spelling)!}}`);
  for (const name of ['address', 'code'])
    if (plain.split(`{${name}}`).length !== 2) add('sms.placeholder', { name });
  const unknown = findUnknownVariable(plain);
  if (unknown !== undefined) add('sms.variable', { name: unknown });
  const touching = findTouching(`】${plain}`);
  if (touching !== undefined) add('sms.address-touches', { text: touching });
  for (const host of findForeignHosts(plain, values.address))
    add(isShortener(host) ? 'sms.shortener' : 'sms.foreign-address', { text: host });
  const own = hostOf(values.address);
  if (isShortener(own)) add('sms.shortener', { text: own }, 'address');
  const text = fillSms(template, values);
  // A second signature, or control characters, would be refused or garbled by gateways.
  if (/[\p{Cc}\p{Cs}【】]/u.test(text.slice(signature.length + 2))) add('sms.lines');
  const length = text.length;
  if (length > SMS_LIMIT) add('sms.long', { length, max: SMS_LIMIT, over: length - SMS_LIMIT });
  return {
    template,
    text,
    length,
    segments: countSegments(text).segments,
    hasPersonalLink: /\{address\}[^\s{]*\{code\}/.test(plain),
    issues,
    warnings: [...findOtherCodeWords(plain), ...findWords(plain, null)],
  };
}

/** Unfilled braces would be sent as they are. */
function findUnknownVariable(plain: string): string | undefined {
  const rest = plain.replace(/\{(?:county|closes|address|code)\}/g, ' ');
  return /[{｛][^{}｛｝]*[}｝]?|[}｝]/.exec(rest)?.[0];
}

/**
 * Characters next to the address without a space. Link detection on phones (Android's `Patterns.WEB_URL`) takes letters and
 * digits as part of the host, and every character from U+00A0 on except spaces as a letter: 访, and ：too.
 */
function findTouching(plain: string): string | undefined {
  const beside = String.raw`([^\s\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e]|\{(?:code|county|closes)\})?`;
  const found = new RegExp(`${beside}\\{address\\}${beside}`, 'u').exec(plain);
  return found?.[1] ?? found?.[2];
}

const hostOf = (address: string) =>
  address
    .replace(/^https?:\/\//i, '')
    .split(/[/:?#]/)[0]!
    .toLowerCase();
const isShortener = (host: string) => shorteners.includes(host);

/**
 * Addresses other than the configured one, however they are written: with full-width characters, as a number, with a Chinese
 * name.
 */
function findForeignHosts(plain: string, address: string): readonly string[] {
  const text = plain
    .slice(0, mostSearched)
    .replace(/\{address\}/g, ' ')
    .normalize('NFKC')
    .replace(/(?<=[a-z0-9])。(?=[a-z0-9])/giu, '.');
  /* eslint-disable regexp/no-super-linear-move -- at most 1,000 characters */
  const latin = /(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:xn--[a-z0-9-]+|[a-z]{2,24})(?![a-z0-9-])/giu;
  const named = /[\p{Script=Han}\p{L}\p{N}-]+\.(?:中国|公司|网络|政务|公益|cn|com|net|org)(?![a-z])/giu;
  /* eslint-enable regexp/no-super-linear-move */
  const numbered = /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])/gu;
  const found = [latin, numbered].flatMap((pattern) => text.match(pattern) ?? []);
  const hosts = found.length > 0 ? found : [...(text.match(named) ?? []), ...schemeOnly(text)];
  const own = hostOf(address);
  return [...new Set(hosts.map((host) => host.toLowerCase()))].filter((host) => host !== own);
}

/** `http://` before something that does not look like a host. */
const schemeOnly = (text: string): readonly string[] => text.match(/\bhttps?:\/\/[^\s]+/giu) ?? [];

function findOtherCodeWords(plain: string): readonly Issue[] {
  const used = otherWordsForCode.filter((word) => plain.includes(word));
  return used.map((text) => ({ path: 'template', message: 'sms.code-word', params: { text } }));
}

function findWords(plain: string, channel: string | null): readonly Issue[] {
  const text = plain
    .replace(/\{\w+\}/g, ' ')
    .normalize('NFKC')
    .toLowerCase();
  return discouragedWords.flatMap(({ reason, words, vendors }) => {
    if (channel === null ? vendors !== undefined : vendors?.includes(channel) !== true) return [];
    const found = words.filter(
      (word) => text.includes(word.toLowerCase()) && !otherWordsForCode.includes(word),
    );
    if (found.length === 0) return [];
    return [{ path: 'template', message: `sms.word.${reason}`, params: { words: found.join('、') } }];
  });
}

/** As the vendor would fill it: literally, whatever our variables contain. */
export function saysRegistered(
  text: string,
  { signature, texts }: RegisteredTexts,
  values: SmsValues,
): boolean {
  return texts.some((registered) => fillSms(registered, { ...values, signature }) === text);
}

const optOut = /拒收|退订|回复?\s*[RTN]\b/iu;

/** What one channel forbids of a text that is otherwise valid. `issues`: it may not be sent over this channel. */
export function checkForChannel(
  sms: Pick<SmsText, 'template' | 'text' | 'segments' | 'hasPersonalLink'>,
  channel: Pick<Channel, 'name' | 'kind' | 'capabilities' | 'registered'>,
  values?: SmsValues,
): Pick<SmsText, 'issues' | 'warnings'> {
  const { personalLink, maxSegments, optOutText } = channel.capabilities;
  const issues: Issue[] = [];
  const add = (message: string, params: Issue['params'] = {}) =>
    issues.push({ path: 'template', message, params });
  if (sms.hasPersonalLink && !personalLink) add('sms.channel.link');
  if (sms.segments > maxSegments) add('sms.channel.segments', { segments: sms.segments, max: maxSegments });
  if (optOutText === 'forbidden' && optOut.test(sms.text)) add('sms.channel.opt-out-forbidden');
  if (optOutText === 'required' && !/拒收请回复R$/.test(sms.text.trim())) add('sms.channel.opt-out-required');
  const { registered } = channel;
  if (registered && values && !saysRegistered(sms.text, registered, values))
    add('sms.channel.unregistered', { texts: registered.texts.map((text) => `“${text}”`).join(' ') });
  return { issues, warnings: findWords(sms.template, channel.kind ?? channel.name) };
}
