import { z } from 'zod';
import { AppError, type Issue } from '../../../domain/errors.ts';
import { groupSchema } from '../../../domain/model/vocabulary.ts';
import { regimes } from '../../../domain/questionnaire/named-content.ts';
import type { LocalText } from '../../../domain/questionnaire/template.ts';
import { readTemplateFile } from '../../../operations/template/read-file.ts';
import {
  adapt,
  addTemplate,
  checkDocument,
  compareTemplates,
  findingsOf,
  getTemplate,
  listTemplates,
  listTemplateUses,
  withdrawTemplate,
  type Finding,
  type Template,
} from '../../../operations/template/templates.ts';
import type { Translate } from '../../../texts/texts.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { readUpload, uploads } from '../../plugins/uploads.ts';
import { parseInput } from '../../plugins/errors.ts';
import { conflict, textsOf, type Api, type ApiOptions } from '../api.ts';
import { iso, presentIssue } from '../present.ts';
import {
  adaptInput,
  checkedSchema,
  checkInput,
  comparisonParams,
  comparisonSchema,
  convertedSchema,
  documentInput,
  templateDetailSchema,
  templateParams,
  templateSchema,
  withdrawInput,
  xlsformForm,
} from './schema.ts';

const tags = ['templates'];
const view = 'template.view';
const edit = 'template.edit';

function present(one: Template) {
  const { key, kind, hash, stored } = one;
  const document = one.kind === 'questionnaire' ? one.questionnaire : one.profile;
  return {
    ...{ key, kind, hash, id: document.id, title: document.title as LocalText },
    groups:
      one.kind === 'questionnaire' ? one.questionnaire.groups : one.profile.groups.map((rule) => rule.group),
    regime: document.regime ?? null,
    version: stored?.version ?? null,
    origin: stored?.origin ?? null,
    note: stored?.note ?? '',
    addedAt: stored ? iso(stored.addedAt) : null,
    addedBy: stored?.addedBy ?? null,
    withdrawn: stored?.withdrawn ? { ...stored.withdrawn, at: iso(stored.withdrawn.at) } : null,
  };
}

function presentFinding(t: Translate, { severity, isOfSet, ...issue }: Finding) {
  return { ...presentIssue(t, issue), severity, ofSet: isOfSet };
}

export async function templatesApi(app: Api, { deps }: ApiOptions): Promise<void> {
  app.get(
    '/templates',
    {
      config: { who: view },
      schema: {
        tags,
        operationId: 'listTemplates',
        summary: 'Questionnaires and rule profiles: shipped ones, then every version that was added.',
        response: { 200: z.array(templateSchema) },
      },
    },
    async (request) => (await listTemplates(deps, actorOfRequest(request))).map(present),
  );
  app.post(
    '/templates',
    {
      config: { who: edit },
      schema: {
        tags,
        operationId: 'addTemplate',
        summary: 'Add a version; refused with every fault.',
        body: documentInput,
        response: { 201: templateSchema, ...conflict },
      },
    },
    async (request, reply) => {
      const { document, note } = request.body;
      return reply
        .code(201)
        .send(present(await addTemplate(deps, actorOfRequest(request), { document, note, origin: 'file' })));
    },
  );
  app.post(
    '/templates/check',
    {
      config: { who: view },
      schema: {
        tags,
        operationId: 'checkTemplate',
        summary: 'Check a document without adding it.',
        body: checkInput,
        response: { 200: checkedSchema },
      },
    },
    async (request) => {
      const t = textsOf(request);
      const { document } = request.body;
      const findings = await findingsOf(deps, actorOfRequest(request), document, sayIn(request.language));
      return { kind: checkDocument(document).kind, findings: findings.map((one) => presentFinding(t, one)) };
    },
  );
  await app.register(async (scope: Api) => {
    await scope.register(uploads);
    scope.post(
      '/templates/xlsform',
      {
        config: { who: edit, upload: true, form: xlsformForm.omit({ fileName: true }) },
        schema: {
          tags,
          operationId: 'convertXlsForm',
          summary: 'A workbook in the form of XLSForm as a questionnaire document; nothing is stored.',
          querystring: xlsformForm,
          response: { 200: convertedSchema },
        },
      },
      async (request, reply) => {
        const t = textsOf(request);
        const { fields, ...upload } = await readUpload(request, reply);
        const asked = parseInput(xlsformForm, { ...request.query, ...fields });
        const read = await readTemplateFile(upload, {
          groups: asked.groups.split(',').flatMap((g) => groupSchema.safeParse(g.trim()).data ?? []),
          regime: regimes.find((one) => one === asked.regime) ?? null,
        });
        if (!read.ok) throw refused(read.issues);
        return { document: read.document, notices: read.notices.map((one) => presentIssue(t, one)) };
      },
    );
  });
  app.get(
    '/templates/:template',
    {
      config: { who: view },
      schema: {
        tags,
        operationId: 'getTemplate',
        summary: 'One of them whole, with what was found in it and the campaigns that hold it.',
        params: templateParams,
        response: { 200: templateDetailSchema },
      },
    },
    async (request) => {
      const t = textsOf(request);
      const actor = actorOfRequest(request);
      const one = await getTemplate(deps, actor, request.params.template);
      const document = one.kind === 'questionnaire' ? one.questionnaire : one.profile;
      const findings = await findingsOf(deps, actor, document, sayIn(request.language));
      return {
        ...present(one),
        document,
        findings: findings.map((finding) => presentFinding(t, finding)),
        uses: [...(await listTemplateUses(deps, actor, one.key))],
      };
    },
  );
  app.get(
    '/templates/:template/differences/:other',
    {
      config: { who: view },
      schema: {
        tags,
        operationId: 'compareTemplates',
        summary: 'What differs between two questionnaires or two rule profiles.',
        params: comparisonParams,
        response: { 200: comparisonSchema },
      },
    },
    async (request) => {
      const { template, other } = request.params;
      const found = await compareTemplates(deps, actorOfRequest(request), template, other);
      if (found.kind === 'profile')
        return {
          kind: found.kind,
          differences: found.names.map((name) => ({
            ...{ of: 'profile' as const, id: null, what: 'property' as const, name, language: null },
            ...{ before: null, after: null },
          })),
        };
      return {
        kind: found.kind,
        differences: found.differences.map((d) => ({
          ...{ of: d.of, id: d.of === 'questionnaire' ? null : d.id, what: d.what },
          ...{ name: d.name ?? null, language: d.language ?? null },
          ...{ before: d.before ?? null, after: d.after ?? null },
        })),
      };
    },
  );
  app.post(
    '/templates/:template/adapt',
    {
      config: { who: edit },
      schema: {
        tags,
        operationId: 'adaptTemplate',
        summary: 'Add a version made from another questionnaire: its texts, items, and the order of options.',
        params: templateParams,
        body: adaptInput,
        response: { 201: templateSchema, ...conflict },
      },
    },
    async (request, reply) => {
      const actor = actorOfRequest(request);
      const { note, ...changes } = request.body;
      const document = await adapt(deps, actor, request.params.template, changes);
      return reply
        .code(201)
        .send(present(await addTemplate(deps, actor, { document, note, origin: 'adapted' })));
    },
  );
  app.post(
    '/templates/:template/withdraw',
    {
      config: { who: edit },
      schema: {
        tags,
        operationId: 'withdrawTemplate',
        summary: 'Offer it no longer. Campaigns that have it keep it.',
        params: templateParams,
        body: withdrawInput,
        response: { 200: templateSchema, ...conflict },
      },
    },
    async (request) => {
      const { reason } = request.body;
      return present(await withdrawTemplate(deps, actorOfRequest(request), request.params.template, reason));
    },
  );
}

function refused(issues: readonly Issue[]): AppError {
  return new AppError('invalid', 'template.faults', { params: { count: issues.length }, issues });
}

const sayIn = (language: string) => (text: LocalText) => text[language] ?? text['zh-CN'] ?? text['en'] ?? '';
