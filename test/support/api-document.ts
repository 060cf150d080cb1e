/** Holds replies against the service's own OpenAPI document. Shares no code with what makes it: Ajv reads the document as any client would. */
import type { FastifyInstance } from 'fastify';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { messageKeys } from '../../src/texts/texts.ts';

export interface Media {
  readonly schema?: object;
}
export interface Reply {
  readonly $ref?: string;
  readonly description?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, Media>>;
}
export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required?: boolean;
  readonly schema: {
    readonly enum?: readonly unknown[];
    readonly pattern?: string;
    readonly minimum?: number;
  };
}
export interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly tags: readonly string[];
  readonly security: readonly Readonly<Record<string, unknown>>[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, Reply>>;
}
export interface ApiDocument {
  readonly openapi: string;
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly securitySchemes: Readonly<Record<string, { readonly in: string; readonly name: string }>>;
    readonly schemas: Readonly<Record<string, object>>;
    readonly responses: Readonly<Record<string, Reply>>;
  };
}

/** As much of a reply as `inject` and `fetch` have in common. */
export interface Given {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

export interface Operations {
  readonly document: ApiDocument;
  readonly all: readonly { readonly method: string; readonly path: string; readonly operation: Operation }[];
  /** What is wrong with a reply or a request, by the document; empty if nothing is. */
  faultsOfReply(operation: Operation, given: Given): readonly string[];
  faultsOfBody(operation: Operation, mediaType: string, body: unknown): readonly string[];
  faultsOfQuery(operation: Operation, query: Readonly<Record<string, string>>): readonly string[];
}

export async function readApiDocument(app: FastifyInstance): Promise<Operations> {
  const reply = await app.inject({ url: '/api/v1/openapi.json' });
  const document = reply.json<ApiDocument>();
  const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true });
  // A query is text.
  const ofQuery = new Ajv2020({ strict: true, strictTypes: false, coerceTypes: 'array' });
  for (const one of [ajv, ofQuery]) addFormats.default(one);
  const compiled = new Map<object, ValidateFunction>();
  const keys = new Set(messageKeys('zh-CN'));

  /** With what it refers to. */
  const inlined = (schema: object): object =>
    JSON.parse(JSON.stringify(schema), (_key, value: { readonly $ref?: string } | null) => {
      const name = value?.$ref?.replace('#/components/schemas/', '');
      return name === undefined ? value : document.components.schemas[name];
    }) as object;

  function faultsOf(by: Ajv2020, given: object, value: unknown): readonly string[] {
    const validate = compiled.get(given) ?? by.compile(inlined(given));
    compiled.set(given, validate);
    return validate(value)
      ? []
      : (validate.errors ?? []).map((e) => {
          const code = e.instancePath === '/code' ? ` (${(value as { readonly code?: string }).code})` : '';
          return `${e.instancePath || '/'} ${e.message ?? e.keyword}${code}`;
        });
  }

  /** Every `code` anywhere in a reply that stands beside a text is the key of that text. */
  function codesOf(value: unknown): readonly string[] {
    if (Array.isArray(value)) return value.flatMap(codesOf);
    if (typeof value !== 'object' || value === null) return [];
    const { code, detail, message } = value as Readonly<Record<string, unknown>>;
    const isSaid = typeof detail === 'string' || typeof message === 'string';
    return [...(isSaid && typeof code === 'string' ? [code] : []), ...Object.values(value).flatMap(codesOf)];
  }

  function resolve(found: Reply): Reply {
    const name = found.$ref?.replace('#/components/responses/', '');
    return name === undefined ? found : document.components.responses[name]!;
  }

  return {
    document,
    all: Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path,
        operation,
      })),
    ),
    faultsOfReply(operation, { statusCode, headers, body }) {
      const found = operation.responses[statusCode];
      if (!found) return [`status ${statusCode} is not documented: ${body.slice(0, 300)}`];
      const { content = {}, headers: named = {} } = resolve(found);
      const faults = Object.keys(named)
        .filter((name) => headers[name] === undefined)
        .map((name) => `no header ${name}`);
      const type = headers['content-type'];
      if (Object.keys(content).length === 0)
        return body === '' ? faults : [...faults, `a body where none is documented: ${body.slice(0, 100)}`];
      const media = content[String(type).split(';')[0]!];
      if (!media?.schema) return [...faults, `media type ${String(type)} is not documented`];
      const value: unknown = /[/+]json$/.test(String(type).split(';')[0]!) ? JSON.parse(body) : body;
      const unknown = codesOf(value).filter((code) => !keys.has(code));
      return [
        ...faults,
        ...faultsOf(ajv, media.schema, value),
        ...unknown.map((code) => `${code} is not the key of a message`),
      ];
    },
    faultsOfBody(operation, mediaType, body) {
      const media = operation.requestBody?.content[mediaType];
      if (!media?.schema) return [`a body of ${mediaType} is not documented`];
      return faultsOf(ajv, media.schema, body);
    },
    faultsOfQuery({ parameters = [] }, query) {
      const own = parameters.filter((p) => p.in === 'query');
      const unknown = Object.keys(query).filter((name) => !own.some((p) => p.name === name));
      const missing = own.filter((p) => p.required === true && query[p.name] === undefined);
      return [
        ...unknown.map((name) => `parameter ${name} is not documented`),
        ...missing.map((p) => `parameter ${p.name} is missing`),
        ...own.flatMap((p) => {
          const value = query[p.name];
          const asked = { type: 'object', properties: { [p.name]: p.schema } };
          return value === undefined ? [] : faultsOf(ofQuery, asked, { [p.name]: value });
        }),
      ];
    },
  };
}
