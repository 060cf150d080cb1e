/**
 * The default text of an invitation: a fixed address and a personal code (domain.md §6: platforms register one address and forbid
 * links in variables), under the signature 【…】, in one segment.
 */
import type { Issue } from '../errors.ts';
import { countSegments } from './segments.ts';

/** One segment of Chinese text; signature and brackets count. */
export const SMS_LIMIT = 70;

/** What `{address}` and `{code}` are put into. */
export const defaultSmsTemplates = {
  invitation: '诚邀您参加教育满意度调查，请访问 {address} 输入答题码{code}，勿转给他人。',
  reminder: '教育满意度调查即将截止，如尚未填写，请访问 {address} 输入答题码{code}。',
} as const;

export interface SmsParts {
  /** Name of the sender as registered, without brackets. */
  readonly signature: string;
  /** The fixed public address, without scheme where the phone makes it a link anyway. */
  readonly address: string;
  readonly code: string;
  readonly template?: string;
}

export interface SmsText {
  readonly text: string;
  /** UTF-16 units, signature included. */
  readonly length: number;
  readonly segments: number;
  /** Empty: fit to be sent. Keys: sms.long {length, max, over}, sms.signature, sms.placeholder {name}, sms.lines. */
  readonly issues: readonly Issue[];
}

export function composeSms(parts: SmsParts): SmsText {
  const template = parts.template ?? defaultSmsTemplates.invitation;
  const issues: Issue[] = [];
  const signature = parts.signature.trim().replace(/^【|】$/g, '');
  if (signature === '' || /[【】]/.test(signature))
    issues.push({ path: 'signature', message: 'sms.signature' });
  for (const name of ['address', 'code'])
    if (template.split(`{${name}}`).length !== 2)
      issues.push({ path: 'template', message: 'sms.placeholder', params: { name } });
  // One pass: an address with a placeholder's text in it is not filled again.
  const body = template.replace(/\{(address|code)\}/g, (_, name: 'address' | 'code') => parts[name]);
  // A second signature, or control characters, would be refused or mangled by gateways.
  if (/[\p{Cc}【】]/u.test(body)) issues.push({ path: 'template', message: 'sms.lines' });
  const text = `【${signature}】${body}`;
  const length = text.length;
  if (length > SMS_LIMIT)
    issues.push({
      path: 'text',
      message: 'sms.long',
      params: { length, max: SMS_LIMIT, over: length - SMS_LIMIT },
    });
  return { text, length, segments: countSegments(text).segments, issues };
}
