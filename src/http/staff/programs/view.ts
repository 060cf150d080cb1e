/**
 * The OpenAPI document as pages: every call with its input, results and errors, in parts, because all of it is a megabyte.
 * Without script and files from other hosts.
 */
import { html, type Html } from '../../../html/html.ts';
import { card, grid } from '../../../html/parts.ts';
import { staffPage, table, type StaffContext } from '../page-view.ts';

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly description?: string;
  readonly additionalProperties?: boolean | Schema;
}
interface Reply {
  readonly $ref?: string;
  readonly description?: string;
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}
interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly object[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema?: Schema;
    readonly description?: string;
  }[];
  readonly requestBody?: { readonly content?: Reply['content'] };
  readonly responses?: Readonly<Record<string, Reply>>;
}
interface Tag {
  readonly name: string;
  readonly description?: string;
}
export interface ApiDocument {
  readonly info?: { readonly version?: string };
  readonly tags?: readonly Tag[];
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: {
    readonly schemas?: Readonly<Record<string, Schema>>;
    readonly responses?: Readonly<Record<string, Reply>>;
  };
}

interface Field {
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly about: string;
}

const deepest = 4;

interface Call {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

function callsOf(document: ApiDocument): readonly Call[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
}
const partOf = (calls: readonly Call[], { name }: Tag) =>
  calls.filter(({ operation }) => operation.tags?.includes(name));
const idOf = ({ path, method, operation }: Call) => operation.operationId ?? `${method}${path}`;
const methodOf = (method: string) => html`<span class="method ${method}">${method.toUpperCase()}</span>`;

export function programsPage(c: StaffContext, document: ApiDocument): Html {
  const { t } = c.page;
  const calls = callsOf(document);
  return staffPage(c, {
    title: t('staff.programs'),
    cards: true,
    subtitle: t('staff.programs.sub', { count: calls.length }),
    trail: [{ href: '/staff/help', text: t('staff.help') }],
    body: grid(
      card({
        title: t('staff.programs.how'),
        body: html`<ol>
            <li>
              ${t('staff.programs.token')}${t('sentence.gap')}<a href="/staff/account#tokens"
                >${t('staff.tokens')}</a
              >
            </li>
            <li>
              ${t('staff.programs.header')}${t('sentence.gap')}${english('Authorization: Bearer manyi_…')}
            </li>
            <li>${t('staff.programs.errors')}</li>
          </ol>
          <p>
            <a href="/api/v1/openapi.json">${t('staff.programs.document')}</a>
          </p>`,
      }),
      (document.tags ?? []).map((tag) => {
        const address = `/staff/programs/${tag.name}`;
        return card({
          title: tagName(c, tag.name),
          id: `tag-${tag.name}`,
          body: html`<p class="quiet" lang="en">${tag.description}</p>
            <ul class="plain calls">
              ${partOf(calls, tag).map(
                (one) =>
                  html`<li>
                    ${methodOf(one.method)}
                    <a href="${address}#call-${idOf(one)}">${english(one.path)}</a>
                    <span class="quiet" lang="en">${one.operation.summary}</span>
                  </li>`,
              )}
            </ul>`,
        });
      }),
    ),
  });
}

/** The calls of one part. */
export function partOfProgramsPage(c: StaffContext, document: ApiDocument, tag: Tag): Html {
  const { t } = c.page;
  return staffPage(c, {
    title: tagName(c, tag.name),
    cards: true,
    subtitle: html`<span lang="en">${tag.description}</span>`,
    trail: [
      { href: '/staff/help', text: t('staff.help') },
      { href: '/staff/programs', text: t('staff.programs') },
    ],
    body: grid(
      card({
        title: t('staff.programs.calls'),
        body: partOf(callsOf(document), tag).map((one) => call(c, document, one)),
      }),
    ),
  });
}

function tagName(c: StaffContext, name: string): string {
  const key = `staff.programs.tag.${name}`;
  const found = c.page.t(key);
  return found === key ? name : found;
}

function call(c: StaffContext, document: ApiDocument, one: Call): Html {
  const { t } = c.page;
  const { path, method, operation: o } = one;
  const id = idOf(one);
  const isPublic = o.security?.length === 0;
  const parameters = (o.parameters ?? []).map((p): Field => {
    const { type, about } = typeOf(document, p.schema ?? {});
    const place = t(`staff.programs.in.${p.in}`);
    return {
      name: p.name,
      type,
      isRequired: p.required === true,
      about: [place, p.description ?? about].filter((part) => part !== '').join(' · '),
    };
  });
  const replies = Object.entries(o.responses ?? {}).map(([status, reply]) => ({
    status,
    reply: resolveReply(document, reply),
  }));
  return html`<details class="call" id="call-${id}">
    <summary>
      ${methodOf(method)} ${english(path)}
      <span class="quiet" lang="en">${o.summary}</span>
    </summary>
    ${isPublic && html`<p class="quiet">${t('staff.programs.public')}</p>`}
    ${parameters.length > 0 && fieldTable(c, id, t('staff.programs.parameters'), parameters)}
    ${Object.entries(o.requestBody?.content ?? {}).map(([type, { schema = {} }]) => {
      const fields = fieldsOf(document, schema);
      return fieldTable(c, id, t('staff.programs.body'), fields, type);
    })}
    ${replies
      .filter(({ status }) => status.startsWith('2'))
      .map(({ status, reply }) =>
        Object.entries(reply.content ?? {}).map(([type, { schema = {} }]) => {
          const fields = fieldsOf(document, schema);
          return fieldTable(c, id, `${t('staff.programs.reply')} ${status}`, fields, type);
        }),
      )}
    ${table({
      ...named(id, t('staff.programs.replies')),
      stack: true,
      columns: ['status', 'meaning', 'codes'].map((name) => ({ text: t(`staff.programs.${name}`) })),
      rows: replies.map(({ status, reply }) => [
        status,
        html`<span lang="en">${reply.description}</span>`,
        codesOf(reply).map((code) => html`${english(code)} `),
      ]),
    })}
  </details>`;
}

/** Names of calls and media types are English on every page. */
const english = (text: string) => html`<code lang="en">${text}</code>`;
function named(id: string, title: string, type = '') {
  return {
    caption: [id, title, type].filter(Boolean).join(' '),
    markedCaption: html`${english(id)} ${title} ${english(type)}`,
  };
}

function fieldTable(
  c: StaffContext,
  id: string,
  title: string,
  fields: readonly Field[],
  type?: string,
): Html {
  const { t } = c.page;
  const heading = html`<p>
    <strong>${title}${type !== undefined && html` ${english(type)}`}</strong>
  </p>`;
  if (fields.length === 0) return heading;
  return html`${heading}
  ${table({
    ...named(id, title, type),
    columns: ['name', 'type', 'needed', 'about-field'].map((name) => ({
      text: t(`staff.programs.${name}`),
    })),
    rows: fields.map((f) => [
      english(f.name),
      html`<span class="type">${f.type}</span>`,
      f.isRequired ? t('staff.trail.yes') : t('staff.trail.no-word'),
      html`<span lang="en">${f.about}</span>`,
    ]),
  })}`;
}

/** The error codes that a refusal can have. */
function codesOf({ content = {} }: Reply): readonly string[] {
  return Object.values(content).flatMap(({ schema }) =>
    (schema?.allOf ?? []).flatMap((part) => (part.properties?.['code']?.enum ?? []).map(String)),
  );
}

function resolve(document: ApiDocument, schema: Schema): Schema {
  const name = schema.$ref?.split('/').at(-1);
  return name === undefined ? schema : (document.components?.schemas?.[name] ?? {});
}
function resolveReply(document: ApiDocument, reply: Reply): Reply {
  const name = reply.$ref?.split('/').at(-1);
  return name === undefined ? reply : (document.components?.responses?.[name] ?? {});
}

function typeOf(document: ApiDocument, given: Schema): { readonly type: string; readonly about: string } {
  const schema = resolve(document, given);
  const about = schema.description ?? given.description ?? '';
  const some = schema.anyOf ?? schema.oneOf;
  if (some) {
    const types = [...new Set(some.map((one) => typeOf(document, one).type))];
    return { type: types.join(' | '), about };
  }
  if (schema.const !== undefined) return { type: JSON.stringify(schema.const), about };
  if (schema.enum) return { type: schema.enum.map((value) => JSON.stringify(value)).join(' | '), about };
  if (schema.items) return { type: `${typeOf(document, schema.items).type}[]`, about };
  const name = [schema.type ?? 'object'].flat().join(' | ');
  const limits = [
    schema.format,
    schema.minimum !== undefined && schema.minimum > -1e15 && `≥ ${schema.minimum}`,
    schema.maximum !== undefined && schema.maximum < 1e15 && `≤ ${schema.maximum}`,
    schema.maxLength !== undefined && `≤ ${schema.maxLength}`,
  ].filter(Boolean);
  return { type: limits.length === 0 ? name : `${name} (${limits.join(', ')})`, about };
}

/** Members of an object, and of the objects in it, with their path. */
function fieldsOf(document: ApiDocument, given: Schema, path = '', depth = 0): readonly Field[] {
  const schema = resolve(document, given);
  if (depth > deepest) return [];
  if (schema.items) return fieldsOf(document, schema.items, `${path}[]`, depth);
  const inner = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (inner) {
    const seen = new Map<string, Field>();
    for (const one of inner)
      for (const field of fieldsOf(document, one, path, depth)) seen.set(field.name, field);
    return [...seen.values()];
  }
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const full = path === '' ? name : `${path}.${name}`;
    const { type, about } = typeOf(document, property);
    const isRequired = schema.required?.includes(name) === true;
    return [{ name: full, type, isRequired, about }, ...fieldsOf(document, property, full, depth + 1)];
  });
}
