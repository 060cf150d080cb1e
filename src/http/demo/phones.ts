/** The demonstration's phones: messages of its gateway, as people would read them. Only in demonstrations. */
import type { FastifyInstance } from 'fastify';
import { AppError } from '../../domain/errors.ts';
import { html, type Html } from '../../html/html.ts';
import { layout } from '../../html/layout.ts';
import { emptyState } from '../../html/parts.ts';
import { formatCount } from '../../html/table.ts';
import { formatTime } from '../staff/page-view.ts';
import type { HttpDeps } from '../deps.ts';
import { anyone } from '../plugins/access.ts';

const most = 40;

export async function demoPhones(app: FastifyInstance, { deps }: { readonly deps: HttpDeps }): Promise<void> {
  const { phones } = deps;
  if (!phones) return;
  const stylesheet = () => app.assets.href('staff.css');

  app.get('/demo/phones', anyone, async (request, reply) => {
    const { t } = request.page;
    const { phones: shown, count } = phones.list(most);
    return reply.html(
      layout(request.page, {
        title: t('demo.phones'),
        kind: 'staff',
        stylesheet: stylesheet(),
        demo: true,
        body: html`<h1>${t('demo.phones')}</h1>
          <div class="sheet">
            <p>${t('demo.phones.about')}</p>
            ${
              count === 0
                ? emptyState(t('demo.phones.none'), html`<p>${t('demo.phones.none.about')}</p>`)
                : html`<p class="quiet">
                      ${t('demo.phones.count', { count: formatCount(count), shown: shown.length })}
                    </p>
                    <ul class="phone-list">
                      ${shown.map(
                        (p) =>
                          html`<li>
                            <a href="/demo/phones/${p.number}">${spaced(p.number)}</a>
                            <span class="phone-last">${p.messages.at(-1)?.text ?? ''}</span>
                            <span class="quiet"
                              >${t('demo.phones.messages', { count: p.messages.length })}</span
                            >
                          </li>`,
                      )}
                    </ul>`
            }
          </div>`,
      }),
    );
  });

  app.get<{ Params: { number: string } }>('/demo/phones/:number', anyone, async (request, reply) => {
    const phone = phones.find(request.params.number);
    if (!phone) throw new AppError('not-found', 'http.not-found');
    const { t } = request.page;
    return reply.html(
      layout(request.page, {
        title: t('demo.phone', { number: spaced(phone.number) }),
        kind: 'staff',
        stylesheet: stylesheet(),
        demo: true,
        body: html`<p><a href="/demo/phones">${t('demo.phones')}</a></p>
          <h1>${t('demo.phone', { number: spaced(phone.number) })}</h1>
          <div class="sheet">${messages(phone.messages)}</div>`,
      }),
    );
  });

  /** The address is a link, as on a real phone. */
  function messages(list: readonly { readonly text: string; readonly at: number }[]): Html {
    const host = deps.publicUrl.replace(/^https?:\/\//, '');
    return html`<div class="phone">
      <div class="phone-screen">
        ${list.map(({ text, at }) => {
          const address = text.slice(Math.max(0, text.indexOf(host))).match(/^[\x21-\x7e]+/)?.[0] ?? '';
          const from = address.startsWith(host) ? text.indexOf(address) : -1;
          return html`<p class="phone-from">
              <span class="phone-face" aria-hidden="true"></span>${formatTime(at)}
            </p>
            <p class="bubble">
              ${
                from < 0
                  ? text
                  : html`${text.slice(0, from)}<a
                        class="phone-link"
                        href="${address.slice(host.length) || '/'}"
                        >${address}</a
                      >${text.slice(from + address.length)}`
              }
            </p>`;
        })}
      </div>
    </div>`;
  }
}

/** `138 0013 8000` */
function spaced(number: string): string {
  return number.replace(/^(\d{3})(\d{4})(\d+)$/, '$1\u202f$2\u202f$3');
}
