/** Common parts of a county's inspection pages: sibling pages, and the version on which a change is based. */
import type { InspectionRecord } from '../../../domain/inspection/record-names.ts';
import type { LocalisedText } from '../../../domain/scoring/rules/formula.ts';
import { formatValue } from '../../../domain/scoring/format.ts';
import {
  checkBox,
  field,
  fold,
  hiddenFields,
  type PageProblem,
  postForm,
  select,
  textArea,
} from '../../../html/form.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { tabBar, tag, type Tone } from '../../../html/parts.ts';
import type { InspectionView } from '../../../operations/inspection/documents.ts';
import { countyFrame, countyPath } from '../frame-view.ts';
import { timeTag, type StaffContext } from '../page-view.ts';

/** In the order of the work. The first is the page of the tab itself. */
export const inspectionPages = [
  'sheet',
  'sample',
  'onsite',
  'balance',
  'work',
  'archive',
  'rectification',
  'programme',
] as const;
export type InspectionPage = (typeof inspectionPages)[number];

export const inspectionPath = (o: InspectionView, page: InspectionPage | null = null) =>
  `${countyPath(o.campaign.id, o.county.code)}/inspection${page === null || page === 'sheet' ? '' : `/${page}`}`;

export interface InspectionPageParts {
  readonly view: InspectionView;
  readonly problem?: PageProblem | null | undefined;
}

export function inspectionFrame(
  c: StaffContext,
  o: InspectionPageParts,
  parts: { readonly page: InspectionPage; readonly title?: string; readonly body: Content },
): Html {
  const { t } = c.page;
  const { view } = o;
  const name = t(`inspection.page.${parts.page}`);
  return countyFrame(c, view, {
    title: parts.title ?? name,
    tab: 'inspection',
    under: [
      ...(parts.page === 'sheet' ? [] : [{ href: inspectionPath(view), text: t('staff.page.inspection') }]),
      ...(parts.title === undefined ? [] : [{ href: inspectionPath(view, parts.page), text: name }]),
    ],
    cards: true,
    problem: o.problem,
    subtabs: tabBar(
      t('inspection.pages'),
      inspectionPages.map((page) => ({
        key: page,
        href: inspectionPath(view, page),
        text: t(`inspection.page.${page}`),
      })),
      parts.page,
    ),
    body: html`<div class="inspection">${parts.body}</div>`,
  });
}

/** Attributes of a field for an amount. */
export const numberField = { type: 'number', extra: { step: 'any', min: 0 } } as const;

export function localised(c: StaffContext, text: LocalisedText): string {
  return text[c.page.language] ?? text['zh-CN'] ?? '';
}

/** Two decimals, or none for large values. */
export function amountText(value: number): string {
  const decimals = Math.abs(value) >= 1000 || Number.isInteger(value) ? 0 : 2;
  return formatValue(value, { decimals, threshold: null }).replace(
    /\B(?=(?:\d{3}){1,7}(?!\d))(?<!\.\d*)/g,
    '\u202f',
  );
}

export const gateTones = {
  met: 'ok',
  'not-met': 'bad',
  undecided: 'warn',
  missing: 'neutral',
} as const satisfies Record<string, Tone>;
export function meetsTag(c: StaffContext, meets: boolean | null): Html {
  return gateTag(c, meets === null ? 'missing' : meets ? 'met' : 'not-met');
}
export function gateTag(c: StaffContext, state: keyof typeof gateTones): Html {
  return tag(gateTones[state], c.page.t(`inspection.gate.${state}`));
}

/** The version on which a form is based, and why a stated value is changed. */
export function versionFields(
  c: StaffContext,
  view: InspectionView,
  record: InspectionRecord,
  o: {
    readonly reason: boolean;
    readonly optional?: boolean;
    readonly problem?: PageProblem | null | undefined;
  },
): Content {
  const { version } = view.documents[record];
  return html`${hiddenFields({ version: String(version) })}${
    o.reason &&
    field(
      c,
      {
        name: 'reason',
        path: `reason`,
        label: c.page.t('inspection.reason.label'),
        hint: c.page.t('inspection.reason.hint'),
        required: o.optional !== true,
        extra: { maxlength: 500 },
      },
      o.problem,
    )
  }`;
}

export function statedLine(c: StaffContext, view: InspectionView, record: InspectionRecord): Content {
  const { version, at, by } = view.documents[record];
  return (
    at !== null &&
    html`<p class="quiet">${c.page.t('inspection.stated', { version, by: by ?? '' })} ${timeTag(at)}</p>`
  );
}

/** Choosing a shipped set of rules, or pasting one of the office's own. */
export function rulesForm(
  c: StaffContext,
  o: {
    readonly view: InspectionView;
    readonly record: 'rules' | 'programme';
    readonly action: string;
    readonly hidden?: Readonly<Record<string, string>>;
    /** Name of the choice among the shipped ones. */
    readonly name: string;
    readonly shipped: readonly { readonly id: string; readonly title: LocalisedText }[];
    /** The current set; null: none was chosen yet. */
    readonly chosen: { readonly id: string } | null;
    readonly title: string;
    readonly problem: PageProblem | null | undefined;
  },
): Content {
  const { t } = c.page;
  return fold(
    o.title,
    postForm(
      c,
      { action: o.action, narrow: true, hidden: o.hidden ?? {}, problem: o.problem },
      (refused) =>
        html`${versionFields(c, o.view, o.record, { reason: o.chosen !== null, problem: refused })}${select(
            c,
            {
              name: o.name,
              label: t('inspection.rules.shipped'),
              choices: o.shipped.map((r) => ({ value: r.id, text: localised(c, r.title) })),
              value: o.chosen?.id,
            },
            refused,
          )}${checkBox(c, { name: 'own', label: t('inspection.rules.own') }, refused)}${textArea(
            c,
            {
              name: 'json',
              label: t('inspection.rules.json'),
              hint: t('inspection.rules.json.hint'),
              rows: 6,
            },
            refused,
          )}<button>${t('inspection.rules.save')}</button>`,
    ),
    o.chosen === null,
  );
}
