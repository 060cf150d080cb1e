/**
 * Parts of the OpenAPI document beyond the schemas: the errors of each kind of route, its security, and the form of uploads. They
 * follow from the route's declaration; what the kind does not tell (409, 429, files) the route declares itself.
 */
import type { SwaggerTransformObject } from '@fastify/swagger';
import type { RouteOptions } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { actions } from '../../domain/campaign/permissions.ts';
import { roles } from '../../domain/model/vocabulary.ts';
import { errorCodesOf } from './error-codes.ts';
import { problemSchema } from './shapes.ts';

const refusals = {
  400: ['BadRequest', 'The request cannot be read: the address, the JSON, or the headers.'],
  401: ['Unauthenticated', 'Nobody is logged in, or login and password do not match.'],
  403: ['Forbidden', 'The account may not do this, the token is missing, or another site sent the request.'],
  404: ['NotFound', 'There is no such thing, or the account may not know of it.'],
  409: ['Conflict', 'The state does not allow it; `code` says why.'],
  413: ['TooLarge', 'The body is too large.'],
  414: ['AddressTooLong', 'A part of the address is too long.'],
  415: ['UnsupportedMediaType', 'The media type is not accepted here.'],
  422: ['Invalid', 'The content is not accepted; `issues` names each fault.'],
  429: ['TooMany', 'Too many requests; wait for Retry-After.'],
  500: ['Internal', 'A fault of the service, or damaged data.'],
  503: ['Unavailable', 'The service cannot do this now; wait for Retry-After.'],
} as const;
type Refusal = keyof typeof refusals;

const problemType = 'application/problem+json';

export function problemReply(status: Refusal) {
  return {
    description: refusals[status][1],
    content: { [problemType]: { schema: problemSchema } },
  };
}

/** Documents a file instead of JSON. */
export function fileReply<T extends string>(description: string, ...types: readonly T[]) {
  const content = Object.fromEntries(types.map((type) => [type, { schema: z.string() }]));
  return { description, content: content as Record<T, { schema: z.ZodString }> };
}

const readingMethods: ReadonlySet<string> = new Set(['GET', 'HEAD']);

function isReading({ method }: RouteOptions): boolean {
  return [method].flat().every((one) => readingMethods.has(one));
}

/** Any account may read some things; other calls are refused for some roles, or outside one's county. */
function isRefusedToSome({ url, config }: RouteOptions): boolean {
  const who = config?.who;
  if (who === undefined || who === 'public' || who === 'signed-in') return false;
  return actions[who].length < roles.length || url.includes('/:county');
}

/** Every error that a route of this kind can give, whatever it does. */
function refusalsOf(route: RouteOptions): readonly Refusal[] {
  const who = route.config?.who;
  const { params, querystring, body } = route.schema ?? {};
  const writes = !isReading(route);
  const takesInput = Boolean(params ?? querystring ?? body) || route.config?.upload === true;
  return [
    ...(writes || params ? ([400] as const) : []),
    ...(who === 'public' ? [] : ([401] as const)),
    ...(writes || isRefusedToSome(route) ? ([403] as const) : []),
    ...(params ? ([404, 414] as const) : []),
    // The body of any writing request is read, even if none is expected.
    ...(writes ? ([413, 415] as const) : []),
    ...(takesInput ? ([422] as const) : []),
    ...([500, 503] as const),
  ];
}

/** For the hook `onRoute`: completes the route's declaration. Its HEAD twin comes here a second time. */
export function documentRoute(route: RouteOptions): void {
  const schema = route.schema ?? {};
  const isPublic = route.config?.who === 'public';
  const token = isReading(route) ? {} : { csrf: [] };
  route.schema = {
    ...schema,
    security: isPublic ? [] : [{ session: [], ...token }, { token: [] }],
    response: {
      ...Object.fromEntries(refusalsOf(route).map((status) => [status, problemReply(status)])),
      ...(schema.response as Record<string, unknown> | undefined),
    },
  };
}

/** The file itself. Client generators know `format`; OpenAPI 3.1 uses the media type. */
const bytes = { type: 'string', format: 'binary', contentMediaType: 'application/octet-stream' } as const;
export const xlsxType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** A streamed body has no schema of the route; this describes what `readUpload` takes. */
function uploadBody(fields: z.ZodObject): object {
  const { properties } = z.toJSONSchema(fields, { io: 'input' });
  const form = {
    type: 'object',
    required: ['file'],
    properties: {
      _csrf: {
        type: 'string',
        description: 'The token, in place of the header csrf-token. Before the file, as every field.',
      },
      ...properties,
      file: bytes,
    },
  };
  return {
    content: {
      'multipart/form-data': { schema: form },
      ...Object.fromEntries(
        ['application/octet-stream', 'text/csv', xlsxType].map((type) => [type, { schema: bytes }]),
      ),
    },
  };
}

/** Like `jsonSchemaTransform`, with the bodies of uploads. */
export const transformRoute: typeof jsonSchemaTransform = (input) => {
  const made = jsonSchemaTransform(input);
  const form = 'route' in input ? input.route.config?.form : undefined;
  return form === undefined ? made : { ...made, schema: { ...made.schema, body: uploadBody(form) } };
};

type Document = Extract<Parameters<SwaggerTransformObject>[0], { openapiObject: unknown }>['openapiObject'];
type Operation = NonNullable<NonNullable<NonNullable<Document['paths']>[string]>['get']>;
type Replies = Operation['responses'];

const successes: Readonly<Record<string, string>> = { 200: 'Done.', 201: 'Made.', 204: 'Done; no content.' };

const componentOf = (name: string) => `#/components/responses/${name}`;

type RefusalReply = Exclude<Replies[string], { $ref: string }>;

/** A problem whose `code` is one of these. */
function refusalReply(status: `${Refusal}`, codes: readonly string[]): RefusalReply {
  const problem = { $ref: '#/components/schemas/Problem' };
  return {
    description: refusals[status][1],
    ...((status === '429' || status === '503') && {
      headers: {
        'retry-after': { description: 'Seconds to wait.', schema: { type: 'integer', minimum: 1 } },
      },
    }),
    content: {
      [problemType]: {
        schema: {
          allOf: [problem, { type: 'object', properties: { code: { type: 'string', enum: [...codes] } } }],
        },
      },
    },
  };
}

/**
 * An error shared by several operations is listed once among the components.
 * @param used references to them
 */
function sharedReplies(used: string): Replies {
  const shared = Object.entries(refusals).filter(([, [name]]) => used.includes(`"${componentOf(name)}"`));
  return Object.fromEntries(
    shared.map(([status, [name]]) => [
      name,
      refusalReply(status as `${Refusal}`, errorCodesOf(null, status, false)),
    ]),
  );
}

function isRefusal(status: string): status is `${Refusal}` {
  return status in refusals;
}

function shortReplies({ operationId, security, responses: replies }: Operation): Replies {
  const isPublic = security?.length === 0;
  return Object.fromEntries(
    Object.entries(replies).map(([status, reply]) => {
      if (isRefusal(status)) {
        const codes = errorCodesOf(operationId ?? null, status, isPublic);
        const isShared = String(codes) === String(errorCodesOf(null, status, false));
        return [status, isShared ? { $ref: componentOf(refusals[status][0]) } : refusalReply(status, codes)];
      }
      return [
        status,
        'description' in reply && reply.description === 'Default Response'
          ? { ...reply, description: successes[status] ?? '' }
          : reply,
      ];
    }),
  );
}

/** Returns a new document; the given one is not changed. */
export function completeDocument(document: Document): Document {
  const paths = Object.entries(document.paths ?? {}).map(([path, methods]) => [
    path,
    Object.fromEntries(
      Object.entries(methods ?? {}).map(([method, operation]) => [
        method,
        { ...(operation as Operation), responses: shortReplies(operation as Operation) },
      ]),
    ),
  ]);
  const { $schema: _, ...problem } = z.toJSONSchema(problemSchema, { io: 'output' });
  return {
    ...document,
    paths: Object.fromEntries(paths) as Document['paths'],
    components: {
      ...document.components,
      schemas: { ...document.components?.schemas, Problem: problem },
      responses: sharedReplies(JSON.stringify(paths)),
    },
  } as Document;
}
