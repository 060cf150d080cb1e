/**
 * A text message as a phone shows it, with its length. `messages.js` updates both while the text is typed; without script a
 * button does.
 */
import { SMS_LIMIT, smsVariables, type SmsText, type SmsValues } from '../domain/messaging/sms-text.ts';
import type { Translate } from '../texts/texts.ts';
import { attributes, html, type Content, type Html } from './html.ts';

export type ShownSms = Pick<SmsText, 'template' | 'text' | 'length' | 'segments' | 'issues' | 'warnings'>;

/** Only the body of the message: for a list of messages on a phone, or one of them. */
export function smsBubble(text: string, address: string): Html {
  const at = address === '' ? -1 : text.indexOf(address);
  const words: Content =
    at < 0
      ? text
      : [
          text.slice(0, at),
          html`<span class="phone-link">${address}</span>`,
          text.slice(at + address.length),
        ];
  return html`<p class="bubble">${words}</p>`;
}

/** `typed`: id of the input field; null: it cannot be changed here. */
export function smsPreview(
  t: Translate,
  sms: ShownSms,
  o: { readonly values: SmsValues; readonly typed: string | null },
): Html {
  const { values } = o;
  const filled: Record<string, string> = {};
  for (const [name, spellings] of Object.entries(smsVariables))
    for (const spelling of spellings) filled[spelling] = values[name as keyof typeof smsVariables];
  const live = {
    field: o.typed,
    signature: values.signature,
    address: values.address,
    values: filled,
    limit: SMS_LIMIT,
    count: raw(t, 'sms.preview.count', ['units', 'segments']),
    gap: t('sentence.gap'),
    left: raw(t, 'sms.preview.left', ['left']),
    over: raw(t, 'sms.preview.over', ['over']),
  };
  // Names are for the script; a page may have several that cannot be changed.
  const own = (id: string) => attributes({ id: o.typed === null ? null : id });
  return html`<figure
    class="phone"
    ${own('sms-preview')}
    data-live="${o.typed !== null && JSON.stringify(live)}"
  >
    <figcaption class="hint">${t('sms.preview.to')}</figcaption>
    <div class="phone-screen">
      <p class="phone-from">
        <span class="phone-face" aria-hidden="true"></span>${t('sms.preview.number')}<span class="phone-time"
          >${t('sms.preview.time')}</span
        >
      </p>
      ${smsBubble(sms.text, values.address)}
    </div>
    ${smsCount(t, sms, own('sms-count'))}
    ${o.typed !== null && html`<p class="unseen" role="status" id="sms-said"></p>`}
  </figure>`;
}

/** Units and segments, and how many remain or are too many. */
function smsCount(t: Translate, { length, segments }: ShownSms, id: Html): Html {
  const rest = SMS_LIMIT - length;
  return html`<p ${id} class="sms-count${rest < 0 ? ' over' : ''}">
    ${t('sms.preview.count', { units: length, segments })}${t('sentence.gap')}${rest < 0 ? t('sms.preview.over', { over: -rest }) : t('sms.preview.left', { left: rest })}
  </p>`;
}

/** Faults of the text, then warnings. */
export function smsFaults(t: Translate, sms: Pick<ShownSms, 'issues' | 'warnings'>): Content {
  return [
    sms.issues.map((issue) => html`<p class="error">${t(issue.message, issue.params)}</p>`),
    sms.warnings.length > 0 &&
      html`<div class="alert warn">
        <p><strong>${t('sms.preview.warning')}</strong></p>
        <ul>
          ${sms.warnings.map((issue) => html`<li>${t(issue.message, issue.params)}</li>`)}
        </ul>
      </div>`,
  ];
}

/** The sentence with its placeholders in braces, to be filled by the script. */
function raw(t: Translate, key: string, names: readonly string[]): string {
  return t(key, Object.fromEntries(names.map((name) => [name, `{${name}}`])));
}
