/** Converts the forms of rectification and of a programme to the changes that the documents' rules check. */
import { readNumber, textOf, type Form } from '../pages.ts';

type Change = Readonly<Record<string, unknown>>;

const texts = (form: Form, ...names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, textOf(form, name)]));
const yesOf = (form: Form, name: string) => textOf(form, name) === 'true';
const numberOf = (form: Form, name: string) => readNumber(textOf(form, name));

export function rectificationChange(form: Form): Change {
  switch (textOf(form, 'do')) {
    case 'collect':
      return { do: 'collect', lowest: numberOf(form, 'lowest') };
    case 'add':
      return texts(form, 'do', 'title', 'found');
    case 'plan':
      return { ...texts(form, 'do', 'unit', 'role', 'measure', 'due'), no: numberOf(form, 'no') };
    case 'report': {
      const hash = textOf(form, 'hash').trim();
      return { ...texts(form, 'do', 'evidence'), no: numberOf(form, 'no'), hash: hash === '' ? null : hash };
    }
    case 'judge':
      return { ...texts(form, 'do', 'state', 'opinion'), no: numberOf(form, 'no') };
    case 'review':
      return texts(form, 'do', 'outcome', 'note');
    default:
      return roundChange(form);
  }
}

/** Fields of criteria that were answered. */
export function answered(form: Form): readonly string[] {
  return Object.keys(form).filter((name) => name.startsWith('answer-') && textOf(form, name).trim() !== '');
}

export function programmeChange(form: Form): Change {
  switch (textOf(form, 'do')) {
    case 'apply':
      return {
        ...texts(form, 'do', 'school', 'level'),
        answers: answered(form).map((name) => ({
          criterion: name.slice('answer-'.length),
          note: textOf(form, name),
        })),
      };
    case 'register':
      return texts(form, 'do', 'school', 'level', 'from', 'note');
    case 'withdraw':
      return { do: 'withdraw', no: numberOf(form, 'no') };
    case 'review': {
      const [outcome, level] = textOf(form, 'outcome').split(' ');
      return { ...texts(form, 'do', 'school', 'note'), outcome, level: level ?? null };
    }
    default:
      return roundChange(form);
  }
}

function roundChange(form: Form): Change {
  switch (textOf(form, 'do')) {
    case 'check':
      return { ...texts(form, 'do', 'note'), no: numberOf(form, 'no'), passes: yesOf(form, 'passes') };
    case 'draw':
      return texts(form, 'do', 'dice');
    default:
      return texts(form, 'do');
  }
}
