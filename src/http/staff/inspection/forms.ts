/** What the forms of an inspection send, as the changes that the documents' rules check. */
import type { InspectionRecord } from '../../../domain/inspection/record-names.ts';
import { stages } from '../../../domain/inspection/school-table.ts';
import { textOf, type Form } from '../pages.ts';

type Read = (form: Form) => Readonly<Record<string, unknown>>;

/** NaN where it is no number: the rules name the field. */
function numberOf(form: Form, name: string): number | null {
  const text = textOf(form, name).trim();
  return text === '' ? null : Number(text);
}
const yesOf = (form: Form, name: string) => textOf(form, name) === 'true';
const blankAsNull = (text: string) => (text.trim() === '' ? null : text.trim());
const texts = (form: Form, ...names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, textOf(form, name)]));

const readers: { readonly [K in InspectionRecord]?: Read } = {
  work: (form) => ({
    do: textOf(form, 'do'),
    scores: Object.keys(form)
      .filter((name) => name.startsWith('points-') && textOf(form, name).trim() !== '')
      .map((name) => {
        const indicator = name.slice('points-'.length);
        return { indicator, points: numberOf(form, name), reason: textOf(form, `reason-${indicator}`) };
      }),
  }),
  vetoes: (form) => texts(form, 'do', 'veto', 'state', 'evidence'),
  growth: (form) => ({
    do: 'put',
    years: [0, 1, 2, 3, 4, 5]
      .filter((i) => textOf(form, `year-${i}`).trim() !== '')
      .map((i) => {
        const at = (name: string) => numberOf(form, `${name}-${i}`);
        const byStage = (name: string) => Object.fromEntries(stages.map((s) => [s, at(`${name}-${s}`)]));
        return {
          ...{ year: at('year'), revenue: at('revenue'), funds: at('funds') },
          ...{ perPupil: byStage('perPupil'), publicFunds: byStage('publicFunds') },
          ...{ surchargeDue: at('surchargeDue'), surchargeLevied: at('surchargeLevied') },
          ...{ surchargeUsed: at('surchargeUsed'), transfers: at('transfers') },
          transfersToEducation: at('transfersToEducation'),
        };
      }),
    stated: [],
  }),
  parts: (form) => {
    switch (textOf(form, 'do')) {
      case 'value':
        return {
          ...texts(form, 'do', 'requirement'),
          value: form['value'] === undefined ? null : numberOf(form, 'value'),
          yes: form['yes'] === undefined ? null : yesOf(form, 'yes'),
          note: textOf(form, 'note'),
        };
      case 'verdict':
        return { ...texts(form, 'do', 'part'), meets: yesOf(form, 'meets'), reason: textOf(form, 'note') };
      case 'bonus':
        return { do: 'bonus', points: numberOf(form, 'points'), reason: textOf(form, 'note') };
      default:
        return {
          ...texts(form, 'do', 'part'),
          points: numberOf(form, 'points'),
          reason: textOf(form, 'note'),
        };
    }
  },
  'other-figures': (form) =>
    textOf(form, 'do') === 'withdraw'
      ? { do: 'withdraw', index: numberOf(form, 'index') }
      : { ...texts(form, 'do', 'body', 'unit', 'asOf', 'note'), value: numberOf(form, 'value') },
  stages: (form) => {
    switch (textOf(form, 'do')) {
      case 'plan':
        return texts(form, 'do', 'stage', 'from', 'to');
      case 'notice':
        return texts(form, 'do', 'from', 'to', 'text', 'contact');
      case 'conclude':
        return texts(form, 'do', 'stage', 'outcome', 'on', 'opinion', 'signedBy');
      default:
        return texts(form, 'do');
    }
  },
  sample: (form) => {
    switch (textOf(form, 'do')) {
      case 'draw':
        return { ...texts(form, 'do', 'dice'), count: numberOf(form, 'count') };
      case 'designate':
        return { ...texts(form, 'do', 'school'), reason: textOf(form, 'why') };
      case 'start':
        return { do: 'start', lat: numberOf(form, 'lat'), lon: numberOf(form, 'lon') };
      default:
        return texts(form, 'do', 'school');
    }
  },
  archive: (form) => ({
    ...texts(form, 'do', 'state', 'place'),
    no: numberOf(form, 'no'),
    hash: blankAsNull(textOf(form, 'hash')),
  }),
};

export function changeOfForm(record: InspectionRecord, form: Form): Readonly<Record<string, unknown>> {
  return readers[record]?.(form) ?? {};
}
