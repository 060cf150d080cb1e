/** The receipt itself, shown once to the respondent who requested it with the answer, and the page where receipts are checked. */
import { attributes, html, type Content, type Html } from '../../html/html.ts';
import { layout, type PageContext } from '../../html/layout.ts';
import { formatMoment } from './questionnaire-view.ts';
import { qrCode } from '../../html/qr.ts';
import { languageLinks } from './respondent-view.ts';

function textBox(label: string, id: string, text: string, rows: number): Html {
  return html`<label class="question" for="${id}">${label}</label
    ><textarea id="${id}" readonly rows="${rows}" spellcheck="false">${text}</textarea>`;
}

/** The same for the first answer and the tenth. */
export function receiptPage(
  context: PageContext,
  o: { readonly receipt: string; readonly address: string },
): Html {
  const { t } = context;
  return layout(context, {
    title: t('respondent.receipt.title'),
    kind: 'respondent',
    body: html`<h1>${t('respondent.thanks.title')}</h1>
      <p>${t('respondent.receipt.about')}</p>
      <div class="item">${textBox(t('respondent.receipt.text'), 'receipt', o.receipt, 11)}</div>
      <div class="item">${qrCode(o.receipt, t('respondent.receipt.qr'), 'low')}</div>
      <p>${t('respondent.receipt.keep')}</p>
      <p>${t('respondent.receipt.check', { address: o.address })}</p>
      <p>${t('respondent.receipt.again')}</p>
      <p>${t('respondent.receipt.limits')}</p>`,
  });
}

function pasteBox(pasted: string, isFault: boolean): Html {
  const described = isFault ? 'receipt-error' : 'receipt-hint';
  const marks = attributes({
    rows: 8,
    spellcheck: 'false',
    autocomplete: 'off',
    'aria-describedby': described,
  });
  return html`<textarea id="receipt" name="receipt" ${marks}>${'\n'}${pasted.slice(0, 4_000)}</textarea>`;
}

export type ShownCheck =
  | { readonly result: 'malformed' | 'foreign' | 'voided' | 'missing' }
  | { readonly result: 'not-closed'; readonly closesAt: number }
  | { readonly result: 'included'; readonly index: number; readonly size: number; readonly proof: string };

export function checkReceiptPage(
  context: PageContext,
  languages: readonly string[],
  o: { readonly pasted: string; readonly check: ShownCheck | null },
): Html {
  const { t } = context;
  const { check } = o;
  const isFault = check?.result === 'malformed' || check?.result === 'foreign';
  return layout(context, {
    title: t('respondent.receipt.check.title'),
    kind: 'respondent',
    faulty: isFault,
    body: html`${languageLinks(languages, context, '/receipt')}
      <h1>${t('respondent.receipt.check.title')}</h1>
      ${check && !isFault && resultPart(context, check)}
      <p>${t('respondent.receipt.check.about')}</p>
      <form
        method="post"
        action="/receipt?lang=${context.language}"
        accept-charset="utf-8"
        autocomplete="off"
        novalidate
      >
        <div class="${isFault ? 'item wrong' : 'item'}">
          <label class="question" for="receipt">${t('respondent.receipt.paste')}</label>
          ${isFault && html`<p class="error" id="receipt-error">${t(`respondent.receipt.result.${check.result}`)}</p>`}
          ${pasteBox(o.pasted, isFault)}
          <p class="hint" id="receipt-hint">${t('respondent.receipt.paste.hint')}</p>
        </div>
        <p><button class="main">${t('respondent.receipt.check.do')}</button></p>
      </form>`,
  });
}

function resultPart(context: PageContext, check: ShownCheck): Content {
  const { t, language } = context;
  const params =
    check.result === 'included'
      ? { index: check.index, size: check.size }
      : check.result === 'not-closed'
        ? { time: formatMoment(check.closesAt, language) }
        : {};
  return html`<div class="mark" role="status">
      <p><strong>${t(`respondent.receipt.result.${check.result}`)}</strong></p>
      <p>${t(`respondent.receipt.result.${check.result}.more`, params)}</p>
    </div>
    ${
      check.result === 'included' &&
      html`<div class="item">${textBox(t('respondent.receipt.proof'), 'proof', check.proof, 8)}</div>`
    }`;
}
