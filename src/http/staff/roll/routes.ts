/**
 * A county's roll in preparation: files to confirm, schools, upload links, withdrawal, submission. Two dozen forms, each a few
 * lines: splitting the file would only shorten it.
 */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../../domain/errors.ts';
import { safeFileName } from '../../../domain/file-name.ts';
import { frameFields, type FrameField } from '../../../domain/frame/roll/header.ts';
import { schoolIdSchema, type SchoolId } from '../../../domain/model/ids.ts';
import type { FileChoices } from '../../../domain/model/roll-file.ts';
import type { School } from '../../../domain/model/school.ts';
import { groupSchema } from '../../../domain/model/vocabulary.ts';
import {
  checkRollFile,
  correctRollFile,
  discardRollFile,
  listRollFiles,
  viewRollFile,
  type FileView,
} from '../../../operations/frame/files.ts';
import { handInRoll, sendBackRoll, takeBackRoll } from '../../../operations/frame/hand-in.ts';
import { leftOutFile } from '../../../operations/frame/left-out.ts';
import { receiveFile } from '../../../operations/frame/receive.ts';
import { applyRoll, getImport, withdrawRoll } from '../../../operations/frame/roll.ts';
import { editSchool, listSchools, removeSchool } from '../../../operations/frame/schools.ts';
import {
  createUploadLinks,
  listUploadLinks,
  revokeUploadLinks,
  type NewUploadLink,
} from '../../../operations/frame/upload-links.ts';
import { viewJob } from '../../../operations/jobs.ts';
import { confirmedField } from '../../../html/confirm.ts';
import { downloadAs } from '../../download.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { statusOf } from '../../plugins/errors.ts';
import { answerWithin, readUploads, uploads } from '../../plugins/uploads.ts';
import { sendView } from '../kept-pages.ts';
import { sendLive } from '../live.ts';
import { formatCount, type PageProblem } from '../page-view.ts';
import {
  attempt,
  contextOf,
  formOf,
  param,
  placeOf,
  readNumber,
  sayDone,
  textOf,
  type Form,
  type PagesOptions,
} from '../pages.ts';
import { correctionsOf, maxCorrected } from './corrections.ts';
import { emptyTables } from './empty-routes.ts';
import { filePage, groupField, headedField, layoutField, sheetField } from './file-view.ts';
import { isReady } from './roll-view.ts';
import { readSchools, showRollOf, shownFaults, showSchoolsOf } from './show.ts';
import {
  schoolForm,
  schoolPage,
  schoolsPage,
  uploadLinksPage,
  withdrawPage,
  type SchoolForm,
} from './schools-view.ts';

const base = '/campaigns/:campaign/counties/:county';
export async function rollPages(app: FastifyInstance, { deps }: PagesOptions): Promise<void> {
  const actorOf = actorOfRequest;
  const show = showRollOf({ deps });
  const here = (request: FastifyRequest) =>
    `/staff/campaigns/${param(request, 'campaign')}/counties/${param(request, 'county')}`;

  app.get(base, { config: { who: 'roll.view' } }, async (request, reply) =>
    reply.html(await show(request, reply)),
  );

  await app.register(emptyTables);
  await app.register(async (scope) => {
    await scope.register(uploads);
    scope.post(`${base}/files`, { config: { who: 'roll.prepare', upload: true } }, async (request, reply) =>
      attempt(
        reply,
        async () => {
          const { id, code } = await placeOf(deps, request);
          const ids: string[] = [];
          for await (const { fileName, source, hiddenRows } of readUploads(request, reply)) {
            const file = { campaign: id, county: code, fileName, source, hiddenRows };
            const reading = await receiveFile(deps, actorOf(request), file);
            ids.push(reading.id);
            await Promise.race([reading.received, reading.done.catch(() => undefined)]);
            await answerWithin({ received: reading.received, done: reading.done.catch(() => undefined) });
          }
          sayDone(request, 'staff.done.files', { files: ids.length });
          return ids.length === 1 ? `${here(request)}/files/${ids[0]}` : here(request);
        },
        (problem) => show(request, reply, problem),
      ),
    );
  });

  /** A file is reachable only through its own county. */
  async function fileOf(request: FastifyRequest, limit = shownFaults): Promise<FileView> {
    const { id, code } = await placeOf(deps, request);
    const view = await viewRollFile(deps, actorOf(request), param(request, 'file'), limit);
    if (view.file.campaign !== id || view.file.county !== code)
      throw new AppError('not-found', 'roll-file.not-found');
    return view;
  }
  async function showFile(
    request: FastifyRequest,
    reply: FastifyReply,
    problem?: PageProblem,
    choices?: FileChoices,
  ) {
    const { campaign, county, id, code } = await placeOf(deps, request);
    const view = await fileOf(request);
    const schools = await listSchools(deps, actorOf(request), id, code);
    return filePage(contextOf(request, reply), {
      campaign,
      county,
      view: choices ? { ...view, choices } : view,
      schools,
      job: (await viewJob(deps, view.staged?.id ?? view.file.id)) ?? null,
      script: app.assets.href('live.js'),
      ...(problem && { problem }),
    });
  }
  app.get(`${base}/files/:file`, { config: { who: 'roll.view' } }, async (request, reply) =>
    reply.html(await showFile(request, reply)),
  );
  app.get(`${base}/files/:file/live`, { config: { who: 'roll.view' } }, async (request, reply) => {
    const { file } = await fileOf(request, 0);
    return sendLive(reply, async () => {
      const view = await viewRollFile(deps, actorOf(request), file.id, 0);
      const job = await viewJob(deps, view.staged?.id ?? file.id);
      return {
        percent: null,
        text: request.page.t('staff.import.progress.reading', { rows: formatCount(job?.done ?? 0) }),
        done: job?.isRunning !== true,
      };
    });
  });

  function choicesOfForm(form: Form, view: FileView): FileChoices {
    const { layouts = [], sheets = [] } = view.file.content ?? {};
    const group = groupSchema.safeParse(textOf(form, groupField));
    const fieldOf = (text: string): FrameField | null => frameFields.find((f) => f === text) ?? null;
    return {
      group: group.success ? group.data : null,
      layouts: layouts.map((columns, layout) =>
        columns.map((column, position) => {
          const name = layoutField(layout, position);
          return column.isKept && form[name] !== undefined ? fieldOf(textOf(form, name)) : null;
        }),
      ),
      headed: layouts.flatMap((_columns, layout) =>
        textOf(form, headedField(layout)) === 'yes' ? [layout] : [],
      ),
      sheets: sheets.map((_sheet, i) => {
        if (form[sheetField(i)] === undefined) return view.choices.sheets[i] ?? null;
        const text = textOf(form, sheetField(i));
        if (text === 'skip') return 'skip';
        const school = schoolIdSchema.safeParse(text);
        return school.success ? school.data : null;
      }),
      cells: view.choices.cells,
      system: textOf(form, 'system') === '5-4' ? '5-4' : '6-3',
    };
  }
  const expectedOf = (form: Form): string | null => textOf(form, 'expected') || null;

  app.post(`${base}/files/:file`, { config: { who: 'roll.prepare' } }, async (request, reply) => {
    const view = await fileOf(request, 0);
    const form = formOf(request);
    const choices = choicesOfForm(form, view);
    return attempt(
      reply,
      async () => {
        const { done } = await checkRollFile(deps, actorOf(request), view.file.id, choices, expectedOf(form));
        await answerWithin({ received: Promise.resolve(), done });
        return `${here(request)}/files/${view.file.id}`;
      },
      (problem) => showFile(request, reply, problem, choices),
    );
  });
  app.post(`${base}/files/:file/correct`, { config: { who: 'roll.prepare' } }, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const view = await fileOf(request, maxCorrected);
        const form = formOf(request);
        const cells = correctionsOf(form, view.faults);
        const id = view.file.id;
        const { done } = await correctRollFile(deps, actorOf(request), id, cells, expectedOf(form));
        await answerWithin({ received: Promise.resolve(), done });
        sayDone(request, 'staff.done.corrected', { cells: cells.length });
        return `${here(request)}/files/${id}`;
      },
      (problem) => showFile(request, reply, problem),
    ),
  );
  app.post(`${base}/files/:file/apply`, { config: { who: 'roll.prepare' } }, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const { file, staged } = await fileOf(request, 0);
        const form = formOf(request);
        if (staged === null || expectedOf(form) !== file.import)
          throw new AppError('conflict', 'roll-file.changed');
        const options = { keepGood: textOf(form, 'keepGood') === 'yes', reason: textOf(form, 'reason') };
        const applying = applyRoll(deps, actorOf(request), staged.id, options);
        await answerWithin({ received: Promise.resolve(), done: applying });
        const { added, state } = await getImport(deps, actorOf(request), staged.id);
        if (state === 'applied') sayDone(request, 'staff.done.applied-file', { file: file.fileName, added });
        return state === 'applied' ? here(request) : `${here(request)}/files/${file.id}`;
      },
      (problem) =>
        showFile(request, reply, {
          ...problem,
          ...((problem.message === 'roll.doubts' || problem.message === 'roll.reason') && {
            issues: [
              { path: 'reason', message: problem.message, ...(problem.params && { params: problem.params }) },
            ],
          }),
        }),
    ),
  );
  app.post(`${base}/files/:file/discard`, { config: { who: 'roll.prepare' } }, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const { file } = await fileOf(request, 0);
        await discardRollFile(deps, actorOf(request), file.id);
        sayDone(request, 'staff.done.file-discarded', { file: file.fileName });
        return here(request);
      },
      (problem) => showFile(request, reply, problem),
    ),
  );
  app.get(`${base}/files/:file/left-out.csv`, { config: { who: 'roll.prepare' } }, async (request, reply) => {
    const { file } = await fileOf(request, 0);
    const rows = leftOutFile(deps, actorOf(request), file.id, request.language);
    downloadAs(reply, safeFileName(`${file.fileName}-left-out`, 'csv'));
    return reply.type('text/csv; charset=utf-8').send(Readable.from(rows));
  });

  /** Every file for which a group was chosen; further choices are on its own page. */
  app.post(`${base}/files/check`, { config: { who: 'roll.prepare' } }, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const { id, code } = await placeOf(deps, request);
        const form = formOf(request);
        let checked = 0;
        let open: string | null = null;
        for (const { file, staged } of await listRollFiles(deps, actorOf(request), id, code)) {
          const group = groupSchema.safeParse(textOf(form, `group-${file.id}`));
          if (!group.success || file.state !== 'waiting') continue;
          if (staged?.state === 'staged' && staged.group === group.data) continue;
          const { choices } = await viewRollFile(deps, actorOf(request), file.id, 0);
          try {
            const chosen = { ...choices, group: group.data };
            const { done } = await checkRollFile(deps, actorOf(request), file.id, chosen, file.import);
            await answerWithin({ received: Promise.resolve(), done });
            checked += 1;
          } catch (error) {
            if (!(error instanceof AppError) || error.message !== 'roll-file.choose') throw error;
            open ??= file.id;
          }
        }
        if (checked === 0 && open === null) throw new AppError('invalid', 'staff.files.none-chosen');
        if (open !== null && checked === 0) return `${here(request)}/files/${open}`;
        sayDone(request, 'staff.done.checked', { files: checked });
        return here(request);
      },
      (problem) => show(request, reply, problem),
    ),
  );
  app.post(`${base}/files/apply`, { config: { who: 'roll.prepare' } }, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const { id, code } = await placeOf(deps, request);
        let files = 0;
        for (const one of await listRollFiles(deps, actorOf(request), id, code)) {
          if (!isReady(one) || one.staged === null) continue;
          const applying = applyRoll(deps, actorOf(request), one.staged.id, { keepGood: false });
          await answerWithin({ received: Promise.resolve(), done: applying });
          files += 1;
        }
        sayDone(request, 'staff.done.applied-files', { files });
        return here(request);
      },
      (problem) => show(request, reply, problem),
    ),
  );

  async function importOf(request: FastifyRequest) {
    const { id, code } = await placeOf(deps, request);
    const found = await getImport(deps, actorOf(request), param(request, 'import'));
    if (found.campaign !== id || found.county !== code) throw new AppError('not-found', 'import.not-found');
    return found;
  }
  async function showWithdraw(request: FastifyRequest, reply: FastifyReply, problem?: PageProblem) {
    const { campaign, county } = await placeOf(deps, request);
    const found = await importOf(request);
    return withdrawPage(contextOf(request, reply), { campaign, county, found, ...(problem && { problem }) });
  }
  app.get(`${base}/imports/:import/withdraw`, { config: { who: 'roll.prepare' } }, async (request, reply) => {
    const found = await importOf(request);
    // Already done, or impossible: the import's own page says so.
    if (found.state !== 'applied') return reply.redirect(`${here(request)}/imports/${found.id}`, 303);
    return reply.html(await showWithdraw(request, reply));
  });
  app.post(`${base}/imports/:import/withdraw`, { config: { who: 'roll.prepare' } }, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const found = await importOf(request);
        const form = formOf(request);
        if (textOf(form, confirmedField) !== 'yes')
          throw new AppError('invalid', 'staff.confirm.unchecked', {
            issues: [{ path: confirmedField, message: 'staff.confirm.unchecked' }],
          });
        const done = withdrawRoll(deps, actorOf(request), found.id, textOf(form, 'reason'));
        await answerWithin({ received: Promise.resolve(), done });
        sayDone(request, 'staff.done.withdrawn', { file: found.fileName });
        return here(request);
      },
      (problem) =>
        showWithdraw(request, reply, {
          ...problem,
          ...(problem.message === 'roll.reason' && {
            issues: [{ path: 'reason', message: 'roll.reason' }],
          }),
        }),
    ),
  );

  const showSchools = showSchoolsOf({ deps });
  app.get(`${base}/schools`, { config: { who: 'roll.view' } }, async (request, reply) =>
    sendView(request, reply, schoolsPage, await readSchools(deps, request)),
  );
  app.post(`${base}/schools/:school/remove`, { config: { who: 'roll.prepare' } }, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const { id, code } = await placeOf(deps, request);
        await removeSchool(deps, actorOf(request), id, code, schoolIdOf(request));
        sayDone(request, 'staff.done.school-removed');
        return `${here(request)}/schools`;
      },
      (problem) => showSchools(request, reply, problem),
    ),
  );

  function schoolIdOf(request: FastifyRequest): SchoolId {
    const school = schoolIdSchema.safeParse(param(request, 'school'));
    if (!school.success) throw new AppError('not-found', 'school.not-found');
    return school.data;
  }
  async function schoolOf(
    request: FastifyRequest,
  ): Promise<{ readonly school: School; readonly others: readonly School[] }> {
    const { id, code } = await placeOf(deps, request);
    const schools = await listSchools(deps, actorOf(request), id, code);
    const school = schools.find((s) => s.id === schoolIdOf(request));
    if (!school) throw new AppError('not-found', 'school.not-found');
    return { school, others: schools.filter((s) => s.id !== school.id && s.parent === null) };
  }
  async function showSchool(
    request: FastifyRequest,
    reply: FastifyReply,
    values?: SchoolForm,
    problem?: PageProblem,
  ) {
    const { campaign, county } = await placeOf(deps, request);
    const { school, others } = await schoolOf(request);
    return schoolPage(contextOf(request, reply), {
      ...{ campaign, county, school, others },
      values: values ?? schoolForm(school),
      ...(problem && { problem }),
    });
  }
  app.get(`${base}/schools/:school`, { config: { who: 'roll.prepare' } }, async (request, reply) =>
    reply.html(await showSchool(request, reply)),
  );
  app.post(`${base}/schools/:school`, { config: { who: 'roll.prepare' } }, async (request, reply) => {
    const form = formOf(request);
    const { school } = await schoolOf(request);
    const values = Object.fromEntries(
      Object.keys(schoolForm(school)).map((name) => [name, textOf(form, name)]),
    );
    return attempt(
      reply,
      async () => {
        const { id, code } = await placeOf(deps, request);
        const count = (text = '') =>
          text.trim() === '' ? null : readNumber(text.replace(/[,，\s]|人$/g, ''));
        await editSchool(deps, actorOf(request), id, code, school.id, {
          name: values['name'],
          aliases: (values['aliases'] ?? '')
            .split(/[、,，;；]/)
            .map((a) => a.trim())
            .filter((a) => a !== ''),
          category: values['category'],
          location: values['location'] || null,
          level: values['level'] || null,
          ownership: values['ownership'],
          pupils: count(values['pupils']),
          staff: count(values['staff']),
          township: (values['township'] ?? '').trim(),
          parent: values['parent'] || null,
        });
        sayDone(request, 'staff.done.school', { school: (values['name'] ?? '').trim() });
        return `${here(request)}/schools`;
      },
      (problem) => showSchool(request, reply, values, problem),
    );
  });

  async function showLinks(
    request: FastifyRequest,
    reply: FastifyReply,
    made: readonly NewUploadLink[] = [],
    problem?: PageProblem,
  ) {
    const { campaign, county, id, code } = await placeOf(deps, request);
    return uploadLinksPage(contextOf(request, reply), {
      ...{ campaign, county, made },
      schools: await listSchools(deps, actorOf(request), id, code),
      links: await listUploadLinks(deps, actorOf(request), id, code),
      ...(problem && { problem }),
    });
  }
  app.get(`${base}/upload-links`, { config: { who: 'roll.view' } }, async (request, reply) =>
    reply.html(await showLinks(request, reply)),
  );
  app.post(`${base}/upload-links`, { config: { who: 'roll.prepare' } }, async (request, reply) => {
    const { id, code } = await placeOf(deps, request);
    const one = schoolIdSchema.safeParse(textOf(formOf(request), 'school'));
    try {
      const schools = one.success
        ? [one.data]
        : (await listSchools(deps, actorOf(request), id, code)).map((s) => s.id);
      const made = await createUploadLinks(deps, actorOf(request), id, code, schools);
      // Shown only once: the secret is not stored, so there is no address to redirect to.
      return await reply.header('cache-control', 'no-store').html(await showLinks(request, reply, made));
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== 'conflict') throw error;
      return reply.code(statusOf[error.kind]).html(await showLinks(request, reply, [], error));
    }
  });
  app.post(`${base}/upload-links/revoke`, { config: { who: 'roll.prepare' } }, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const { id, code } = await placeOf(deps, request);
        await revokeUploadLinks(deps, actorOf(request), id, code, null);
        sayDone(request, 'staff.done.links-revoked');
        return `${here(request)}/upload-links`;
      },
      (problem) => showLinks(request, reply, [], problem),
    ),
  );

  const handInRoutes = [
    ['hand-in', 'roll.hand-in', 'staff.done.handed-in'],
    ['take-back', 'roll.hand-in', 'staff.done.taken-back'],
    ['send-back', 'roll.send-back', 'staff.done.sent-back'],
  ] as const;
  for (const [path, who, done] of handInRoutes)
    app.post(`${base}/${path}`, { config: { who } }, async (request, reply) =>
      attempt(
        reply,
        async () => {
          const { id, code } = await placeOf(deps, request);
          const form = formOf(request);
          const actor = actorOf(request);
          if (path === 'hand-in') await handInRoll(deps, actor, id, code, textOf(form, 'note'));
          else if (path === 'take-back') await takeBackRoll(deps, actor, id, code);
          else await sendBackRoll(deps, actor, id, code, textOf(form, 'reason'));
          sayDone(request, done);
          return here(request);
        },
        (problem) =>
          show(request, reply, {
            ...problem,
            ...(problem.message === 'roll.reason' && {
              issues: [{ path: 'reason', message: 'roll.reason' }],
            }),
          }),
      ),
    );
}
