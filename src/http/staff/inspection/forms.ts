/** Converts the forms of an inspection to the changes that the documents' rules check. */
import type { FastifyRequest } from 'fastify';
import { AppError } from '../../../domain/errors.ts';
import type { InspectionRecord } from '../../../domain/inspection/record-names.ts';
import { stages } from '../../../domain/inspection/school-table.ts';
import { readNumber, sayDone, textOf, type Form } from '../pages.ts';
import { answered } from './follow-up-forms.ts';

/** The version on which a form is based, and its reason. */
export function optionsOf(form: Form) {
  const version = textOf(form, 'version');
  return { version: /^\d{1,9}$/.test(version) ? Number(version) : undefined, reason: textOf(form, 'reason') };
}

/** What was saved, and as which version: the page lists them all. */
export function saySaved(
  request: FastifyRequest,
  { record, version }: { readonly record: InspectionRecord; readonly version: number },
): void {
  sayDone(request, 'inspection.done.saved', {
    record: request.page.t(`inspection.record.${record}`),
    version,
  });
}

type Read = (form: Form) => Readonly<Record<string, unknown>>;

/** NaN if it is not a number: the rules name the field. */
function numberOf(form: Form, name: string): number | null {
  const text = textOf(form, name).trim();
  return text === '' ? null : readNumber(text);
}
/** What was typed over several lines is one. */
const inOneLine = (text: string): string =>
  text
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ');
const yesOf = (form: Form, name: string) => textOf(form, name) === 'true';
const blankAsNull = (text: string) => (text.trim() === '' ? null : text.trim());
const texts = (form: Form, ...names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, textOf(form, name)]));

/** Columns with any input: values without a year would be lost silently. */
function filledYears(form: Form): readonly number[] {
  const isFilled = (name: string) => textOf(form, name).trim() !== '';
  return [0, 1, 2, 3, 4, 5].filter((i) =>
    Object.keys(form).some((name) => name.endsWith(`-${i}`) && isFilled(name)),
  );
}

/** Values stated by reports stay as they are. */
function growthOf(form: Form) {
  return {
    do: 'put',
    years: filledYears(form).map((i) => {
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

/** Indicators with points, or with a reason that lacks them. */
function scored(form: Form): readonly string[] {
  return Object.keys(form)
    .filter((name) => name.startsWith('points-'))
    .map((name) => name.slice('points-'.length))
    .filter((id) => ['points', 'reason'].some((name) => textOf(form, `${name}-${id}`).trim() !== ''));
}

const readers: { readonly [K in InspectionRecord]?: Read } = {
  work: (form) => ({
    do: textOf(form, 'do'),
    scores: scored(form).map((indicator) => ({
      indicator,
      points: numberOf(form, `points-${indicator}`),
      reason: textOf(form, `reason-${indicator}`),
    })),
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
        return { ...base, ...texts(form, 'dimension', 'mark'), text: inOneLine(textOf(form, 'text')) };
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

/** The field of a path that a rule uses: `scores.2.points` → `points-a7`. */
function fieldOf(record: InspectionRecord, form: Form, path: string): string {
  const [list, no, ...rest] = path.split('.');
  const name = rest.join('-');
  if (no === undefined) return path;
  if (record === 'work' && list === 'scores') return `${name}-${scored(form)[Number(no)]}`;
  if (record === 'programme' && list === 'answers') return answered(form)[Number(no)] ?? path;
  if (record === 'growth' && list === 'years') return `${name}-${filledYears(form)[Number(no)]}`;
  return path;
}

/** An error of the rules, with its issues at the fields of the form. */
export function inFormTerms(record: InspectionRecord, form: Form, error: unknown): unknown {
  if (!(error instanceof AppError)) return error;
  if (record === 'work' && scored(form).length === 0) return new AppError('invalid', 'inspection.work.none');
  const issues = error.issues.map((issue) => {
    const path = fieldOf(record, form, issue.path);
    const isNamed = issue.params?.['path'] === issue.path;
    return { ...issue, path, ...(isNamed && { params: { ...issue.params, path } }) };
  });
  return new AppError(error.kind, error.message, { params: error.params, issues, cause: error });
}

/**
 * A shipped set of rules, or the office's own.
 * @param name of the choice among the shipped ones
 * @throws AppError invalid at the field: no such set; not JSON; pasted without being chosen, or the pasted text would be lost
 * silently
 */
export async function chosenRules(form: Form, name: string, get: (id: string) => Promise<unknown>) {
  const isOwn = textOf(form, 'own') === 'yes';
  const json = textOf(form, 'json');
  if (isOwn) return { rules: parseJsonText(json), adapted: true };
  if (json.trim() !== '') throw atField('own', 'inspection.rules.own.unticked');
  const rules = await get(textOf(form, name)).catch((error: unknown) => {
    throw error instanceof AppError && error.kind === 'not-found' ? atField(name, error.message) : error;
  });
  return { rules, adapted: false };
}

function atField(path: string, message: string): AppError {
  return new AppError('invalid', message, { issues: [{ path, message }] });
}

/** @throws AppError invalid `inspection.regime.json` */
function parseJsonText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw atField('json', 'inspection.regime.json');
  }
}
