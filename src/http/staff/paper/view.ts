/** Paper: the page where sheets are chosen, and the sheets themselves, A4, for the browser's own printing. */
import { formatAccessCode } from '../../../domain/code/access-code.ts';
import type { LogStatus } from '../../../domain/evidence/witness.ts';
import type { SlipCount } from '../../../domain/model/code.ts';
import type { Group } from '../../../domain/model/vocabulary.ts';
import { html, type Html } from '../../../html/html.ts';
import { alertBox } from '../../../html/parts.ts';
import { directionOf, type PageContext } from '../../../html/layout.ts';
import { qrCode } from '../../../html/qr.ts';
import { formatDay } from '../../answering/questionnaire-view.ts';
import type { ShownCampaign, ShownCounty } from '../campaign/shown-campaign-view.ts';
import { countyFrame, countyPath } from '../frame-view.ts';
import { choices, facts, formatCount, token, type PageProblem, type StaffContext } from '../page-view.ts';
import { logStrip } from '../evidence/view.ts';

export interface PrintedCode {
  readonly code: string;
  readonly link: string;
  readonly group: Group;
  readonly school: string | null;
  readonly number: number;
}
export interface PrintedSheet {
  readonly kind: string;
  readonly campaign: {
    readonly name: string;
    readonly commissioner: string;
    readonly commissionerPhone: string;
    readonly closesAt: number;
    readonly demo: boolean;
  };
  readonly county: { readonly name: string };
  /** As people type it. */
  readonly address: string;
  readonly codes: readonly PrintedCode[];
  /** Its codes are fictional: for viewing, not for use. */
  readonly isSample?: boolean;
}

export function paperPage(
  c: StaffContext,
  o: {
    readonly campaign: ShownCampaign;
    readonly county: ShownCounty;
    readonly kinds: readonly string[];
    readonly slips: SlipCount;
    readonly problem?: PageProblem;
  },
): Html {
  const { t } = c.page;
  const base = countyPath(o.campaign.id, o.county.code);
  return countyFrame(c, o, {
    title: t('staff.page.paper'),
    tab: 'paper',
    problem: o.problem,
    body: html`<p>${t('staff.paper.about')}</p>
      ${
        o.kinds.length === 0
          ? alertBox('warn', t('staff.over'), t('staff.over.codes'))
          : html`<form method="post" action="${base}/paper" class="narrow">
              ${token(c)}${choices(
                c,
                {
                  type: 'radio',
                  name: 'kind',
                  legend: t('staff.paper.kind'),
                  options: o.kinds.map((kind) => ({
                    value: kind,
                    text: t(`staff.paper.kind.${kind}`),
                    about: t(`staff.paper.kind.${kind}.about`),
                  })),
                  chosen: [o.kinds[0] ?? ''],
                },
                o.problem,
              )}<button>${t('staff.paper.do')}</button>
            </form>`
      }
      <p><a href="${base}/poster">${t('staff.paper.poster')}</a></p>
      <h2>${t('staff.paper.slips')}</h2>
      ${facts([
        [t('staff.paper.planned'), formatCount(o.slips.planned)],
        [t('staff.paper.printed'), formatCount(o.slips.printed)],
        ...(o.slips.inFile > 0 ? [[t('staff.paper.in-file'), formatCount(o.slips.inFile)] as const] : []),
        [t('staff.paper.used'), formatCount(o.slips.used)],
      ])}
      ${o.slips.inFile > 0 && html`<p class="quiet">${t('staff.paper.in-file.about')}</p>`}
      <p class="quiet">${t('staff.paper.used.about')}</p>`,
  });
}

function paper(context: PageContext, stylesheet: string, title: string, className: string, body: Html): Html {
  const { language } = context;
  return html`<!doctype html>
    <html lang="${language}" dir="${directionOf(language)}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="${stylesheet}" />
      </head>
      <body class="${className}">
        ${body}
      </body>
    </html>`;
}

export function sheetPage(context: PageContext, stylesheet: string, sheet: PrintedSheet): Html {
  const { t } = context;
  const title = `${sheet.campaign.name} · ${sheet.county.name} · ${t(`staff.paper.kind.${sheet.kind}`)}`;
  const isSlip = sheet.kind === 'slips';
  return paper(
    context,
    stylesheet,
    title,
    isSlip ? 'slips' : 'letters',
    html`${sheet.isSample === true ? sampleNote(context, isSlip) : html`<p class="screen">${t('staff.paper.how', { count: sheet.codes.length })}</p>`}
      <main>
        ${sheet.codes.map((code) => (isSlip ? slip(context, sheet, code) : letter(context, sheet, code)))}
      </main>`,
  );
}

/** Above the sheet on the screen only: in print it would shift the content. */
function sampleNote({ t }: PageContext, isHeading = false): Html {
  const text = t('staff.paper.sample');
  return html`<header class="sample">${isHeading ? html`<h1>${text}</h1>` : text}</header>`;
}

function demoMark(context: PageContext, sheet: Pick<PrintedSheet, 'campaign'>): Html | false {
  return sheet.campaign.demo && html`<p class="demo">${context.t('http.mark.demo')}</p>`;
}

function codeBox(context: PageContext, sheet: PrintedSheet, code: PrintedCode): Html {
  const { t } = context;
  const gap = t('sentence.gap');
  const typed = formatAccessCode(code.code);
  return html`<div class="code">
    ${qrCode(code.link, t('staff.paper.qr'))}
    <div>
      <p>${t('staff.paper.scan')}</p>
      <p>${t('staff.paper.type')}${gap}<strong class="address">${sheet.address}</strong></p>
      <p>${t('staff.paper.code')}${gap}<strong class="typed">${typed}</strong></p>
    </div>
  </div>`;
}

/** A printed sample is marked as one in place of its number. */
function numberText({ t }: PageContext, { isSample }: PrintedSheet, { number }: PrintedCode): string {
  return isSample === true ? t('staff.paper.sample.mark') : t('staff.paper.number', { number });
}

/** Folded twice, with the address outside and the code inside. */
function letter(context: PageContext, sheet: PrintedSheet, code: PrintedCode): Html {
  const { t, language } = context;
  const { campaign, county } = sheet;
  const day = formatDay(campaign.closesAt, language);
  return html`<section class="letter">
    <div class="outside">
      <p class="from">${campaign.commissioner}</p>
      <p class="to">${t('staff.paper.to', { group: t(`codes.group.${code.group}`) })}</p>
      <p class="school">${code.school ?? county.name}</p>
      <p class="no">${numberText(context, sheet, code)}</p>
      <p class="sealed">${t('staff.paper.sealed')}</p>
    </div>
    <div class="inside">
      ${demoMark(context, sheet)}
      <h1>${campaign.name}</h1>
      <p>${t('staff.paper.hello')}</p>
      <p>${t('staff.paper.ask', { commissioner: campaign.commissioner, county: county.name, day })}</p>
      ${codeBox(context, sheet, code)}
      <p>${t('respondent.stored')}</p>
      <p>${t('staff.paper.again')}</p>
      <p>
        ${t('staff.paper.doubt', { commissioner: campaign.commissioner, phone: campaign.commissionerPhone })}
      </p>
    </div>
  </section>`;
}

function slip(context: PageContext, sheet: PrintedSheet, code: PrintedCode): Html {
  const { t, language } = context;
  const { campaign, county } = sheet;
  return html`<section class="slip">
    <p class="no">${numberText(context, sheet, code)}</p>
    <h2>${campaign.name} · ${county.name}</h2>
    ${codeBox(context, sheet, code)}
    <p>
      ${t('staff.paper.until', { day: formatDay(campaign.closesAt, language) })}${t('sentence.gap')}${t('staff.paper.once')}
    </p>
    <p>${campaign.commissioner} ${campaign.commissionerPhone}</p>
    ${demoMark(context, sheet)}
  </section>`;
}

/** Contains no code: anyone may print it. */
export function posterPage(
  context: PageContext,
  stylesheet: string,
  o: Omit<PrintedSheet, 'kind' | 'codes'> & { readonly link: string; readonly log: LogStatus | null },
): Html {
  const { t, language } = context;
  const { campaign, county } = o;
  return paper(
    context,
    stylesheet,
    `${campaign.name} · ${county.name}`,
    'poster',
    html`${o.isSample === true && sampleNote(context)}
      <main>
        ${demoMark(context, o)}
        <h1>${campaign.name}</h1>
        <p class="where">${county.name}</p>
        <p>${t('staff.paper.poster.have-code')}</p>
        ${qrCode(o.link, t('staff.paper.qr'))}
        <p class="address">${o.address}</p>
        <p class="warn">${t('staff.paper.poster.without')}</p>
        <p>${t('staff.paper.until', { day: formatDay(campaign.closesAt, language) })}</p>
        <p>${t('respondent.stored')}</p>
        <p>
          ${t('staff.paper.doubt', { commissioner: campaign.commissioner, phone: campaign.commissionerPhone })}
        </p>
        ${logStrip(context, o.log)}
      </main>`,
  );
}
