/**
 * Checks across several questionnaires: whether each group has an item for all content that its rules name, and whether core
 * items have the same wording everywhere. Groups with different wording cannot be compared.
 */
import { canonicalJson } from '../hash.ts';
import type { MessageParams } from '../errors.ts';
import type { LocalText, Questionnaire, RatingItem } from './template.ts';
import { coversContent, namedContents } from './named-content.ts';

interface SetFinding {
  readonly kind: 'fault' | 'warning';
  /** Ids of the questionnaires concerned. */
  readonly questionnaires: readonly string[];
  readonly message: string;
  readonly params: MessageParams;
}

/** The language of content names in findings. */
type Say = (text: LocalText) => string;

/**
 * `regime` applies to questionnaires that name none. These are older ones: an item of theirs covers what its id stands for, and
 * is a core item if its id is that of one.
 */
export function checkSet(
  questionnaires: readonly Questionnaire[],
  say: Say,
  regime: string | null = null,
): readonly SetFinding[] {
  return [...leftOut(questionnaires, say, regime), ...coreItems(questionnaires)];
}

function leftOut(
  questionnaires: readonly Questionnaire[],
  say: Say,
  otherwise: string | null,
): readonly SetFinding[] {
  return questionnaires.flatMap((q): readonly SetFinding[] => {
    const regime = q.regime ?? otherwise;
    if (regime === null)
      return [
        {
          kind: 'warning',
          questionnaires: [q.id],
          message: 'questionnaire.check.no-regime',
          params: { id: q.id },
        },
      ];
    const contents = Object.hasOwn(namedContents, regime) ? (namedContents[regime] ?? []) : [];
    return contents
      .filter((c) => !ratingsOf(q).some((item) => coversContent(item, regime, c, q.regime !== undefined)))
      .map((c) => ({
        kind: 'fault',
        questionnaires: [q.id],
        message: 'questionnaire.check.content-left-out',
        params: { id: q.id, regime, content: say(c.title), contentId: c.id },
      }));
  });
}

const coreIds: ReadonlySet<string> = new Set([
  'overall',
  'class-size',
  ...Object.values(namedContents)
    .flat()
    .flatMap((c) => c.items),
]);

function coreItems(questionnaires: readonly Questionnaire[]): readonly SetFinding[] {
  const holders = new Map<string, { readonly q: Questionnaire; readonly item: RatingItem }[]>();
  for (const q of questionnaires)
    for (const item of ratingsOf(q)) {
      const list = holders.get(item.id) ?? [];
      list.push({ q, item });
      holders.set(item.id, list);
    }
  const findings: SetFinding[] = [];
  for (const [id, all] of holders) {
    const declared = all.some(({ item }) => item.core === true);
    if (!declared && !(coreIds.has(id) && all.some(({ q }) => q.regime === undefined))) continue;
    const report = (message: string, wrong: typeof all) => {
      const ids = wrong.map(({ q }) => q.id);
      if (ids.length > 0)
        findings.push({
          kind: declared ? 'fault' : 'warning',
          questionnaires: ids,
          message: `questionnaire.check.${message}`,
          params: { id, first: all[0]!.q.id, others: ids.join(', ') },
        });
    };
    const differing = (part: (one: (typeof all)[number]) => unknown) => {
      const first = canonicalJson(part(all[0]!));
      return all.filter((one) => canonicalJson(part(one)) !== first);
    };
    report(
      'core-words-differ',
      differing(({ item, q }) => [item.text, q.scales[item.scale]?.tail ?? null]),
    );
    report(
      'core-place-differs',
      differing(({ item, q }) => [
        item.dimension,
        item.scored !== false,
        q.scales[item.scale]?.options.map((option) => option.id) ?? null,
      ]),
    );
    if (declared)
      report(
        'core-not-marked',
        all.filter(({ item }) => item.core !== true),
      );
  }
  return findings;
}

function ratingsOf(q: Questionnaire): readonly RatingItem[] {
  return q.items.filter((item): item is RatingItem => item.type === 'rating');
}
