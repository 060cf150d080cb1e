import { BLANK, DONT_KNOW, NOT_ASKED, type CompiledQuestionnaire } from '../../questionnaire/compiled.ts';
import type { RuleProfile } from './profile.ts';

/**
 * Makes the test for *valid* responses (profile `valid`) of one questionnaire. It reads encoded answers and allocates nothing.
 * Only rating items count: enough of those asked must be answered, where 不了解 may count as an answer or not. If none was asked, a
 * share is never reached: the response is not valid.
 */
export function createValidityTest(
  rule: RuleProfile['valid'],
  q: CompiledQuestionnaire,
): (answers: Uint8Array) => boolean {
  const offsets = q.items.filter((item) => item.type === 'rating').map((item) => item.offset);
  const { minAnswered, dontKnowCounts } = rule;
  return (answers) => {
    let asked = 0;
    let answered = 0;
    for (const offset of offsets) {
      const code = answers[offset]!;
      if (code === NOT_ASKED) continue;
      asked++;
      if (code !== BLANK && (dontKnowCounts || code !== DONT_KNOW)) answered++;
    }
    if (typeof minAnswered === 'number') return answered >= minAnswered;
    // 1e-9: 0.7 × 10 must not require 7.000000000000001 answers.
    return asked > 0 && answered > 0 && answered >= minAnswered.shareOfAsked * asked - 1e-9;
  };
}
