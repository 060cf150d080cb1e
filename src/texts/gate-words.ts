/** A gate of the determination sheet in words: the same on pages, in files, in the API and on the command line. */
import type { GateState } from '../domain/inspection/gate-states.ts';
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

/** A veto that does not apply is not “met”: beside “schools not renovated” that would say the opposite. */
export function gateState(t: Translate, { kind, state }: Pick<Gate, 'kind' | 'state'>): string {
  return t(kind === 'veto' ? `inspection.veto.state.${state}` : `inspection.gate.${state}`);
}

/** The result of all gates, with the names of those that decide it. */
export function overallText(
  t: Translate,
  localised: (text: LocalisedText) => string,
  { state, gates }: { readonly state: GateState; readonly gates: readonly Gate[] },
): string {
  return t(`inspection.overall.${state}`, {
    met: gates.filter((g) => g.state === 'met').length,
    count: gates.length,
    names: gates
      .filter((g) => g.state === state)
      .map((g) => gateName(t, localised, g))
      .join(t('staff.list-comma')),
  });
}

/** Doubts about the survey are names: they are listed in one sentence. */
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
