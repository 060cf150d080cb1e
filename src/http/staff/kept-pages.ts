/**
 * Caches pages that are requested again while nothing changes. The last page for a reader and an address is sent again, with a
 * new token in its forms, as long as all its inputs are the same. A view is a pure function of its context and its data; both are
 * compared completely, data by identity: storage returns the same objects until something is written. Data created for each
 * request is never the same, and its page is rendered each time.
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
/** Per process; a page of 400 schools in parts of fifty has 30 kB. */
const mostBytes = 16 << 20;
const mostPages = 300;
const pages = new LRUCache<string, Last>({
  max: mostPages,
  maxSize: mostBytes,
  sizeCalculation: ({ page }, key) => Math.ceil(page.bytes + 2 * key.length),
});
/** Requested once: only a page that is requested again is cut and cached. */
const seen = new LRUCache<string, readonly unknown[]>({ max: mostPages });

/** Placeholder of the token while a page is rendered. Nobody can know it, so no text of a page can contain it. */
const mark = `token-${randomBytes(16).toString('hex')}`;

/** Weak references: a county's summary is a megabyte, and its owner decides how long it lives. */
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
      // A collected object is not the same as an absent one.
      return held !== undefined && held === made[i];
    })
  );
}

/** Everything in a context but the token: what a page shows about its reader, and their permissions. */
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
