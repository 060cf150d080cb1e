/** Fieldwork of a county. Long because each page has its GET and its POST together, which share the form's schema. */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '../../../domain/errors.ts';
import { may } from '../../../domain/campaign/permissions.ts';
import type { TablePreview } from '../../../domain/frame/roll/preview.ts';
import { groupSchema, type Group } from '../../../domain/model/vocabulary.ts';
import { exportMessages, listExports, previewMessage } from '../../../operations/code/codes.ts';
import { findExportProgress, withProgress } from '../../../operations/code/export-progress.ts';
import { importFates, type FateImport } from '../../../operations/message/fates.ts';
import { issueLateCodes } from '../../../operations/draw/late.ts';
import { createLinks, listLinks } from '../../../operations/code/links.ts';
import {
  applyRoll,
  discardRoll,
  faultFile,
  findImportJob,
  getImport,
  startReading,
} from '../../../operations/frame/roll.ts';
import { previewTable, type TableKind } from '../../../operations/frame/preview.ts';
import { importSchools, listSchools, type UploadedFile } from '../../../operations/frame/schools.ts';
import { findPreview } from '../../../operations/frame/sheets.ts';
import type { RollImport } from '../../../domain/model/import.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { statusOf } from '../../plugins/errors.ts';
import { downloadAs } from '../../download.ts';
import type { Html } from '../../../html/html.ts';
import { answerWithin, readUpload, uploads, type Upload } from '../../plugins/uploads.ts';
import { sendLive } from '../live.ts';
import { formatCount, type PageProblem } from '../page-view.ts';
import { showRollOf, showSchoolsOf } from '../roll/show.ts';
import { importPage, importPercent } from './import-view.ts';
import { linksPage } from './links-view.ts';
import { messagesPage } from './messages-view.ts';
import { mappingPage, type ShownTable } from './mapping-view.ts';
import { textedKinds } from '../../../domain/messaging/sms-text.ts';
import { isExportable } from '../../../domain/code/decide-export.ts';
import { exportFormats, exportKinds } from '../../api/fieldwork/schema.ts';
import {
  chosenColumns,
  fieldsOf,
  mappingOfForm,
  shownTable,
  suggestHeaderRow,
  tableOfForm,
} from './mapping.ts';
import { safeFileName } from '../../../domain/file-name.ts';
import {
  attempt,
  contextOf,
  formOf,
  listOf,
  param,
  placeOf,
  query,
  sayDone,
  textOf,
  type PagesOptions,
} from '../pages.ts';

const base = '/campaigns/:campaign/counties/:county';
/** A blank field requests a default text. */
const templateOf = (text: string) => (text.trim() === '' ? undefined : text.trim());
const shownFaults = 50;
export async function fieldworkPages(app: FastifyInstance, { deps }: PagesOptions): Promise<void> {
  const actorOf = actorOfRequest;

  const show = showRollOf({ deps });
  const showSchools = showSchoolsOf({ deps });
  const here = (request: FastifyRequest) =>
    `/staff/campaigns/${param(request, 'campaign')}/counties/${param(request, 'county')}`;

  await app.register(async (scope) => {
    await scope.register(uploads);
    scope.post(
      `${base}/schools`,
      { config: { who: 'roll.prepare', upload: true } },
      async (request, reply) => {
        const upload = await receive(request, reply, 'schools', (problem) =>
          showSchools(request, reply, problem),
        );
        if (upload === null) return reply;
        try {
          const { id, code } = await placeOf(deps, request);
          if (upload.fields['columns'] === 'choose')
            return await chooseColumns(request, reply, upload, 'schools');
          const result = await importSchools(deps, actorOf(request), id, code, {
            ...fileOf(upload),
            mapping: mappingOfForm(upload.fields, fieldsOf.schools),
          });
          const isSaved = result.faults.length === 0;
          // Shown on this page or on the next one.
          if (isSaved) sayDone(request, 'staff.done.schools', { saved: result.saved });
          if (isSaved && result.warnings.length === 0) return await reply.redirect(here(request), 303);
          return await reply
            .code(isSaved ? 200 : statusOf.invalid)
            .html(await showSchools(request, reply, undefined, result));
        } catch (error) {
          return await mend(request, reply, error, upload, 'schools', (problem) =>
            showSchools(request, reply, problem),
          );
        }
      },
    );
    scope.post(`${base}/fates`, { config: { who: 'codes.export', upload: true } }, async (request, reply) => {
      const values = { kind: 'reminder', format: 'xlsx', text: '' };
      const upload = await receive(request, reply, 'fates', (problem) =>
        showMessages(request, reply, values, problem),
      );
      if (upload === null) return reply;
      try {
        const { id, code } = await placeOf(deps, request);
        if (upload.fields['columns'] === 'choose')
          return await chooseColumns(request, reply, upload, 'fates');
        const fates = await importFates(deps, actorOf(request), id, code, {
          ...fileOf(upload),
          mapping: mappingOfForm(upload.fields, fieldsOf.fates),
        });
        return await reply.html(await showMessages(request, reply, values, undefined, fates));
      } catch (error) {
        return await mend(request, reply, error, upload, 'fates', (problem) =>
          showMessages(request, reply, values, problem),
        );
      }
    });
    scope.post(
      `${base}/imports`,
      { config: { who: 'roll.prepare', upload: true } },
      async (request, reply) => {
        const upload = await receive(request, reply, 'roll', (problem) => show(request, reply, problem));
        if (upload === null) return reply;
        try {
          const { id, code } = await placeOf(deps, request);
          const group = groupSchema.safeParse(upload.fields.group);
          if (!group.success)
            throw new AppError('invalid', 'upload.group', {
              issues: [{ path: 'group', message: 'upload.group' }],
            });
          const { lateReason } = upload.fields;
          if (upload.fields['columns'] === 'choose')
            return await chooseColumns(request, reply, upload, 'roll', group.data);
          const reading = await startReading(deps, actorOf(request), {
            campaign: id,
            county: code,
            group: group.data,
            ...fileOf(upload),
            mapping: mappingOfForm(upload.fields, fieldsOf.roll),
            lateReason,
          });
          await answerWithin(reading);
          return await reply.redirect(`${here(request)}/imports/${reading.id}`, 303);
        } catch (error) {
          return await mend(request, reply, error, upload, 'roll', (problem) =>
            show(request, reply, problem),
          );
        }
      },
    );
  });
  const fileOf = ({ fileName, source, hiddenRows }: Upload): UploadedFile => ({
    fileName,
    source,
    hiddenRows,
  });

  type Again = (problem: PageProblem) => Promise<Html>;
  /** Null if the form came without its file: its page has been sent with the fault. */
  async function receive(
    request: FastifyRequest,
    reply: FastifyReply,
    kind: TableKind,
    again: Again,
  ): Promise<Upload | null> {
    try {
      return await readUpload(request, reply);
    } catch (error) {
      const fields = formOf(request) as Upload['fields'];
      await mend(request, reply, error, { fileName: fields['named'] ?? '', fields }, kind, again);
      return null;
    }
  }

  /** The page again with the file's faults; if its columns were not recognised or had been chosen, the choice of columns. */
  async function mend(
    request: FastifyRequest,
    reply: FastifyReply,
    error: unknown,
    upload: Sent,
    kind: TableKind,
    again: Again,
  ): Promise<FastifyReply> {
    const preview = findPreview(error);
    const shown = preview ? shownTable(preview) : tableOfForm(upload.fields);
    return attempt(
      reply,
      async () => {
        throw error;
      },
      (problem) =>
        shown ? showMapping(request, reply, upload, kind, shown, preview, problem) : again(problem),
    );
  }

  async function chooseColumns(
    request: FastifyRequest,
    reply: FastifyReply,
    upload: Upload,
    kind: TableKind,
    group?: Group,
  ): Promise<FastifyReply> {
    const { id, code } = await placeOf(deps, request);
    const preview = await previewTable(deps, actorOf(request), id, code, { kind, group }, fileOf(upload));
    return reply.html(await showMapping(request, reply, upload, kind, shownTable(preview), preview));
  }

  type Sent = Pick<Upload, 'fileName' | 'fields'>;
  async function showMapping(
    request: FastifyRequest,
    reply: FastifyReply,
    { fileName, fields }: Sent,
    kind: TableKind,
    shown: ShownTable,
    preview: TablePreview<string> | undefined,
    problem?: PageProblem,
  ) {
    const { campaign, county } = await placeOf(deps, request);
    const isChosen = fields['map'] === 'yes';
    const kept = ['group', 'lateReason', 'hiddenRows'].filter((name) => fields[name] !== undefined);
    return mappingPage(contextOf(request, reply), {
      campaign,
      county,
      fileName,
      target: kind === 'roll' ? 'imports' : kind,
      fields: fieldsOf[kind],
      several: kind === 'roll' ? { phone: 3 } : kind === 'schools' ? { alias: 2 } : {},
      hidden: Object.fromEntries(kept.map((name) => [name, fields[name] ?? ''])),
      table: shown,
      columns: (field) =>
        isChosen ? chosenColumns(fields, field) : (preview?.columns[field] ?? []).map(String),
      headerRow: isChosen ? (fields['headerRow'] ?? '') : String(preview ? suggestHeaderRow(preview) : 0),
      ...(problem && { problem }),
    });
  }

  async function importOf(request: FastifyRequest): Promise<RollImport> {
    const { id, code } = await placeOf(deps, request);
    const found = await getImport(deps, actorOf(request), param(request, 'import'));
    if (found.campaign !== id || found.county !== code) throw new AppError('not-found', 'import.not-found');
    return found;
  }
  async function showImport(request: FastifyRequest, reply: FastifyReply, problem?: PageProblem) {
    const { campaign, county } = await placeOf(deps, request);
    // The job first: if it ends in between, the state is newer, not older.
    const job = await findImportJob(deps, actorOf(request), param(request, 'import'));
    const found = await importOf(request);
    // Works without script; the page says so, and can be left.
    return importPage(contextOf(request, reply), {
      campaign,
      county,
      found,
      script: app.assets.href('live.js'),
      job: job ?? null,
      faults: await deps.storage.listFaults(found.id, 0, shownFaults),
      ...(problem && { problem }),
    });
  }
  app.get(`${base}/imports/:import`, { config: { who: 'roll.view' } }, async (request, reply) =>
    reply.html(await showImport(request, reply)),
  );
  app.get(`${base}/imports/:import/live`, { config: { who: 'roll.view' } }, async (request, reply) => {
    const { id } = await importOf(request);
    return sendLive(reply, async () => {
      const job = await findImportJob(deps, actorOf(request), id);
      const { state, summary } = await getImport(deps, actorOf(request), id);
      const isReading = state === 'reading';
      return {
        percent: importPercent(state, job?.done ?? 0, summary?.good ?? null),
        text: request.page.t(`staff.import.progress.${isReading ? 'reading' : 'applying'}`, {
          rows: formatCount(job?.done ?? 0),
        }),
        done: job?.isRunning !== true && !isReading,
      };
    });
  });
  app.get(
    `${base}/imports/:import/faults.csv`,
    { config: { who: 'roll.prepare' } },
    async (request, reply) => {
      const found = await importOf(request);
      const rows = faultFile(deps, actorOf(request), found.id, request.language);
      downloadAs(reply, safeFileName(`${found.fileName}-faults`, 'csv'));
      return reply.type('text/csv; charset=utf-8').send(Readable.from(rows));
    },
  );
  app.post(`${base}/imports/:import/apply`, { config: { who: 'roll.prepare' } }, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const found = await importOf(request);
        const keepGood = textOf(formOf(request), 'keepGood') === 'yes';
        const reason = textOf(formOf(request), 'reason');
        const applying = applyRoll(deps, actorOf(request), found.id, { keepGood, reason });
        await answerWithin({ received: Promise.resolve(), done: applying });
        const { state } = await getImport(deps, actorOf(request), found.id);
        if (state === 'applied') sayDone(request, 'staff.done.applied');
        return state === 'applied' ? here(request) : `${here(request)}/imports/${found.id}`;
      },
      (problem) => showImport(request, reply, problem),
    ),
  );
  app.post(`${base}/imports/:import/discard`, { config: { who: 'roll.prepare' } }, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const found = await importOf(request);
        await discardRoll(deps, actorOf(request), found.id);
        sayDone(request, 'staff.done.discarded');
        return here(request);
      },
      (problem) => showImport(request, reply, problem),
    ),
  );

  app.post(`${base}/late`, { config: { who: 'frame.late' } }, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const { id, code } = await placeOf(deps, request);
        await issueLateCodes(deps, actorOf(request), id, code);
        sayDone(request, 'staff.done.late');
        return here(request);
      },
      (problem) => show(request, reply, problem),
    ),
  );

  async function showMessages(
    request: FastifyRequest,
    reply: FastifyReply,
    values: { readonly kind: string; readonly format: string; readonly text: string },
    problem?: PageProblem,
    fates?: FateImport,
  ) {
    const { campaign, county, id, code } = await placeOf(deps, request);
    const kinds = exportKinds.filter((own) => isExportable(campaign.state, own));
    // A reminder can be worded before anyone can be reminded.
    const kind = kinds.length === 0 ? undefined : textedKinds.find((k) => k === values.kind);
    const mayExport = may(actorOf(request), 'codes.export', code) && county.frameState === 'drawn';
    return messagesPage(contextOf(request, reply), {
      campaign,
      county,
      preview:
        kind === undefined || !mayExport
          ? null
          : await previewMessage(deps, actorOf(request), {
              campaign: id,
              county: code,
              kind,
              template: templateOf(values.text),
            }),
      isPreviewAsked: request.method === 'POST' && formOf(request)['preview'] !== undefined,
      scripts: ['messages.js', 'export.js'].map((name) => app.assets.href(name)),
      exports: await listExports(deps, actorOf(request), id, code),
      values,
      kinds,
      formats: exportFormats,
      fates: fates ?? null,
      ...(problem && { problem }),
    });
  }
  const kindSchema = z.enum(exportKinds);
  const formatSchema = z.enum(exportFormats);
  /** The script's name for an export, to request its progress. */
  const runSchema = z.string().regex(/^[a-z0-9]{8,40}$/);
  app.get(`${base}/messages`, { config: { who: 'draw.view' } }, async (request, reply) =>
    reply.html(await showMessages(request, reply, { kind: 'invitation', format: 'xlsx', text: '' })),
  );
  app.get(`${base}/messages/live`, { config: { who: 'codes.export' } }, async (request, reply) => {
    await placeOf(deps, request);
    const run = runSchema.safeParse(query(request, 'run'));
    if (!run.success) throw new AppError('not-found', 'http.not-found');
    return sendLive(reply, async () => {
      const found = findExportProgress(deps, actorOf(request), run.data);
      const text = request.page.t('staff.messages.making', { codes: formatCount(found?.codes ?? 0) });
      return { percent: found?.percent ?? null, text, done: false };
    });
  });
  app.post(`${base}/messages`, { config: { who: 'codes.export' } }, async (request, reply) => {
    const form = formOf(request);
    const values = {
      kind: textOf(form, 'kind'),
      format: textOf(form, 'format'),
      text: textOf(form, 'text'),
    };
    if (form['preview'] !== undefined) return reply.html(await showMessages(request, reply, values));
    try {
      const kind = kindSchema.safeParse(values.kind);
      const format = formatSchema.safeParse(values.format);
      if (!kind.success || !format.success)
        throw new AppError('invalid', 'staff.messages.choose', {
          issues: [{ path: kind.success ? 'format' : 'kind', message: 'staff.messages.choose' }],
        });
      const { id, code } = await placeOf(deps, request);
      const actor = actorOf(request);
      const asked = {
        ...{ campaign: id, county: code, kind: kind.data, format: format.data },
        ...{ language: request.language, template: templateOf(values.text) },
      };
      const run = runSchema.safeParse(textOf(form, 'run'));
      const made = await withProgress(deps, actor, run.success ? run.data : null, (tell) =>
        exportMessages(deps, actor, asked, tell),
      );
      downloadAs(reply, made.fileName);
      return await reply.type(made.contentType).send(Buffer.concat(made.body));
    } catch (error) {
      return attempt(
        reply,
        async () => {
          throw error;
        },
        (problem) => showMessages(request, reply, values, problem),
      );
    }
  });

  async function showLinks(request: FastifyRequest, reply: FastifyReply, problem?: PageProblem) {
    const { campaign, county, id, code } = await placeOf(deps, request);
    const actor = actorOf(request);
    const links = await listLinks(deps, actor, id, code);
    const names = new Map((await listSchools(deps, actor, id, code)).map((s) => [s.id, s.name]));
    return linksPage(contextOf(request, reply), {
      campaign,
      county,
      links: links.map((l) => ({
        url: `${deps.publicUrl}/q/${l.id}`,
        group: l.group,
        school: l.school === null ? null : (names.get(l.school) ?? l.school),
        createdAt: l.createdAt,
      })),
      ...(problem && { problem }),
    });
  }
  app.get(`${base}/links`, { config: { who: 'links.manage' } }, async (request, reply) =>
    reply.html(await showLinks(request, reply)),
  );
  app.post(`${base}/links`, { config: { who: 'links.manage' } }, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const groups = z
          .array(groupSchema)
          .min(1)
          .safeParse(listOf(formOf(request), 'groups'));
        if (!groups.success)
          throw new AppError('invalid', 'staff.links.choose', {
            issues: [{ path: 'groups', message: 'staff.links.choose' }],
          });
        const { id, code } = await placeOf(deps, request);
        await createLinks(deps, actorOf(request), id, code, groups.data);
        return `${here(request)}/links`;
      },
      (problem) => showLinks(request, reply, problem),
    ),
  );
}
