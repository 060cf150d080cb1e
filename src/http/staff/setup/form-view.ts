/**
 * The form of a set-up step: it saves itself with script, its steps are buttons that save first, and it reports a colleague's
 * changes.
 */
import type { Campaign } from '../../../domain/model/campaign.ts';
import { pressedByEnter, token, type PageProblem } from '../../../html/form.ts';
import { attributes, html, type Content, type Html } from '../../../html/html.ts';
import { card } from '../../../html/parts.ts';
import { table } from '../../../html/table.ts';
import { campaignPath } from '../frame-view.ts';
import type { StaffContext } from '../page-view.ts';

/** What a colleague changed since the page was opened. */
export interface Change {
  readonly label: string;
  /** When the page was opened; null: unknown. The empty text: nothing was stored. */
  readonly before: string | null;
  readonly theirs: string;
  readonly mine: string;
  /** The form now shows what the colleague saved. */
  readonly isTaken: boolean;
}

export interface StepForm {
  /** Version of what this step stores (`draftVersion`). */
  readonly version: string;
  /** See `encodeFieldValues`. */
  readonly was: string;
  /** What a colleague changed since the page was opened. */
  readonly changes?: readonly Change[] | undefined;
  /** Address of the script that saves. */
  readonly script: string;
}

export const stepFormId = 'step';

/** Its own buttons come first for the Enter key, which must not press a step. */
export function enterButton(): Html {
  return html`${pressedByEnter({ name: 'save', value: 'here', form: stepFormId })}`;
}

export function stepForm(
  c: StaffContext,
  campaign: Campaign,
  o: StepForm & { readonly step: string; readonly problem?: PageProblem | undefined },
  body: Content,
): Html {
  const { t } = c.page;
  const words = {
    saving: t('staff.autosave.saving'),
    saved: t('staff.autosave.saved'),
    left: t('staff.autosave.left'),
    changed: t('staff.autosave.changed'),
    failed: t('staff.autosave.failed'),
  };
  // If a colleague's change must be reviewed first, only a button saves.
  const saves = o.changes === undefined;
  return html`${o.changes !== undefined && o.changes.length > 0 && changesCard(c, o.changes)}
    <form
      ${attributes({ method: 'post', id: stepFormId, action: `${campaignPath(campaign.id)}/setup/${o.step}`, 'data-autosave': saves ? JSON.stringify(words) : null })}
    >
      ${token(c)}${kept('version', o.version)}${kept('was', o.was)}${body}
      <p class="autosave quiet" role="status"></p>
    </form>`;
}

/** Set by script: a browser that reloads must not restore an older value. */
const kept = (name: string, value: string) =>
  html`<input type="hidden" name="${name}" value="${value}" autocomplete="off" />`;

function changesCard(c: StaffContext, changes: readonly Change[]): Html {
  const { t } = c.page;
  const said = (text: string) =>
    text === '' ? html`<span class="quiet">${t('staff.change.none')}</span>` : text;
  return card({
    title: t('staff.change.title', { count: changes.length }),
    tone: 'warn',
    id: 'changes',
    body: table({
      caption: t('staff.change.title', { count: changes.length }),
      stack: true,
      columns: [
        { text: t('staff.change.what') },
        { text: t('staff.change.before') },
        { text: t('staff.change.theirs') },
        { text: t('staff.change.mine') },
      ],
      rows: changes.map((change) => [
        html`<strong>${change.label}</strong>`,
        change.before === null ? '–' : said(change.before),
        said(change.theirs),
        change.isTaken
          ? html`<span class="quiet">${t('staff.change.taken')}</span>`
          : html`${said(change.mine)} <strong>${t('staff.change.both')}</strong>`,
      ]),
    }),
  });
}
