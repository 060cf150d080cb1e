/**
 * Questionnaires and rule profiles: which there are, what each says, what was found in it, and what differs between two. Long because a page shows a
 * questionnaire and a profile, each with its facts, items and findings.
 */
import { groups, type Group } from '../../../domain/model/vocabulary.ts';
import type { TemplateUse } from '../../../domain/model/template.ts';
import { numberItems } from '../../../domain/questionnaire/numbering.ts';
import { regimes } from '../../../domain/questionnaire/named-content.ts';
import { choices, hiddenFields } from '../../../html/form.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { languageName } from '../../../html/layout.ts';
import { card, emptyState, facts, grid, tag } from '../../../html/parts.ts';
import type { PlacedIssue } from '../../../operations/template/read-file.ts';
import type { Comparison, Finding, Template } from '../../../operations/template/templates.ts';
import { localised } from '../figure-view.ts';
import { profileFacts } from '../setup/rules-view.ts';
import {
  field,
  groupNames,
  select,
  staffPage,
  table,
  timeTag,
  token,
  type PageProblem,
  type StaffContext,
} from '../page-view.ts';
import {
  differenceText,
  findingText,
  fullTitle,
  profilePartName,
  regimeName,
  shownText,
  templateTitle,
  versionText,
} from './words-view.ts';

export const templatesPath = '/staff/templates';
export const templatePath = (key: string): string => `${templatesPath}/${key}`;

/** A refused file: each fault with its position and content. */
export interface RefusedFile {
  readonly fileName: string;
  readonly document: unknown;
  readonly issues: readonly (PlacedIssue & { readonly excerpt: string | null })[];
}
export interface UploadValues {
  readonly note: string;
  readonly groups: readonly string[];
  readonly regime: string;
}

export function templatesPage(
  c: StaffContext,
  o: {
    readonly templates: readonly Template[];
    readonly values: UploadValues;
    readonly refused?: RefusedFile | null;
    /** A comparison that could not be made. */
    readonly compared: { readonly a: string; readonly b: string; readonly problem: PageProblem } | null;
    readonly problem?: PageProblem | undefined;
  },
): Html {
  const { t } = c.page;
  const own = o.templates.filter((one) => one.stored !== null);
  const shipped = o.templates.filter((one) => one.stored === null);
  return staffPage(c, {
    title: t('staff.template.title'),
    subtitle: t('staff.template.sub'),
    cards: true,
    problem: o.problem,
    body: grid(
      o.refused && refusedCard(c, o.refused),
      card({
        title: t('staff.template.own', { count: own.length }),
        body:
          own.length === 0
            ? emptyState(t('staff.template.own.none'), html`<p>${t('staff.template.own.none.do')}</p>`)
            : templateTable(c, t('staff.template.own', { count: own.length }), own),
      }),
      c.may('template.edit') && uploadCard(c, o.values, o.problem),
      compareCard(c, o.templates, null, o.compared),
      card({
        title: t('staff.template.shipped.questionnaires'),
        body: templateTable(
          c,
          t('staff.template.shipped.questionnaires'),
          [false, true].flatMap((isBalanced) =>
            shipped.filter((one) => one.kind === 'questionnaire' && one.isBalanced === isBalanced),
          ),
        ),
      }),
      card({
        title: t('staff.template.shipped.profiles'),
        body: templateTable(
          c,
          t('staff.template.shipped.profiles'),
          shipped.filter((one) => one.kind === 'profile'),
        ),
      }),
    ),
  });
}

function templateTable(c: StaffContext, caption: string, list: readonly Template[]): Html {
  const { t } = c.page;
  return table({
    caption,
    stack: true,
    columns: [
      { text: t('staff.template.name') },
      { text: t('staff.template.for') },
      { text: t('staff.template.regime') },
      { text: t('staff.template.state') },
      { text: t('staff.setup.preview') },
    ],
    rows: list.map((one) => [
      html`<a href="${templatePath(one.key)}">${templateTitle(c, one)}</a>${
          one.kind === 'questionnaire' &&
          one.isBalanced &&
          html` <span class="quiet">${t('staff.template.balanced')}</span>`
        }`,
      one.kind === 'questionnaire'
        ? groupNames(c, one.questionnaire.groups)
        : groupNames(
            c,
            one.profile.groups.map((rule) => rule.group),
          ),
      regimeName(c, one.kind === 'questionnaire' ? one.questionnaire.regime : one.profile.regime),
      html`${versionText(c, one)}${one.stored?.withdrawn && html` ${tag('warn', t('staff.template.withdrawn'))}`}`,
      one.kind === 'questionnaire' ? previewLinks(c, one) : '–',
    ]),
  });
}

function previewLinks(c: StaffContext, one: Template): Content {
  if (one.kind !== 'questionnaire') return null;
  return html`<span class="links"
    >${one.questionnaire.languages.map(
      (language) =>
        html`<a href="${templatePath(one.key)}/preview?in=${language}" target="_blank" rel="noopener"
          >${languageName(language)}</a
        >`,
    )}</span
  >`;
}

function refusedCard(c: StaffContext, refused: RefusedFile): Html {
  const { t } = c.page;
  return card({
    title: t('staff.template.refused', { file: refused.fileName }),
    id: 'faults',
    tone: 'bad',
    body: html`<p class="quiet">${t('staff.template.refused.about')}</p>
      ${table({
        caption: t('staff.template.refused', { file: refused.fileName }),
        stack: true,
        columns: [
          { text: t('staff.template.where') },
          { text: t('staff.template.what') },
          { text: t('staff.template.there') },
        ],
        rows: refused.issues.map((issue) => [
          placeText(c, issue),
          findingText(c, issue, refused.document),
          issue.excerpt === null ? '–' : html`<code class="excerpt">${issue.excerpt}</code>`,
        ]),
      })}`,
  });
}

export function placeText(c: StaffContext, issue: PlacedIssue): string {
  const { t } = c.page;
  if (issue.line !== null) return t('staff.template.line', { line: issue.line });
  const cell = /^(survey|choices|settings)!([A-Z]*)(\d+)$/.exec(issue.path);
  if (!cell) return t('staff.template.whole');
  const [, sheet = '', column = '', row = ''] = cell;
  return column === ''
    ? t('staff.template.row', { sheet, row })
    : t('staff.template.cell', { sheet, row, column });
}

function uploadCard(c: StaffContext, v: UploadValues, problem: PageProblem | undefined): Html {
  const { t } = c.page;
  return card({
    title: t('staff.template.upload'),
    id: 'upload',
    span: 7,
    body: html`<form method="post" action="${templatesPath}" enctype="multipart/form-data">
      ${token(c)}
      <p class="quiet">${t('staff.template.upload.about')}</p>
      ${field(
        c,
        {
          name: 'note',
          label: t('staff.template.note'),
          hint: t('staff.template.note.hint'),
          value: v.note,
          extra: { maxlength: 200 },
        },
        problem,
      )}
      <details
        class="xlsform"
        ${v.groups.length > 0 || problem?.issues?.some((i) => i.path === 'groups') === true ? 'open' : ''}
      >
        <summary>${t('staff.template.xlsform')}</summary>
        <p class="quiet">${t('staff.template.xlsform.about')}</p>
        ${choices(
          c,
          {
            type: 'checkbox',
            name: 'groups',
            legend: t('staff.template.xlsform.groups'),
            options: groups
              .filter((g) => g !== 'student')
              .map((g) => ({ value: g, text: t(`staff.group.${g}`) })),
            chosen: v.groups,
          },
          problem,
        )}${select(
          c,
          {
            name: 'regime',
            label: t('staff.template.xlsform.regime'),
            value: v.regime,
            choices: [
              { value: '', text: t('staff.template.regime.none') },
              ...regimes.map((regime) => ({ value: regime, text: regimeName(c, regime) })),
            ],
          },
          problem,
        )}
      </details>
      ${field(
        c,
        {
          name: 'file',
          label: t('staff.template.file'),
          hint: t('staff.template.file.hint'),
          type: 'file',
          required: true,
          extra: { accept: '.json,.xlsx,application/json' },
        },
        problem,
      )}<button>${t('staff.template.upload.do')}</button>
    </form>`,
  });
}

/** None is preselected: one of forty is rarely the intended one. */
function compareCard(
  c: StaffContext,
  all: readonly Template[],
  chosen: Template | null,
  sent: { readonly a: string; readonly b: string; readonly problem: PageProblem } | null = null,
): Html {
  const { t } = c.page;
  const options = (kind: Template['kind'] | null) => [
    { value: '', text: t('staff.template.compare.choose') },
    ...all
      .filter((one) => kind === null || one.kind === kind)
      .map((one) => ({ value: one.key, text: fullTitle(c, one) })),
  ];
  const kind = chosen?.kind ?? null;
  const problem = sent?.problem;
  return card({
    title: t('staff.template.compare'),
    id: 'compare',
    span: 5,
    body: html`<form method="get" action="${templatesPath}/compare">
      ${
        chosen === null
          ? select(
              c,
              {
                name: 'a',
                path: 'compare-a',
                label: t('staff.template.compare.a'),
                choices: options(null),
                value: sent?.a ?? '',
                required: true,
              },
              problem,
            )
          : hiddenFields({ a: chosen.key })
      }${select(
        c,
        {
          name: 'b',
          path: 'compare-b',
          label: t(chosen === null ? 'staff.template.compare.b' : 'staff.template.compare.with'),
          choices: options(kind).filter(({ value }) => value !== chosen?.key),
          value: sent?.b ?? '',
          required: true,
        },
        problem,
      )}<button class="secondary">${t('staff.template.compare.do')}</button>
    </form>`,
  });
}

export function templatePage(
  c: StaffContext,
  o: {
    readonly template: Template;
    readonly all: readonly Template[];
    readonly findings: readonly Finding[];
    readonly uses: readonly TemplateUse[];
    readonly reason: string;
    readonly problem?: PageProblem | undefined;
  },
): Html {
  const { t } = c.page;
  const { template } = o;
  const { stored } = template;
  const path = templatePath(template.key);
  const document = template.kind === 'questionnaire' ? template.questionnaire : template.profile;
  return staffPage(c, {
    title: templateTitle(c, template),
    heading: fullTitle(c, template),
    trail: [{ href: templatesPath, text: t('staff.template.title') }],
    cards: true,
    problem: o.problem,
    subtitle:
      stored?.withdrawn &&
      html`${tag('warn', t('staff.template.withdrawn'))}
      ${t('staff.template.withdrawn.about', { by: stored.withdrawn.by, reason: stored.withdrawn.reason })}
      ${timeTag(stored.withdrawn.at)}`,
    body: grid(
      card({
        title: t('staff.template.about'),
        span: 7,
        body: html`${facts([
            ...aboutFacts(c, template),
            [
              t('staff.template.origin'),
              stored === null ? t('staff.template.shipped') : t(`staff.template.origin.${stored.origin}`),
            ],
            stored !== null && [
              t('staff.template.added'),
              html`${stored.addedBy} ${timeTag(stored.addedAt)}`,
            ],
            stored !== null && stored.note !== '' && [t('staff.template.note'), stored.note],
          ])}
          <div class="acts">
            ${
              template.kind === 'questionnaire' &&
              c.may('template.edit') &&
              html`<a class="button" href="${path}/adapt">${t('staff.template.adapt')}</a>`
            }
            <a href="${path}/file">${t('staff.template.download')}</a>
          </div>`,
      }),
      card({
        title: t('staff.template.findings'),
        span: 5,
        tone: o.findings.length === 0 ? 'ok' : 'warn',
        body: findingsBody(c, o.findings, document),
      }),
      template.kind === 'questionnaire' && [previewCard(c, template), itemsCard(c, template)],
      card({
        title: t('staff.template.uses'),
        span: 7,
        body:
          o.uses.length === 0
            ? html`<p>${t('staff.template.uses.none')}</p>`
            : html`<ul class="plain">
                ${o.uses.map(
                  (use) =>
                    html`<li>
                      <a href="/staff/campaigns/${use.campaign}">${use.name}</a>
                      <span class="quiet"
                        >${t(use.isFixed ? 'staff.template.uses.fixed' : 'staff.template.uses.draft')}</span
                      >
                    </li>`,
                )}
              </ul>`,
      }),
      compareCard(c, o.all, template),
      stored !== null &&
        stored.withdrawn === null &&
        c.may('template.edit') &&
        card({
          title: t('staff.template.withdraw'),
          id: 'withdraw',
          body: html`<p>${t('staff.template.withdraw.about')}</p>
            <form method="post" action="${path}/withdraw" class="narrow">
              ${token(c)}${field(
                c,
                {
                  name: 'reason',
                  label: t('staff.template.withdraw.reason'),
                  value: o.reason,
                  required: true,
                  extra: { maxlength: 200 },
                },
                o.problem,
              )}<button class="secondary">${t('staff.template.withdraw.do')}</button>
            </form>`,
        }),
    ),
  });
}

function aboutFacts(c: StaffContext, template: Template): readonly (readonly [string, Content])[] {
  const { t } = c.page;
  if (template.kind === 'profile')
    return profileFacts(c).map(([label, text]) => [label, text(template.profile)] as const);
  const q = template.questionnaire;
  const scored = q.items.filter((item) => item.type === 'rating' && item.scored !== false).length;
  return [
    [t('staff.template.for'), groupNames(c, q.groups)],
    [t('staff.template.regime'), regimeName(c, q.regime)],
    [t('staff.setup.items'), t('staff.template.items-count', { count: numberItems(q).total, scored })],
    [t('staff.template.languages'), q.languages.map((l) => languageName(l)).join(t('staff.list-comma'))],
  ];
}

export function findingsBody(c: StaffContext, findings: readonly Finding[], document: unknown): Content {
  const { t } = c.page;
  if (findings.length === 0) return html`<p>${tag('ok', t('staff.template.findings.none'))}</p>`;
  const of = (isOfSet: boolean) => findings.filter((one) => one.isOfSet === isOfSet);
  const lines = (list: readonly Finding[]) =>
    html`<ul>
      ${list.map((one) => html`<li>${findingText(c, one, document)}</li>`)}
    </ul>`;
  return html`${of(false).length > 0 && lines(of(false))}${
      of(true).length > 0 &&
      html`<p><strong>${t('staff.template.findings.set')}</strong></p>
        ${lines(of(true))}`
    }
    <p class="quiet">${t('staff.template.findings.about')}</p>`;
}

function previewCard(c: StaffContext, template: Extract<Template, { kind: 'questionnaire' }>): Html {
  const { t } = c.page;
  const q = template.questionnaire;
  const hasHalf = Object.values(q.scales).some((scale) => scale.reversible === true);
  const link = (language: string, group: Group, isReversed: boolean) =>
    html`<a
      href="${templatePath(template.key)}/preview?in=${language}&group=${group}${isReversed ? '&reversed=1' : ''}"
      target="_blank"
      rel="noopener"
      >${languageName(language)}</a
    >`;
  return card({
    title: t('staff.setup.preview'),
    body: html`<p class="quiet">${t('staff.template.preview.about')}</p>
      ${table({
        caption: t('staff.setup.preview'),
        stack: true,
        columns: [
          { text: t('staff.field.group') },
          { text: t('staff.template.preview.as-written') },
          ...(hasHalf ? [{ text: t('staff.template.preview.reversed') }] : []),
        ],
        rows: q.groups.map((group) => [
          t(`staff.group.${group}`),
          html`<span class="links">${q.languages.map((l) => link(l, group, false))}</span>`,
          ...(hasHalf
            ? [html`<span class="links">${q.languages.map((l) => link(l, group, true))}</span>`]
            : []),
        ]),
      })}`,
  });
}

function itemsCard(
  c: StaffContext,
  { questionnaire: q }: Extract<Template, { kind: 'questionnaire' }>,
): Html {
  const { t } = c.page;
  const numbering = numberItems(q);
  const dimension = new Map(q.dimensions.map((d) => [d.id, localised(c, d.text)]));
  return card({
    title: t('staff.template.items'),
    body: table({
      caption: t('staff.template.items'),
      stack: true,
      columns: [
        { text: t('staff.template.no') },
        { text: t('staff.template.item') },
        { text: t('staff.template.dimension') },
        { text: t('staff.template.marks') },
      ],
      rows: q.items.map((item) => [
        numbering.of.get(item.id) ?? '',
        shownText(c, item.text),
        item.type === 'rating'
          ? (dimension.get(item.dimension) ?? '')
          : t(`staff.template.type.${item.type}`),
        marksOf(c, item),
      ]),
    }),
  });
}

function marksOf(
  c: StaffContext,
  item: Extract<Template, { kind: 'questionnaire' }>['questionnaire']['items'][number],
): string {
  const { t } = c.page;
  const marks = [
    item.type === 'rating' &&
      t(item.scored === false ? 'staff.template.mark.unscored' : 'staff.template.mark.scored'),
    item.type === 'rating' && item.about !== undefined && t(`staff.template.about.${item.about}`),
    item.type === 'rating' && item.core === true && t('staff.template.mark.core'),
    item.showIf && t('staff.template.mark.follow-up'),
    item.required !== true && t('staff.template.mark.optional'),
  ];
  return marks.filter((one) => typeof one === 'string').join(t('staff.list-comma'));
}

export function comparePage(
  c: StaffContext,
  o: { readonly comparison: Comparison; readonly all: readonly Template[] },
): Html {
  const { t } = c.page;
  const { comparison } = o;
  const [a, b] = [comparison.a, comparison.b];
  const link = (one: Template) => html`<a href="${templatePath(one.key)}">${fullTitle(c, one)}</a>`;
  return staffPage(c, {
    title: t('staff.template.compare'),
    trail: [{ href: templatesPath, text: t('staff.template.title') }],
    cards: true,
    body: grid(
      card({
        title: t('staff.template.compare.both'),
        body: facts([
          [t('staff.template.compare.a'), link(a)],
          [t('staff.template.compare.b'), link(b)],
        ]),
      }),
      card({
        title: t('staff.template.differences'),
        body: differencesBody(c, comparison),
      }),
      compareCard(c, o.all, null),
    ),
  });
}

function differencesBody(c: StaffContext, comparison: Comparison): Content {
  const { t } = c.page;
  const rows = differenceRows(c, comparison);
  if (rows.length === 0) return emptyState(t('staff.template.differences.none'));
  return table({
    caption: t('staff.template.differences'),
    stack: true,
    columns: ['where', 'what', 'before', 'after'].map((name) => ({
      text: t(`staff.template.diff.column.${name}`),
    })),
    rows: rows.map((row) =>
      row.map((cell, i) => (i < 2 || cell === '' ? cell || '–' : html`<span class="said">${cell}</span>`)),
    ),
  });
}

function differenceRows(c: StaffContext, comparison: Comparison): readonly (readonly string[])[] {
  const { t } = c.page;
  if (comparison.kind === 'questionnaire') {
    const { a, b, differences } = comparison;
    if (a.kind !== 'questionnaire' || b.kind !== 'questionnaire') return [];
    return differences.map((d) => {
      const { where, what, before, after } = differenceText(c, d, a.questionnaire, b.questionnaire);
      return [where, what, before, after];
    });
  }
  const { a, b, names } = comparison;
  if (a.kind !== 'profile' || b.kind !== 'profile') return [];
  // The most familiar properties first, in words; then the others, by name.
  const worded = profileFacts(c).flatMap(([label, text]): readonly (readonly string[])[] => {
    const [before, after] = [text(a.profile), text(b.profile)];
    return before === after ? [] : [[t('staff.template.kind.profile'), label, before, after]];
  });
  const inWords = new Set(['threshold', 'role', 'official', 'quota', 'returnRate', 'groups', 'sampling']);
  const titled = (value: unknown) => localised(c, value as Record<string, string>);
  const others = names
    .filter((name) => !inWords.has(name))
    .map((name) => {
      const isText = name === 'title' || name === 'source' || name === 'instrument';
      const plain = (value: unknown) =>
        isText
          ? titled(value)
          : typeof value === 'number' || name === 'version'
            ? String(value)
            : t('staff.template.diff.changed');
      return [
        t('staff.template.kind.profile'),
        profilePartName(c, name),
        plain(a.profile[name]),
        plain(b.profile[name]),
      ];
    });
  return [...worded, ...others];
}
