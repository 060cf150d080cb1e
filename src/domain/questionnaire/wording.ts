/**
 * Candidates for a second look by whoever writes a questionnaire: an item that asks two things at once, and a stem that the scale does not fit. Found by
 * the words alone, so a finding is a question and no verdict. What stands in brackets are examples of the matter before them.
 */

/** Words of these languages that join two matters, and names and words that merely hold one of them. */
const joins: Readonly<Record<string, { readonly joiner: RegExp; readonly not: RegExp }>> = {
  'zh-CN': {
    joiner: /[、和与及或]/,
    not: /小学和初中|参与|和谐|及时|及格|普及|涉及|总和|温和|或许/g,
  },
  en: { joiner: /\b(?:and|or)\b|\//i, not: /\bprimary and junior secondary\b/gi },
};

/** A size or a fact in place of a matter: 差别的大小 cannot be satisfying. */
const misfits: Readonly<Record<string, RegExp>> = {
  'zh-CN': /的(?:多少|大小|远近|高低|轻重|快慢|长短|情况)|程度|是不是|是否|有没有|(.)不\1|(.{2})不\2|(.)没\3/,
  en: /^(?:whether|how (?:much|many|far|often|long)\b)/i,
};

const inBrackets = /[（(][^（）()]*[）)]/g;

/** A joining word outside brackets: worth a second look, and no more. */
export function asksTwoThings(text: string, language: string): boolean {
  const rule = Object.hasOwn(joins, language) ? joins[language] : undefined;
  if (!rule) return false;
  return rule.joiner.test(text.replace(inBrackets, '').replace(rule.not, ''));
}

/** A stem that asks for a size or a fact, which no scale of satisfaction answers. */
export function misfitsScale(text: string, language: string): boolean {
  const rule = Object.hasOwn(misfits, language) ? misfits[language] : undefined;
  return rule?.test(text.replace(inBrackets, '')) === true;
}
