/** Texts of the report for the single file and the page, which have no message folder: included by imports. */
import english from '../../texts/en/verify.json' with { type: 'json' };
import chinese from '../../texts/zh-CN/verify.json' with { type: 'json' };
import { fillText } from '../../texts/fill.ts';
import type { Say } from './report.ts';

export function sayIn(language: string): Say {
  const own: Readonly<Record<string, string>> = /^en/i.test(language) ? english : chinese;
  return (key, params = {}) => fillText(own[key] ?? key, params);
}
