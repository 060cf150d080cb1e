/** A gate of the determination sheet in words: the same on pages, in files, in the API and on the command line. */
import type { Gate } from '../domain/inspection/sheet.ts';
import type { LocalisedText } from '../domain/scoring/rules/formula.ts';
import type { Translate } from './texts.ts';

export function gateName(
  t: Translate,
  localised: (text: LocalisedText) => string,
  gate: Pick<Gate, 'id' | 'kind' | 'title'>,
): string {
  if (gate.kind === 'balance') return t(`inspection.gate.name.${gate.id}`);
  return t(`inspection.gate.name.${gate.kind}`, { title: gate.title === null ? '' : localised(gate.title) });
}

/** Doubts about the survey are names: they stand together in one sentence. */
export function gateReasons(t: Translate, { reasons }: Pick<Gate, 'reasons'>): string {
  const isDoubt = (r: Gate['reasons'][number]) => r.message.startsWith('doubt.');
  const doubts = reasons.filter(isDoubt).map((r) => t(r.message, r.params));
  return [
    ...reasons.filter((r) => !isDoubt(r)).map((r) => t(r.message, r.params)),
    ...(doubts.length === 0
      ? []
      : [t('inspection.gate.survey.doubts', { doubts: doubts.join(t('staff.list-comma')) })]),
  ].join(t('inspection.sentence-space'));
}
