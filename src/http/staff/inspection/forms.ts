/** What the forms of an inspection send, as the changes that the documents' rules check. */
import { AppError } from '../../../domain/errors.ts';
import type { InspectionRecord } from '../../../domain/inspection/record-names.ts';
import { stages } from '../../../domain/inspection/school-table.ts';
import { textOf, type Form } from '../pages.ts';

/** On which version a form was filled in, and the reason it gives. */
export function optionsOf(form: Form) {
  const version = textOf(form, 'version');
  return { version: /^\d{1,9}$/.test(version) ? Number(version) : undefined, reason: textOf(form, 'reason') };
}

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

/** What reports state stays as it is. */
function growthOf(form: Form) {
  return {
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
  };
}

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
  growth: (form) => {
    if (textOf(form, 'do') === 'state') {
      const [year, item, stage] = textOf(form, 'check').split(' ');
      return {
        do: 'state',
        year: Number(year),
        item,
        stage: stage ?? null,
        percent: numberOf(form, 'percent'),
      };
    }
    return growthOf(form);
  },
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
  symposiums: (form) => {
    const base = { do: textOf(form, 'do'), no: numberOf(form, 'no') };
    switch (base.do) {
      case 'plan':
        return { ...texts(form, 'do', 'kind', 'on', 'at', 'place'), minutes: numberOf(form, 'minutes') };
      case 'move':
        return { ...base, ...texts(form, 'on', 'at', 'place'), minutes: numberOf(form, 'minutes') };
      case 'draw':
        return {
          ...base,
          dice: textOf(form, 'dice'),
          count: numberOf(form, 'count'),
          sampleSchools: yesOf(form, 'sampleSchools'),
        };
      case 'hold':
        return {
          ...base,
          present: numberOf(form, 'present'),
          lasted: numberOf(form, 'lasted'),
          names: blankAsNull(textOf(form, 'names')),
        };
      case 'note':
        // A line: what was typed over several is one.
        return {
          ...base,
          ...texts(form, 'dimension', 'mark'),
          text: textOf(form, 'text').replace(/\s*[\r\n]+\s*/g, ' '),
        };
      case 'remove-note':
        return { ...base, note: numberOf(form, 'note') };
      default:
        return base;
    }
  },
  interviews: (form) => {
    switch (textOf(form, 'do')) {
      case 'draw':
        return {
          ...texts(form, 'do', 'group', 'dice'),
          count: numberOf(form, 'count'),
          sampleSchools: yesOf(form, 'sampleSchools'),
        };
      case 'gate':
        return {
          ...texts(form, 'do', 'on', 'school', 'note'),
          approached: numberOf(form, 'approached'),
          refused: numberOf(form, 'refused'),
          slips: numberOf(form, 'slips'),
        };
      default:
        return { do: textOf(form, 'do'), gate: numberOf(form, 'gate') };
    }
  },
  students: (form) =>
    textOf(form, 'do') === 'setting'
      ? { do: 'setting', isRequired: yesOf(form, 'isRequired') }
      : {
          ...texts(form, 'do', 'school', 'on'),
          pupils: numberOf(form, 'pupils'),
          consented: numberOf(form, 'consented'),
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

/** @throws AppError invalid `inspection.regime.json` */
export function parseJsonText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AppError('invalid', 'inspection.regime.json', {
      issues: [{ path: 'json', message: 'inspection.regime.json' }],
    });
  }
}
