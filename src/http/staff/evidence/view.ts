/**
 * The head of the evidence log for people to keep: in words, as a QR code with the signed note, and who outside holds which size.
 */
import { LRUCache } from 'lru-cache';
import type { LogStatus } from '../../../domain/evidence/witness.ts';
import type { AuditStatus } from '../../../domain/model/audit.ts';
import type { MessageParams } from '../../../domain/errors.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import type { PageContext } from '../../../html/layout.ts';
import { qrCode } from '../../../html/qr.ts';
import type { ShownCampaign, ShownCounty } from '../campaign/shown-campaign-view.ts';
import { alertBox, card, help, tag } from '../../../html/parts.ts';
import { countyFrame, countyPath } from '../frame-view.ts';
import { auditPart } from './audit-view.ts';
import { facts, formatCount, table, timeTag, token, type StaffContext } from '../page-view.ts';

/** A note is public, is on many pages, and changes only with the next checkpoint. */
const codes = new LRUCache<string, Html>({ max: 500 });

/** `medium` would make the dots of a whole note a fifth smaller; the note has its own signature. */
function noteCode(context: PageContext, log: LogStatus): Html {
  const label = context.t('staff.log.qr', { size: log.size });
  const key = `${label}\n${log.note}`;
  const code = codes.get(key) ?? qrCode(log.note, label, 'low');
  codes.set(key, code);
  return code;
}

/** On rates, summary and evidence pages. Empty before the roll is frozen. */
export function logPart(c: StaffContext, log: LogStatus | null): Content {
  const { t } = c.page;
  if (log === null) return null;
  return html`<h2>${t('staff.log')}</h2>
    <p class="quiet">${t('staff.log.about')}</p>
    <div class="log">
      ${noteCode(c.page, log)}${facts([
        [t('staff.log.origin'), html`<span class="hash">${log.origin}</span>`],
        [t('staff.log.size'), formatCount(log.size)],
        [t('staff.log.root'), html`<span class="hash">${log.root}</span>`],
        [t('staff.log.at'), timeTag(log.at)],
        [t('staff.log.held'), heldText(c, log)],
        ...signersOf(log).map(({ size, names }): [string, Content] => [
          t('staff.log.cosigned'),
          t('staff.log.cosigned.text', {
            size: formatCount(size),
            names: names.join(t('staff.log.cosigned.and')),
          }),
        ]),
      ])}
    </div>`;
}

/** Under each size, largest first, the witnesses whose newest signature it is. */
function signersOf({
  witnesses,
}: LogStatus): readonly { readonly size: number; readonly names: readonly string[] }[] {
  const sizes = [...new Set(witnesses.map((w) => w.signed ?? 0))]
    .filter((size) => size > 0)
    .sort((a, b) => b - a);
  return sizes.map((size) => ({
    size,
    names: witnesses.filter((w) => w.signed === size).map((w) => w.name),
  }));
}

function heldText(c: StaffContext, log: LogStatus): Content {
  const { t } = c.page;
  if (log.held.length === 0) return html`<span class="why">${t('staff.log.nobody')}</span>`;
  return log.held.map(
    (h, i) =>
      html`${i > 0 && html`<br />`}${t('staff.log.held.text', { size: formatCount(h.size), witnesses: h.witnesses, signed: h.signed })}`,
  );
}

/** At the foot of a poster: a photograph of it contains a checkpoint. */
export function logStrip(context: PageContext, log: LogStatus | null): Content {
  const { t } = context;
  if (log === null) return null;
  return html`<div class="log">
    ${noteCode(context, log)}
    <p>
      ${t('staff.log.poster')}<br />${log.origin}<br />${t('staff.log.size')}${t('staff.colon')}${log.size}<br />${log.root}
    </p>
  </div>`;
}

export interface ShownQueue {
  readonly witness: string;
  readonly held: { readonly size: number; readonly at: number } | null;
  readonly waiting: number;
  readonly failure: {
    readonly message: string;
    readonly params: MessageParams;
    readonly at: number;
    readonly attempts: number;
    readonly nextAt: number;
  } | null;
}

export function evidencePage(
  c: StaffContext,
  o: {
    readonly campaign: ShownCampaign;
    readonly county: ShownCounty;
    readonly log: LogStatus | null;
    readonly audit: AuditStatus | null;
    readonly queue: readonly ShownQueue[];
    /** Contents may be handed over now, to this reader. */
    readonly mayExport: boolean;
    /** The figures may be published now, by this reader. */
    readonly mayPublish: boolean;
    /** May have test contacts. */
    readonly maySeal: boolean;
  },
): Html {
  const { t } = c.page;
  const base = countyPath(o.campaign.id, o.county.code);
  return countyFrame(c, o, {
    title: t('staff.page.evidence'),
    tab: 'evidence',
    cards: true,
    body: html`${
        o.audit !== null &&
        card({
          title: t('results.evidence.audit'),
          tone: o.audit.differences === 0 ? 'ok' : 'bad',
          aside:
            o.audit.differences === 0
              ? tag('ok', t('staff.evidence.audit.equal'))
              : tag('bad', t('doubt.audit.failed')),
          body: auditPart(c, o.audit),
        })
      }${
        o.mayExport &&
        card({
          title: t('staff.evidence.take'),
          body: html`<h3>${t('staff.evidence.bundle')}</h3>
            <p>${t('staff.evidence.bundle.about')}</p>
            <form method="post" action="${base}/evidence/bundle">
              ${token(c)}<button>${t('staff.evidence.bundle.do')}</button>
            </form>
            ${help(t('staff.evidence.bundle.how'), html`<p>${t('staff.evidence.bundle.how.about')}</p>`)}
            <h3 id="analysis">${t('analysis.title')}</h3>
            <p>${t('analysis.about')}</p>
            <form method="post" action="${base}/analysis">
              ${token(c)}<button class="secondary">${t('analysis.do')}</button>
            </form>`,
        })
      }${
        o.mayPublish &&
        card({
          title: t('staff.publication'),
          body: html`<p>${t('staff.publication.about')}</p>
            <form method="post" action="${base}/publication">
              ${token(c)}
              <div class="acts">
                <button name="format" value="zip">${t('staff.publication.zip')}</button>
                <button class="secondary" name="format" value="html">${t('staff.publication.html')}</button>
                <button class="secondary" name="format" value="json">${t('staff.publication.json')}</button>
              </div>
            </form>`,
        })
      }${
        o.maySeal &&
        card({
          title: t('staff.canaries.link'),
          body: html`<p>${t('staff.canaries.about')}</p>
            <p class="links"><a href="${base}/canaries">${t('staff.canaries.go')}</a></p>`,
        })
      }
      <div class="sheet">
        ${
          o.log === null
            ? html`<p>${t('evidence.no-log')}</p>`
            : html`${logPart(c, o.log)}
                <p class="links">
                  <a href="/log/${o.campaign.id}/${o.county.code}/checkpoint"
                    >${t('staff.evidence.checkpoint')}</a
                  ><a href="/log/${o.campaign.id}/${o.county.code}/key">${t('staff.evidence.key')}</a>
                </p>
                ${witnessPart(c, o.log, o.queue)}`
        }
      </div>`,
  });
}

function witnessPart(c: StaffContext, log: LogStatus, queue: readonly ShownQueue[]): Html {
  const { t } = c.page;
  if (log.witnesses.length === 0)
    return html`<h2>${t('staff.witnesses')}</h2>
      ${alertBox('warn', t('staff.witnesses.none'), t(c.user?.role === 'administrator' ? 'staff.witnesses.none.configure' : 'staff.witnesses.none.ask'))}`;
  return html`<h2>${t('staff.witnesses')}</h2>
    ${table({
      caption: t('staff.witnesses'),
      stack: true,
      columns: [
        { text: t('staff.witnesses.name') },
        { text: t('staff.witnesses.transport') },
        { text: t('staff.witnesses.size'), number: true },
        { text: t('staff.witnesses.at') },
        { text: t('staff.witnesses.signed'), number: true },
        { text: t('staff.witnesses.waiting'), number: true },
        { text: t('staff.witnesses.state') },
      ],
      rows: log.witnesses.map((w) => {
        const own = queue.find((q) => q.witness === w.name);
        return [
          w.name,
          t(`staff.witnesses.transport.${w.transport ?? 'none'}`),
          w.size === null ? '–' : formatCount(w.size),
          w.at === null ? '–' : timeTag(w.at),
          w.signed === null ? '–' : formatCount(w.signed),
          own ? formatCount(own.waiting) : '–',
          state(c, own, log.size, w.size),
        ];
      }),
    })}`;
}

function state(c: StaffContext, own: ShownQueue | undefined, size: number, held: number | null): Content {
  const { t } = c.page;
  if (own?.failure) {
    const { message, params, attempts, nextAt } = own.failure;
    return html`<strong class="odd">${t(message, params)}</strong>
      <span class="quiet">${t('staff.witnesses.again', { attempts })} ${timeTag(nextAt)}</span>`;
  }
  return t(held !== null && held >= size ? 'staff.witnesses.up-to-date' : 'staff.witnesses.behind');
}
