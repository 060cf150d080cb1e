import { BLANK, DONT_KNOW, NOT_ASKED, type CompiledQuestionnaire } from '../../questionnaire/compiled.ts';
import type { RuleProfile } from './profile.ts';

/**
 * Makes the test of what a *valid* response is (profile `valid`) for one questionnaire. The test reads encoded answers, allocates
 * nothing and looks at rating items alone: enough of those asked must be answered, 不了解 counting as an answer or not.
 * A share of none asked is never reached: such a response is not valid.
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
    // 1e-9: 0.7 × 10 must not ask for 7.000000000000001 answers.
    return asked > 0 && answered > 0 && answered >= minAnswered.shareOfAsked * asked - 1e-9;
  };
}
