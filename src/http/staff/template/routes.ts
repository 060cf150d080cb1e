/** Questionnaires and rule profiles on the page: upload, check, preview, compare, adapt, withdraw. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError, type Issue } from '../../../domain/errors.ts';
import { groupSchema } from '../../../domain/model/vocabulary.ts';
import { regimes } from '../../../domain/questionnaire/named-content.ts';
import type { LocalText, Questionnaire } from '../../../domain/questionnaire/template.ts';
import { optionOrders, type OptionOrder } from '../../../domain/template/adapt.ts';
import { readTemplateFile, type PlacedIssue } from '../../../operations/template/read-file.ts';
import {
  adapt,
  addTemplate,
  checkDocument,
  compareTemplates,
  findingsOf,
  getTemplate,
  listBorrowable,
  listTemplates,
  listTemplateUses,
  withdrawTemplate,
  type Template,
} from '../../../operations/template/templates.ts';
import { downloadAs } from '../../download.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { readUpload, uploads } from '../../plugins/uploads.ts';
import { languageName } from '../../../html/layout.ts';
import { localised } from '../figure-view.ts';
import type { PageProblem } from '../page-view.ts';
import {
  attempt,
  contextOf,
  formOf,
  param,
  query,
  readNumber,
  sayDone,
  textOf,
  type Form,
  type PagesOptions,
} from '../pages.ts';
import { adaptPage, type AdaptValues } from './adapt-view.ts';
import { sendPreview } from './preview-page.ts';
import {
  comparePage,
  templatePage,
  templatePath,
  templatesPage,
  type RefusedFile,
  type UploadValues,
} from './view.ts';

const view = { config: { who: 'template.view' } } as const;
const edit = { config: { who: 'template.edit' } } as const;
const day = 24 * 3_600_000;
const noValues: UploadValues = { note: '', groups: [], regime: '' };

function uploadValues(form: Form) {
  const groups = textOf(form, 'groups').split(',');
  return {
    note: textOf(form, 'note'),
    groups: groups.flatMap((g) => groupSchema.safeParse(g).data ?? []),
    regime: textOf(form, 'regime'),
  };
}

export async function templatePages(app: FastifyInstance, { deps }: PagesOptions): Promise<void> {
  const actor = actorOfRequest;
  const keyOf = (request: FastifyRequest): string => param(request, 'template');

  async function showList(
    request: FastifyRequest,
    reply: FastifyReply,
    values: UploadValues = noValues,
    refused: RefusedFile | null = null,
    problem?: PageProblem,
    compared: Parameters<typeof templatesPage>[1]['compared'] = null,
  ) {
    return templatesPage(contextOf(request, reply), {
      templates: await listTemplates(deps, actor(request)),
      ...{ values, refused, problem, compared },
    });
  }
  app.get('/templates', view, async (request, reply) => reply.html(await showList(request, reply)));

  await app.register(async (scope) => {
    await scope.register(uploads);
    scope.post('/templates', { config: { ...edit.config, upload: true } }, async (request, reply) => {
      let refused: RefusedFile | null = null;
      return attempt(
        reply,
        async () => {
          const upload = await readUpload(request, reply);
          const values = uploadValues(upload.fields);
          const { groups } = values;
          const parts: Uint8Array[] = [];
          const read = await readTemplateFile(
            { fileName: upload.fileName, source: kept(upload.source, parts) },
            { groups, regime: regimes.find((one) => one === values.regime) ?? null },
          );
          if (!read.ok) {
            const text = Buffer.concat(parts).toString('utf8');
            refused = refusedFile(upload.fileName, text, read.issues, read.document ?? null);
            throw new AppError('invalid', 'template.faults', { params: { count: read.issues.length } });
          }
          const { document, origin, notices } = read;
          const { key } = await addTemplate(deps, actor(request), { document, origin, note: values.note });
          sayDone(request, notices.length > 0 ? 'staff.template.done.notices' : 'staff.template.done.added', {
            notices: notices
              .map((one) => request.page.t(one.message, one.params))
              .join(request.page.t('sentence.gap')),
          });
          return templatePath(key);
        },
        (problem) => showList(request, reply, uploadValues(formOf(request)), refused, problem),
      );
    });
  });

  app.get('/templates/compare', view, async (request, reply) => {
    const [a, b] = [query(request, 'a'), query(request, 'b')];
    return attempt(
      reply,
      async () => {
        const issues = [...(a === '' ? ['a'] : []), ...(b === '' || a === b ? ['b'] : [])].map((field) => ({
          path: `compare-${field}`,
          message: field === 'b' && b !== '' ? 'template.same-chosen' : 'template.choose',
        }));
        if (issues.length > 0) throw new AppError('invalid', 'template.choose', { issues });
        const comparison = await compareTemplates(deps, actor(request), a, b);
        const all = await listTemplates(deps, actor(request));
        return comparePage(contextOf(request, reply), { comparison, all });
      },
      (found) => {
        const issues = (found.issues ?? []).length > 0 ? found.issues! : [{ path: 'compare-b', ...found }];
        const problem = { ...found, issues };
        return showList(request, reply, noValues, null, problem, { a, b, problem });
      },
    );
  });

  async function showOne(request: FastifyRequest, reply: FastifyReply, reason = '', problem?: PageProblem) {
    const c = contextOf(request, reply);
    const template = await getTemplate(deps, actor(request), keyOf(request));
    const document = template.kind === 'questionnaire' ? template.questionnaire : template.profile;
    return templatePage(c, {
      ...{ template, reason, problem },
      all: await listTemplates(deps, actor(request)),
      findings: await findingsOf(deps, actor(request), document, (text) => localised(c, text)),
      uses: await listTemplateUses(deps, actor(request), template.key),
    });
  }
  app.get('/templates/:template', view, async (request, reply) => reply.html(await showOne(request, reply)));

  app.get('/templates/:template/file', view, async (request, reply) => {
    const template = await getTemplate(deps, actor(request), keyOf(request));
    const document = template.kind === 'questionnaire' ? template.questionnaire : template.profile;
    const version = template.stored === null ? '' : `-${template.stored.version}`;
    downloadAs(reply, `${document.id}${version}.json`);
    return reply.type('application/json; charset=utf-8').send(`${JSON.stringify(document, null, 2)}\n`);
  });

  async function questionnaireOf(
    request: FastifyRequest,
  ): Promise<Extract<Template, { kind: 'questionnaire' }>> {
    const template = await getTemplate(deps, actor(request), keyOf(request));
    if (template.kind !== 'questionnaire') throw new AppError('not-found', 'template.not-questionnaire');
    return template;
  }

  async function preview(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { questionnaire } = await questionnaireOf(request);
    const asked = groupSchema.safeParse(query(request, 'group'));
    const { organisation, phone } = app.settings.current;
    const { t } = request.page;
    return sendPreview(app, request, reply, questionnaire, {
      language: query(request, 'in'),
      group:
        asked.success && questionnaire.groups.includes(asked.data) ? asked.data : questionnaire.groups[0]!,
      reversed: query(request, 'reversed') === '1',
      county: null,
      campaign: {
        commissioner: organisation || t('staff.template.preview.office'),
        commissionerPhone: phone || '0000-00000000',
        purpose: 'self-check',
        closesAt: deps.now() + 14 * day,
        storageUntil: deps.now() + 365 * day,
        demo: false,
        selfAdministered: false,
      },
    });
  }
  app.get('/templates/:template/preview', view, preview);
  app.post('/templates/:template/preview', view, preview);

  async function showAdapt(
    request: FastifyRequest,
    reply: FastifyReply,
    values: AdaptValues | null,
    problem?: PageProblem,
  ) {
    const template = await questionnaireOf(request);
    const more = await listBorrowable(template.questionnaire);
    return adaptPage(contextOf(request, reply), { template, more, values, problem });
  }
  app.get('/templates/:template/adapt', edit, async (request, reply) =>
    reply.html(await showAdapt(request, reply, null)),
  );
  app.post('/templates/:template/adapt', edit, async (request, reply) => {
    const form = formOf(request);
    const values: AdaptValues = (name) => (form[name] === undefined ? undefined : textOf(form, name));
    return attempt(
      reply,
      async () => {
        const { questionnaire, key } = await questionnaireOf(request);
        const changes = adaptationOf(
          form,
          questionnaire,
          (await listBorrowable(questionnaire)).map((one) => one.item.id),
        );
        const document = await adapt(deps, actor(request), key, changes);
        const { faults } = checkDocument(document);
        if (faults.length > 0)
          throw new AppError('invalid', 'staff.template.adapt.faults', {
            params: { count: faults.length },
            issues: faults.map((one) => inFormTerms(one, document, questionnaire)),
          });
        const added = await addTemplate(deps, actor(request), {
          document,
          origin: 'adapted',
          note: textOf(form, 'note'),
        });
        sayDone(request, 'staff.template.done.adapted', { version: added.stored?.version ?? 1 });
        return templatePath(added.key);
      },
      (problem) => showAdapt(request, reply, values, problem),
    );
  });

  app.post('/templates/:template/withdraw', edit, async (request, reply) => {
    const reason = textOf(formOf(request), 'reason');
    return attempt(
      reply,
      async () => {
        const { key } = await withdrawTemplate(deps, actor(request), keyOf(request), reason);
        sayDone(request, 'staff.template.done.withdrawn');
        return templatePath(key);
      },
      (problem) => showOne(request, reply, reason, problem),
    );
  });
}

/** Keeps a copy of the stream, so that a fault can be shown with its line. */
async function* kept(
  source: AsyncIterable<Uint8Array>,
  parts: Uint8Array[],
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const part of source) {
    parts.push(part);
    yield part;
  }
}

const longestExcerpt = 120;

function refusedFile(
  fileName: string,
  text: string,
  issues: readonly PlacedIssue[],
  document: unknown,
): RefusedFile {
  const lines = text.split('\n');
  return {
    ...{ fileName, document },
    issues: issues.map((issue) => ({
      ...issue,
      excerpt:
        issue.line === null
          ? null
          : (lines[issue.line - 1] ?? '')
              .replace(/[^\P{Cc}\t]/gu, '')
              .trim()
              .slice(0, longestExcerpt) || null,
    })),
  };
}

/** Input of the form; invalid positions come after the others. */
function adaptationOf(form: Form, q: Questionnaire, more: readonly string[]) {
  const texts = (name: string): LocalText =>
    Object.fromEntries(q.languages.map((language) => [language, textOf(form, `${name}.${language}`)]));
  const orders: Record<string, OptionOrder> = {};
  for (const id of [...Object.keys(q.scales), ...q.items.map((item) => item.id)]) {
    const found = optionOrders.find((one) => one === textOf(form, `order.${id}`));
    if (found) orders[id] = found;
  }
  const place = (id: string): number => {
    const said = readNumber(textOf(form, `place.${id}`));
    return Number.isInteger(said) && said >= 0 ? said : 99_999;
  };
  return {
    ...{ title: texts('title'), introduction: texts('introduction'), orders },
    tails: Object.fromEntries(Object.keys(q.scales).map((id) => [id, texts(`tail.${id}`)])),
    items: [...q.items.map((item) => item.id), ...more]
      .filter((id) => textOf(form, `ask.${id}`) === 'yes')
      .map((id) => ({ id, text: texts(`text.${id}`), place: place(id) }))
      .sort((a, b) => a.place - b.place)
      .map(({ id, text }) => ({ id, text })),
  };
}

/** A fault of the adapted document, at its field of the form, in words without the document's format. */
function inFormTerms(fault: Issue, document: Questionnaire, before: Questionnaire): Issue {
  const language = fault.params?.['language'];
  const path = fieldOf(document, fault.path, language);
  if (fault.path === 'items' && document.items.length === 0)
    return { path: `ask.${before.items[0]?.id ?? ''}`, message: 'staff.template.adapt.no-item' };
  if (fault.message.endsWith('.missing-translation') && typeof language === 'string')
    return { path, message: 'staff.template.adapt.no-text', params: { language: languageName(language) } };
  const { field, maximum } = fault.params ?? {};
  if (fault.message.endsWith('.too-big') && document.languages.some((one) => one === field))
    return { path, message: 'staff.template.adapt.too-long', params: { most: maximum ?? '' } };
  return { ...fault, path };
}

/** The field from which a fault of the adapted document came. */
function fieldOf(document: Questionnaire, path: string, language: string | number | undefined): string {
  const item = /^items\[(\d+)\]\.text/.exec(path)?.[1];
  const suffix = `.${language ?? document.languages[0] ?? ''}`;
  if (item !== undefined) return `text.${document.items[Number(item)]?.id ?? ''}${suffix}`;
  const scale = /^scales\.([^.]+)\.tail/.exec(path)?.[1];
  if (scale !== undefined) return `tail.${scale}${suffix}`;
  if (path === 'title' || path === 'introduction') return `${path}${suffix}`;
  const asked = /^items\[(\d+)\]/.exec(path)?.[1];
  return asked === undefined ? path : `ask.${document.items[Number(asked)]?.id ?? ''}`;
}
