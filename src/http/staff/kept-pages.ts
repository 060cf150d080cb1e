/**
 * Pages that are looked at again and again while nothing changes: the last one made for a reader and an address is sent again, with a new token in its
 * forms, as long as everything that it was made of is the same. A view is a pure function of its context and its data; both are compared whole, and data by
 * identity: storage hands out the same objects until something is written. What is made anew for each request is never found the same, and costs what it did.
 */
import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { toMarkup, type Html } from '../../html/html.ts';
import { actorOfRequest } from '../plugins/access.ts';
import { takesGzip } from '../plugins/encoding.ts';
import { KeptPage } from '../plugins/kept-page.ts';
import type { StaffContext } from './page-view.ts';
import { contextOf } from './pages.ts';

interface Last {
  readonly made: readonly unknown[];
  readonly page: KeptPage;
}
/** In a process; a page of 400 schools in parts of fifty has 30 kB. */
const mostBytes = 16 << 20;
const mostPages = 300;
const pages = new LRUCache<string, Last>({
  max: mostPages,
  maxSize: mostBytes,
  sizeCalculation: ({ page }, key) => Math.ceil(page.bytes + 2 * key.length),
});
/** Looked at once: only what is looked at again is cut and kept. */
const seen = new LRUCache<string, readonly unknown[]>({ max: mostPages });

/** Stands for the token while a page is made. Nobody can know it, so no text of a page can hold it. */
const mark = `token-${randomBytes(16).toString('hex')}`;

/** Data are known again, but not held: a county's summary is a megabyte, and whoever keeps it says for how long. */
const known = (made: readonly unknown[]): readonly unknown[] =>
  made.map((one) => (isObject(one) ? new WeakRef(one) : one));
const isObject = (one: unknown): one is object =>
  (typeof one === 'object' && one !== null) || typeof one === 'function';

function same(before: readonly unknown[] | undefined, made: readonly unknown[]): boolean {
  return (
    before?.length === made.length &&
    before.every((one, i) => {
      if (!(one instanceof WeakRef)) return Object.is(one, made[i]);
      const held: unknown = one.deref();
      // Gone, it is not the same as nothing.
      return held !== undefined && held === made[i];
    })
  );
}

/** Everything in a context but the token: what a page shows of its reader, and what he may. */
function partsOf(request: FastifyRequest, c: StaffContext): readonly unknown[] {
  const { userId, name, role, counties, via, scopes } = actorOfRequest(request);
  const { page, stylesheet, user, here, languages, office, done } = c;
  return [
    JSON.stringify([userId, name, role, counties, via, scopes, user, here, stylesheet, office]),
    page,
    languages,
    done ?? null,
  ];
}

/** Sends the view of that data. The names of the data must not depend on the request. */
export function sendView<Data extends Readonly<Record<string, unknown>>>(
  request: FastifyRequest,
  reply: FastifyReply,
  view: (c: StaffContext, data: Data) => Html,
  data: Data,
): FastifyReply {
  const c = contextOf(request, reply);
  const isPlain = request.method !== 'GET' || (c.done ?? null) !== null;
  if (isPlain || !takesGzip(request.headers['accept-encoding'])) return reply.html(view(c, data));
  const { userId } = actorOfRequest(request);
  const key = JSON.stringify([view.name, userId, c.page.language, c.page.large, c.here]);
  const made = [view, ...partsOf(request, c), ...Object.entries(data).flat()];
  const last = pages.get(key);
  if (last && same(last.made, made)) return reply.packed(last.page.gzip(c.csrf));
  if (!same(seen.get(key), made)) {
    seen.set(key, known(made));
    pages.delete(key);
    return reply.html(view(c, data));
  }
  const page = new KeptPage(toMarkup(view({ ...c, csrf: mark }, data)), mark);
  pages.set(key, { made: known(made), page });
  return reply.packed(page.gzip(c.csrf));
}
