/**
 * Warnings for authors of questionnaires: an item that asks two things at once, and a stem that does not fit the scale. They are
 * based on words only, so a finding is a question, not a verdict. Text in brackets is an example of the topic before it.
 */

/** Words of these languages that join two topics, and names and words that only contain one of them. */
const joins: Readonly<Record<string, { readonly joiner: RegExp; readonly not: RegExp }>> = {
  'zh-CN': {
    joiner: /[、和与及或]/,
    not: /小学和初中|参与|和谐|及时|及格|普及|涉及|总和|温和|或许/g,
  },
  en: { joiner: /\b(?:and|or)\b|\//i, not: /\bprimary and junior secondary\b/gi },
};

/** A size or a fact instead of a topic: 差别的大小 cannot be satisfying. */
const misfits: Readonly<Record<string, RegExp>> = {
  'zh-CN': /的(?:多少|大小|远近|高低|轻重|快慢|长短|情况)|程度|是不是|是否|有没有|(.)不\1|(.{2})不\2|(.)没\3/,
  en: /^(?:whether|how (?:much|many|far|often|long)\b)/i,
};

const inBrackets = /[（(][^（）()]*[）)]/g;

/** A joining word outside brackets: only a warning. */
export function asksTwoThings(text: string, language: string): boolean {
  const rule = Object.hasOwn(joins, language) ? joins[language] : undefined;
  if (!rule) return false;
  return rule.joiner.test(text.replace(inBrackets, '').replace(rule.not, ''));
}

/** A stem that asks for a size or a fact, which no satisfaction scale can answer. */
export function misfitsScale(text: string, language: string): boolean {
  const rule = Object.hasOwn(misfits, language) ? misfits[language] : undefined;
  return rule?.test(text.replace(inBrackets, '')) === true;
}
