import { z } from 'zod';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError, type Issue } from '../../../domain/errors.ts';
import { readAccessCode } from '../../../domain/code/access-code.ts';
import { readPressure } from '../../../domain/answer/pressure.ts';
import { submitAnswer } from '../../../operations/answer/answering.ts';
import { entryChannels, findEntryPlace, type EntryChannel } from '../../../operations/answer/entering.ts';
import type { AnswerPlace } from '../../../operations/answer/open-campaigns.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { formPairs, type FormFields } from '../../plugins/forms.ts';
import type { SentValues } from '../../answering/items-view.ts';
import { entryPage, entrySheetPage, startOf, type EntryStart } from './view.ts';
import type { PageProblem } from '../page-view.ts';
import {
  busyAsFailed,
  languageOf,
  questionnaireData,
  sentValues,
  tooOftenText,
} from '../../answering/sheet.ts';
import { contextOf, formOf, query, sayDone, textOf, toDay, type PagesOptions } from '../pages.ts';

const bodyLimit = 128 * 1024;
const who = { config: { who: 'assisted.enter' } } as const;

export async function entryPages(app: FastifyInstance, { deps }: PagesOptions): Promise<void> {
  const channelOf = (text: string): EntryChannel => (text === 'paper' ? 'paper' : 'assisted');

  const today = () => toDay(deps.now());
  function enteredToday(request: FastifyRequest): number {
    const entered = request.session.get('entered');
    return entered?.day === today() ? entered.count : 0;
  }

  function showStart(
    request: FastifyRequest,
    reply: FastifyReply,
    values: EntryStart,
    problem?: PageProblem,
  ): FastifyReply {
    if (problem) reply.code(422);
    return reply.html(
      entryPage(contextOf(request, reply), {
        channels: entryChannels,
        ...{ values, problem },
        today: enteredToday(request),
        script: app.assets.href('entry.js'),
      }),
    );
  }

  /** Counts a miss, so that a code is as hard to guess here as outside. */
  async function find(request: FastifyRequest, start: EntryStart): Promise<AnswerPlace | PageProblem> {
    const channel = channelOf(start.channel);
    let code = '';
    const place = await findEntryPlace(
      deps.campaigns,
      actorOfRequest(request),
      start.code,
      channel,
      (whole) => {
        code = whole;
        const seconds = app.limits.secondsToWait(request, whole);
        if (seconds > 0) throw new AppError('too-many', 'staff.entry.held', { params: { seconds } });
      },
    );
    if (typeof place !== 'string') {
      app.limits.rememberUse(request, code);
      return place;
    }
    if (place === 'unknown') await app.limits.countMiss(request);
    const message = place === 'unknown' ? 'staff.entry.unknown' : `respondent.code.${place}`;
    return { message, issues: [{ path: 'code', message }] };
  }

  app.get('/entry', who, async (request, reply) =>
    showStart(request, reply, {
      code: '',
      channel: channelOf(query(request, 'channel')),
      twice: query(request, 'twice') === '1',
    }),
  );
  app.post('/entry', { ...who, bodyLimit }, async (request, reply) => {
    const form = formOf(request);
    const start = {
      code: textOf(form, 'code'),
      channel: textOf(form, 'channel'),
      twice: textOf(form, 'twice') === '1',
    };
    const place = await find(request, start);
    if (!('open' in place)) return showStart(request, reply, start, place);
    return showSheet(request, reply, place, start, { values: new Map(), first: null });
  });

  app.post('/entry/answers', { ...who, bodyLimit }, async (request, reply) => {
    const form = formOf(request);
    const start = {
      code: textOf(form, '_code'),
      channel: textOf(form, '_channel'),
      twice: textOf(form, '_twice') === '1',
    };
    const place = await find(request, start);
    if (!('open' in place)) return showStart(request, reply, start, place);
    const fields = form as FormFields;
    const values = ownValues(sentValues(fields));
    const first = textOf(form, '_first');
    const again = (
      status: number,
      o: { issues?: readonly Issue[]; failure?: string; first?: string | null; isBlank?: true },
    ) =>
      showSheet(request, reply.code(status), place, start, {
        values,
        first: o.first === undefined ? first || null : o.first,
        ...o,
      });

    // A sheet is entered as it was filled in, including blanks.
    const parsed = place.questionnaire.parser.parseForm(formPairs(fields), { partial: true });
    const pressure = readPressure(form['_pressure'], form['_pressure-text']);
    if (!parsed.ok || !pressure.ok)
      return again(422, {
        issues: [...(parsed.ok ? [] : parsed.issues), ...(pressure.ok ? [] : pressure.issues)],
      });
    const written = JSON.stringify([...values]);
    if (start.twice && first === '')
      return showSheet(request, reply, place, start, { values: new Map(), first: written });
    if (start.twice && first !== 'agreed') {
      const issues = differences(place, values, first);
      // Shown once: the clerk compares with the sheet, and saves the right version.
      if (issues.length > 0) return again(422, { issues, first: 'agreed' });
    }
    // Pressing Enter on the way does not save an empty entry; a sheet that was returned blank is saved on confirmation.
    if (values.size === 0 && textOf(form, '_blank') !== '1') return again(422, { isBlank: true });
    const result = await app.codeLimit
      .send(request, canonicalCode(start.code), () =>
        submitAnswer(deps, place, { ...parsed, pressure: pressure.report }),
      )
      .catch(busyAsFailed);
    if (typeof result === 'object') {
      reply.header('retry-after', result.seconds);
      return again(429, { failure: tooOftenText(result.seconds, request.page.t) });
    }
    if (result === 'failed') return again(503, { failure: request.page.t('respondent.not-saved-text') });
    if (result !== 'stored') {
      const message = 'staff.entry.unknown';
      return showStart(request, reply, start, { message, issues: [{ path: 'code', message }] });
    }
    const count = enteredToday(request) + 1;
    request.session.set('entered', { day: today(), count });
    sayDone(request, 'staff.entry.saved', { ...countAnswered(place, values), count });
    return reply.redirect(startOf(start), 303);
  });

  function showSheet(
    request: FastifyRequest,
    reply: FastifyReply,
    place: AnswerPlace,
    start: EntryStart,
    o: {
      values: SentValues;
      first: string | null;
      issues?: readonly Issue[];
      failure?: string;
      isBlank?: true;
    },
  ): FastifyReply {
    const { document } = place.questionnaire;
    const { names } = questionnaireData(place, request.page.t);
    return reply.html(
      entrySheetPage(contextOf(request, reply), {
        start,
        questionnaire: document,
        names,
        // Read aloud, options have the code's order; paper sheets are printed from one master.
        reversed: place.reversed && start.channel !== 'paper',
        selfAdministered: place.open.campaign.selfAdministered,
        language: languageOf(place, request.language) ?? document.languages[0] ?? request.language,
        values: o.values,
        issues: o.issues ?? [],
        failure: o.isBlank ? request.page.t('staff.entry.blank') : (o.failure ?? null),
        isBlank: o.isBlank === true,
        first: o.first,
        script: app.assets.href('entry.js'),
        demo: place.open.campaign.demo,
      }),
    );
  }
}

/** Of the questions that everyone is asked, without open ones. */
function countAnswered({ questionnaire }: AnswerPlace, values: SentValues) {
  const asked = questionnaire.document.items.filter((i) => i.type !== 'text' && i.showIf === undefined);
  return { answered: asked.filter((i) => values.has(i.id)).length, asked: asked.length };
}

/** However it was typed. */
function canonicalCode(typed: string): string {
  const reading = readAccessCode(typed);
  return reading.ok ? reading.code : typed;
}

/** Answers and the report of pressure, without the form's own fields and without blanks. */
function ownValues(values: SentValues): SentValues {
  const kept = [...values].filter(([name]) => !name.startsWith('_') || name.startsWith('_pressure'));
  return new Map(kept.flatMap(([name, list]) => (list.some((v) => v !== '') ? [[name, list]] : [])));
}

/** The first entry, carried in the page of the second; nothing if it was tampered with: then everything differs. */
function parseFirst(text: string): readonly (readonly [string, unknown])[] {
  try {
    return firstSchema.parse(JSON.parse(text));
  } catch {
    return [];
  }
}
const firstSchema = z.array(z.tuple([z.string(), z.unknown()]));

function differences(place: AnswerPlace, second: SentValues, first: string): readonly Issue[] {
  const before = new Map(parseFirst(first));
  const names = [...place.questionnaire.document.items.map((i) => i.id), '_pressure', '_pressure-text'];
  const same = (name: string) =>
    JSON.stringify(before.get(name) ?? []) === JSON.stringify(second.get(name) ?? []);
  return names.filter((name) => !same(name)).map((path) => ({ path, message: 'staff.entry.differs' }));
}
