/** Replies to messages, and whether they are an opt-out. */

/** Characters and words that people put around the keyword: 回复“TD”, 请退订。 */
const around = /[\s\p{P}\p{S}]+/gu;
const polite = /^(?:请|我要|我|要|回复|回)+|(?<!谢谢|吧|了|啊)(?:谢谢|吧|了|啊)+$/gu;
/** Keywords as texts and gateways request them; a single letter counts only if the reply has nothing else. */
const letters = new Set(['T', 'TD', 'TDA', 'R', 'N', 'QX', 'STOP', 'UNSUBSCRIBE', 'CANCEL', '0000', '00000']);
const phrases = /退订|拒收|取消订阅|不要再发|别再发|不再接收/u;
/** Longer texts that contain one of the phrases mean something else, or more. */
const longest = 20;

/**
 * In doubt it is an opt-out: the recipient may still answer by the message that they have, but a further message after an opt-out
 * is a wrong.
 */
export function isOptOut(text: string): boolean {
  const said = text.normalize('NFKC').toUpperCase().replace(around, '').replace(polite, '');
  return letters.has(said) || (said.length <= longest && phrases.test(said));
}
