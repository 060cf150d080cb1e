/** What people send back to a message, and whether it asks for no more. */

/** Signs and words that people put around what they mean: 回复“TD”, 请退订。 */
const around = /[\s\p{P}\p{S}]+/gu;
const polite = /^(?:请|我要|我|要|回复|回)+|(?:谢谢|吧|了|啊)+$/gu;
/** As texts and gateways ask for them; a letter alone is one of them only where nothing else is said. */
const letters = new Set(['T', 'TD', 'TDA', 'R', 'N', 'QX', 'STOP', 'UNSUBSCRIBE', 'CANCEL', '0000', '00000']);
const phrases = /退订|拒收|取消订阅|不要再发|别再发|不再接收/u;
/** Longer texts that name one of the phrases say something else, or something more. */
const longest = 20;

/**
 * In doubt it is: who is not written to again may still answer, by the message that they have; who is, though they asked for no more, has been wronged.
 */
export function isOptOut(text: string): boolean {
  const said = text.normalize('NFKC').toUpperCase().replace(around, '').replace(polite, '');
  return letters.has(said) || (said.length <= longest && phrases.test(said));
}
