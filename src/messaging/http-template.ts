/**
 * Requests to a configured gateway: templates with {names}. Values are encoded for query or form, and are strings in JSON, so
 * neither a text nor a number can add a field.
 */
import { createHash, createHmac } from 'node:crypto';
import type { Secret } from '../domain/secret.ts';

export type JsonTemplate =
  string | number | boolean | null | readonly JsonTemplate[] | { readonly [name: string]: JsonTemplate };

export interface Signature {
  readonly algorithm: 'md5' | 'sha256' | 'hmac-md5' | 'hmac-sha1' | 'hmac-sha256';
  /**
   * Filled like any other; `{fields}` is every other field of query, form or JSON as `name=value`, sorted by name, joined with &.
   */
  readonly over: string;
  readonly encoding: 'hex' | 'HEX' | 'base64';
  /** Key of an HMAC: the name of a secret. */
  readonly key: string | undefined;
}

export interface RequestTemplate {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** At most one of them; GET has neither. */
  readonly form: Readonly<Record<string, string>> | undefined;
  readonly json: JsonTemplate | undefined;
  readonly signature: Signature | undefined;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

const name = /\{([A-Za-z][A-Za-z0-9._-]*)\}/g;

export function fillRequest(
  template: RequestTemplate,
  values: ReadonlyMap<string, string>,
  secrets: ReadonlyMap<string, Secret>,
): HttpRequest {
  const known = new Map(values);
  for (const [key, secret] of secrets) known.set(`secret.${key}`, secret.reveal());
  const fill = (text: string) => text.replace(name, (whole, key: string) => known.get(key) ?? whole);
  const fillAll = (group: Readonly<Record<string, string>>) =>
    Object.entries(group).map(([key, text]) => [key, fill(text)] as const);
  const { signature } = template;
  if (signature !== undefined) {
    // The fields other than the signature itself.
    const unsigned = [
      ...Object.entries(template.query),
      ...Object.entries(template.form ?? topLevel(template.json)),
    ]
      .filter(([, text]) => !text.includes('{signature}'))
      .map(([key, text]) => `${key}=${fill(text)}`)
      .sort();
    known.set('fields', unsigned.join('&'));
    known.set('signature', sign(signature, fill(signature.over), secrets));
  }
  const encoded = (whole: string, key: string) => encodeURIComponent(known.get(key) ?? whole);
  const url = new URL(template.url.replace(name, encoded));
  for (const [key, value] of fillAll(template.query)) url.searchParams.append(key, value);
  const headers: Record<string, string> = Object.fromEntries(fillAll(template.headers));
  let body: string | undefined;
  if (template.form !== undefined) {
    const pairs = new URLSearchParams();
    for (const [key, value] of fillAll(template.form)) pairs.append(key, value);
    body = pairs.toString();
    headers['content-type'] ??= 'application/x-www-form-urlencoded; charset=utf-8';
  } else if (template.json !== undefined) {
    body = JSON.stringify(fillJson(template.json, fill));
    headers['content-type'] ??= 'application/json; charset=utf-8';
  }
  return { method: template.method, url: url.href, headers, body };
}

function topLevel(json: JsonTemplate | undefined): Readonly<Record<string, string>> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return {};
  return Object.fromEntries(
    Object.entries(json as Readonly<Record<string, JsonTemplate>>).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}

function fillJson(json: JsonTemplate, fill: (text: string) => string): JsonTemplate {
  if (typeof json === 'string') return fill(json);
  if (Array.isArray(json)) return (json as readonly JsonTemplate[]).map((item) => fillJson(item, fill));
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([key, item]) => [key, fillJson(item, fill)]));
}

function sign(
  { algorithm, encoding, key }: Signature,
  text: string,
  secrets: ReadonlyMap<string, Secret>,
): string {
  const hash = algorithm.startsWith('hmac-')
    ? createHmac(
        algorithm.slice('hmac-'.length),
        (key === undefined ? undefined : secrets.get(key))?.reveal() ?? '',
      )
    : createHash(algorithm);
  const digest = hash.update(text, 'utf8').digest(encoding === 'base64' ? 'base64' : 'hex');
  return encoding === 'HEX' ? digest.toUpperCase() : digest;
}
