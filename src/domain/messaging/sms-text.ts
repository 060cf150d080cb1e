/**
 * The text of an invitation or reminder: a fixed address and a personal code (domain.md §6: platforms register one address and forbid
 * links in variables), under the signature 【…】, in one segment.
 */
import type { Issue } from '../errors.ts';
import { countSegments } from './segments.ts';

/** One segment of Chinese text; signature and brackets count. */
export const SMS_LIMIT = 70;

/**
 * What `{address}` and `{code}` are put into, longest first: with a full official name as signature and a real address the first one is too
 * long. The first that fits is taken. Spaces around the address: phones take what touches it for a part of the link.
 */
export const defaultSmsTemplates = {
  invitation: [
    '诚邀您参加教育满意度调查，请访问 {address} 输入答题码{code}，勿转给他人。',
    '教育满意度调查：请访问 {address} 输入答题码{code}，勿转给他人。',
    '满意度调查：请访问 {address} 答题码{code}，勿转发。',
    '满意度调查 {address} 答题码{code}',
  ],
  reminder: [
    '教育满意度调查即将截止，如尚未填写，请访问 {address} 输入答题码{code}。',
    '满意度调查即将截止，未填请访问 {address} 答题码{code}。',
    '满意度调查将截止 {address} 答题码{code}',
  ],
} as const satisfies Record<string, readonly [string, ...string[]]>;

/** Of what is exported, all but slips: these have no message text. */
export const textedKinds = ['invitation', 'reminder', 'replacement', 'late'] as const;
export type TextedKind = (typeof textedKinds)[number];

export interface SmsParts {
  /** Name of the sender as registered, without brackets. */
  readonly signature: string;
  /** The fixed public address, without scheme where the phone makes it a link anyway. */
  readonly address: string;
  readonly code: string;
  /** One text, or several from the longest to the shortest, of which the first without an issue is taken. */
  readonly templates: readonly [string, ...string[]];
}

export interface SmsText {
  readonly template: string;
  readonly text: string;
  /** UTF-16 units, signature included. */
  readonly length: number;
  readonly segments: number;
  /**
   * Empty: fit to be sent. Keys: sms.long {length, max, over}, sms.signature, sms.placeholder {name}, sms.variable {name}, sms.address-touches
   * {text}, sms.lines.
   */
  readonly issues: readonly Issue[];
}

export function composeSms({ templates, ...parts }: SmsParts): SmsText {
  const [first, ...shorter] = templates;
  let sms = composeWith(first, parts);
  for (const template of shorter) {
    // A shorter text mends nothing but the length.
    if (sms.length <= SMS_LIMIT) break;
    sms = composeWith(template, parts);
  }
  return sms;
}

function composeWith(template: string, parts: Omit<SmsParts, 'templates'>): SmsText {
  const issues: Issue[] = [];
  const signature = parts.signature.trim().replace(/^【|】$/g, '');
  if (signature === '' || /[【】]/.test(signature))
    issues.push({ path: 'signature', message: 'sms.signature' });
  for (const name of ['address', 'code'])
    if (template.split(`{${name}}`).length !== 2)
      issues.push({ path: 'template', message: 'sms.placeholder', params: { name } });
  const unknown = findUnknownVariable(template);
  if (unknown !== undefined)
    issues.push({ path: 'template', message: 'sms.variable', params: { name: unknown } });
  const touching = findTouching(`】${template}`);
  if (touching !== undefined)
    issues.push({ path: 'template', message: 'sms.address-touches', params: { text: touching } });
  // One pass: an address with a placeholder's text in it is not filled again.
  const body = template.replace(/\{(address|code)\}/g, (_, name: 'address' | 'code') => parts[name]);
  // A second signature, or control characters, would be refused or mangled by gateways.
  if (/[\p{Cc}【】]/u.test(body)) issues.push({ path: 'template', message: 'sms.lines' });
  const text = `【${signature}】${body}`;
  const length = text.length;
  if (length > SMS_LIMIT)
    issues.push({
      path: 'template',
      message: 'sms.long',
      params: { length, max: SMS_LIMIT, over: length - SMS_LIMIT },
    });
  return { template, text, length, segments: countSegments(text).segments, issues };
}

/** Braces that are not filled would go out as they are. */
function findUnknownVariable(template: string): string | undefined {
  const rest = template.replace(/\{(?:address|code)\}/g, ' ');
  return /[{｛][^{}｛｝]*[}｝]?|[}｝]/.exec(rest)?.[0];
}

/**
 * What stands beside the address without a space. Link detection on phones (Android's `Patterns.WEB_URL`) takes letters and digits for a part of
 * the host, and every sign from U+00A0 on but spaces for a letter: 访, and ：too.
 */
function findTouching(template: string): string | undefined {
  const found =
    /([^\s\x20-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e]|\{code\})?\{address\}([^\s\x20-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e]|\{code\})?/u.exec(
      template,
    );
  return found?.[1] ?? found?.[2];
}
