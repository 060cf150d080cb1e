/** A county's roll in preparation: files to confirm, the content of the roll, submission. */
import type { HandIn } from '../../../domain/model/hand-in.ts';
import type { RollImport } from '../../../domain/model/import.ts';
import type { RollFile } from '../../../domain/model/roll-file.ts';
import { rollGroupSchema, type Group } from '../../../domain/model/vocabulary.ts';
import { actionForm, field, tableField, postForm, select, textArea, token } from '../../../html/form.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { card, grid, nextStep, tag, type Tone } from '../../../html/parts.ts';
import { pagedTable } from '../../../html/paging.ts';
import { formatCount } from '../../../html/table.ts';
import type { Coverage } from '../../../operations/frame/coverage.ts';
import { countyFrame, countyPath } from '../frame-view.ts';
import { facts, timeTag, type StaffContext } from '../page-view.ts';
import { schoolUpload, type Of } from '../fieldwork/shared-view.ts';
import { isOdd, schoolsCard, totalsCard } from './coverage-view.ts';

export interface ShownFile {
  readonly file: RollFile;
  readonly staged: RollImport | null;
}

export interface RollPage extends Of {
  readonly schools: number;
  readonly files: readonly ShownFile[];
  readonly imports: readonly RollImport[];
  readonly coverage: Coverage | null;
  readonly handIn: HandIn | null;
  /** Contacts added after the freeze that have no code yet. */
  readonly lateWaiting: boolean;
}

export function rollPage(c: StaffContext, o: RollPage): Html {
  const { t } = c.page;
  const { campaign, county } = o;
  const base = countyPath(campaign.id, county.code);
  const isPreparing = county.frameState === 'preparing' && campaign.state === 'draft';
  const isIn = o.handIn?.step === 'handed-in';
  const mayPrepare = c.may('roll.prepare', county.code);
  const mayChange = isPreparing && mayPrepare && !(isIn && c.user?.role === 'official');
  const isLate = county.frameState === 'drawn' && (campaign.state === 'draft' || campaign.state === 'open');
  const groups = [...new Set(campaign.questionnaires.flatMap((q) => q.groups))];
  const { coverage } = o;
  return countyFrame(c, o, {
    title: t('staff.page.roll'),
    tab: 'roll',
    problem: o.problem,
    cards: true,
    body: html`${grid(
      isPreparing ? whatNext(c, o, base, groups, mayChange) : frozen(c, o, base),
      mayChange && o.schools > 0 && uploadCard(c, o, base, groups),
      (isPreparing || o.imports.length > 0) && appliedCard(c, o, base, mayChange),
      coverage !== null && schoolsCard(c, coverage, base),
      coverage !== null && totalsCard(c, coverage),
      isPreparing && o.schools > 0 && handInCard(c, o, base),
      isPreparing && c.may('frame.freeze', county.code) && freezeCard(c, o, base),
      isLate && mayPrepare && c.may('frame.late', county.code) && lateCard(c, o, base, groups),
    )}`,
  });
}

const waitingFiles = (o: RollPage) => o.files.filter((f) => f.file.state !== 'closed');

function whatNext(
  c: StaffContext,
  o: RollPage,
  base: string,
  groups: readonly Group[],
  mayChange: boolean,
): Html {
  const { t } = c.page;
  const label = t('staff.files.next');
  const waiting = waitingFiles(o);
  if (o.schools === 0)
    return nextStep({
      label,
      title: t('staff.files.schools-first'),
      body: html`<p>${t('staff.files.schools-first.about')}</p>
        ${mayChange && schoolUpload(c, base, o.problem)}`,
    });
  if (o.handIn?.step === 'handed-in')
    return nextStep({
      label,
      span: 8,
      tone: 'ok',
      aside: tag('ok', t('staff.hand-in.step.handed-in')),
      title: t('staff.hand-in.waiting'),
      body: html`<p>
          ${t('staff.hand-in.by', { name: o.handIn.by })}
          ${timeTag(o.handIn.at)}${o.handIn.note !== '' && html` · ${o.handIn.note}`}
        </p>
        <p class="quiet">${t('staff.hand-in.waiting.about')}</p>`,
    });
  if (waiting.length > 0)
    return nextStep({
      label,
      span: mayChange ? 8 : 12,
      aside: tag('warn', t('staff.files.waiting', { count: waiting.length })),
      title: t('staff.files.confirm'),
      body: filesForm(c, waiting, base, groups, mayChange),
    });
  const gaps = o.coverage?.gaps;
  const odd = (o.coverage?.schools ?? []).filter((s) => s.contacts > 0 && isOdd(s)).length;
  const isComplete = gaps !== undefined && gaps.schools + gaps.groups.length + gaps.principals === 0;
  return nextStep({
    label,
    span: mayChange ? 8 : 12,
    tone: isComplete ? 'ok' : 'warn',
    title: isComplete ? t('staff.files.complete') : t('staff.files.upload-more'),
    body: html`${
      o.handIn?.step === 'sent-back' &&
      html`<p>
        ${tag('bad', t('staff.hand-in.step.sent-back'))} ${o.handIn.by} ${timeTag(o.handIn.at)}
        ${t('staff.colon')}<strong>${o.handIn.note}</strong>
      </p>`
    }${!isComplete && gaps && gapList(c, gaps)}${
      odd > 0 &&
      html`<p>
        ${tag('warn', t('staff.coverage.odd'))}
        ${t('staff.files.odd', { count: formatCount(odd) })}${t('sentence.gap')}<a
          href="${base}?schools=odd#coverage"
          >${t('staff.files.odd.show')}</a
        >
      </p>`
    }
    ${isComplete && html`<p><a class="button" href="#hand-in">${t('staff.hand-in.do')}</a></p>`}`,
  });
}

function gapList(c: StaffContext, gaps: Coverage['gaps']): Html {
  const { t } = c.page;
  return facts([
    gaps.schools > 0 && [t('staff.gaps.schools'), t('staff.gaps.schools.count', { count: gaps.schools })],
    gaps.groups.length > 0 && [
      t('staff.gaps.groups'),
      gaps.groups.map((g) => t(`staff.group.${g}`)).join(t('staff.list-comma')),
    ],
    gaps.principals > 0 && [
      t('staff.gaps.principals'),
      t('staff.gaps.principals.count', { count: gaps.principals }),
    ],
  ]);
}

export function looksLike(c: StaffContext, file: RollFile): Content {
  const { t } = c.page;
  const [best] = file.content?.looksLike ?? [];
  if (!best) return t('staff.files.looks.none');
  return t('staff.files.looks', {
    group: t(`staff.group.${best.group}`),
    why: best.reasons.map((r) => t(r.message, r.params)).join(t('staff.files.looks.comma')),
  });
}

/** What to do about a file, in a word. */
export function fileTag(c: StaffContext, { file, staged }: ShownFile): Html {
  const { t } = c.page;
  if (file.state === 'refused') return tag('bad', t('staff.files.tag.refused'));
  if (file.state === 'reading') return tag('neutral', t('staff.import.state.reading'));
  if (staged?.state === 'reading') return tag('neutral', t('staff.files.tag.checking'));
  if (staged?.state === 'applying') return tag('neutral', t('staff.import.state.applying'));
  if (staged?.state !== 'staged') return tag('warn', t('staff.files.tag.group'));
  const { bad = 0, doubts = [] } = staged.summary ?? {};
  if (bad > 0) return tag('bad', t('staff.files.tag.bad', { bad }));
  if (doubts.length > 0) return tag('warn', t('staff.files.tag.doubts', { count: doubts.length }));
  return tag('ok', t('staff.files.tag.ready'));
}

export const isReady = ({ staged }: ShownFile): boolean =>
  staged?.state === 'staged' && staged.summary?.bad === 0 && staged.summary.doubts.length === 0;

function filesForm(
  c: StaffContext,
  files: readonly ShownFile[],
  base: string,
  groups: readonly Group[],
  mayChange: boolean,
): Html {
  const { t } = c.page;
  const rowsOf = (f: ShownFile) => (f.file.content?.sheets ?? []).reduce((n, s) => n + s.rows, 0);
  const ready = files.filter(isReady);
  const choosable = (f: ShownFile) => mayChange && f.file.state === 'waiting';
  const choices = [
    { value: '', text: t('staff.group.choose') },
    ...groups.map((g) => ({ value: g, text: t(`staff.group.${g}`) })),
  ];
  const list = pagedTable(c, {
    list: 'files',
    path: base,
    caption: t('staff.files.confirm'),
    stack: true,
    columns: [
      { text: t('staff.field.file') },
      { text: t('staff.files.group') },
      { text: t('staff.files.rows'), number: true },
      { text: t('staff.files.todo') },
    ],
    items: files,
    row: (f) => [
      html`<a href="${base}/files/${f.file.id}">${f.file.fileName}</a>
        <p class="quiet">
          ${f.file.content && f.file.content.sheets.length > 1 && html`${t('staff.files.sheets', { count: f.file.content.sheets.length })} · `}${f.file.by}
          ${timeTag(f.file.at)}
        </p>`,
      f.file.state === 'refused'
        ? html`<span class="bad"
            >${f.file.content?.fault && t(f.file.content.fault.message, f.file.content.fault.params)}</span
          >`
        : html`${
              choosable(f)
                ? select(c, {
                    name: `group-${f.file.id}`,
                    label: t('staff.files.group-of', { file: f.file.fileName }),
                    isLabelUnseen: true,
                    choices,
                    value: f.staged?.state === 'staged' ? f.staged.group : '',
                  })
                : f.staged && t(`staff.group.${f.staged.group}`)
            }<span class="quiet">${looksLike(c, f.file)}</span>`,
      rowsOf(f) > 0 ? formatCount(rowsOf(f)) : '–',
      fileTag(c, f),
    ],
  });
  if (!mayChange) return list;
  const canCheck = files.some(choosable);
  return html`<form method="post" action="${base}/files/check">
      ${token(c)}${list}${
        canCheck &&
        html`<div class="acts"><button${ready.length > 0 ? html` class="secondary"` : ''}>${t('staff.files.check')}</button></div>`
      }
    </form>
    ${
      ready.length > 0 &&
      html`<div class="acts">
        ${actionForm(
          c,
          `${base}/files/apply`,
          t('staff.files.apply-ready', {
            files: ready.length,
            rows: formatCount(ready.reduce((n, f) => n + (f.staged?.summary?.good ?? 0), 0)),
          }),
        )}
      </div>`
    }`;
}

function uploadCard(c: StaffContext, o: RollPage, base: string, groups: readonly Group[]): Html {
  const { t } = c.page;
  return card({
    title: t('staff.files.upload'),
    span: waitingFiles(o).length > 0 || o.handIn !== null || o.schools > 0 ? 4 : 12,
    body: html`${postForm(
        c,
        { action: `${base}/files`, upload: true, problem: o.problem },
        (refused) =>
          html`${tableField(
              c,
              {
                name: 'file',
                path: 'files',
                label: t('staff.files.choose'),
                hint: t('staff.files.hint'),
                multiple: true,
              },
              refused,
            )}<button>${t('staff.files.send')}</button>`,
      )}
      <p class="quiet">
        ${t('staff.empty.rolls')}${t('staff.colon')}${groups.filter((g) => rollGroupSchema.safeParse(g).success).map((g, i) => html`${i > 0 && t('staff.list-comma')}<a href="${base}/empty/${g}.xlsx">${t(`staff.group.${g}`)}</a>`)}
      </p>
      <p class="quiet">
        ${t('staff.files.by-school')}${t('sentence.gap')}<a href="${base}/upload-links"
          >${t('staff.page.upload-links')}</a
        >
      </p>`,
  });
}

function appliedCard(c: StaffContext, o: RollPage, base: string, mayChange: boolean): Content {
  const { t } = c.page;
  const shown = o.imports.filter((i) => i.state !== 'discarded' && (i.file === null || i.state !== 'staged'));
  const left = o.files.filter((f) => f.file.state === 'closed' && (f.file.content?.leftOut ?? 0) > 0);
  if (shown.length === 0 && left.length === 0) return null;
  const tones: Partial<Record<RollImport['state'], Tone>> = { applied: 'ok', staged: 'warn' };
  return card({
    title: t('staff.files.applied'),
    body: html`${
      shown.length > 0 &&
      pagedTable(c, {
        list: 'imports',
        path: base,
        search: { label: t('list.find.file'), textOf: (i) => i.fileName },
        caption: t('staff.files.applied'),
        stack: true,
        columns: [
          { text: t('staff.field.file') },
          { text: t('staff.field.group') },
          { text: t('staff.field.state') },
          { text: t('staff.import.added'), number: true },
          { text: t('staff.field.sent') },
          ...(mayChange ? [{ text: t('staff.files.action') }] : []),
        ],
        items: shown,
        row: (i) => [
          html`<a href="${base}/imports/${i.id}">${i.fileName}</a
            >${i.reason !== null && html`<p class="quiet">${t('staff.files.reason')}${t('staff.colon')}${i.reason}</p>`}`,
          t(`staff.group.${i.group}`),
          html`${tag(tones[i.state] ?? 'neutral', t(`staff.import.state.${i.state}`))}${i.lateReason !== null && html` ${t('staff.import.late')}`}${
            i.withdrawal !== null &&
            html`<p class="quiet">${i.withdrawal.by} ${timeTag(i.withdrawal.at)} ${i.withdrawal.reason}</p>`
          }`,
          i.state === 'applied' ? formatCount(i.added) : '–',
          html`${i.by}<br />${timeTag(i.at)}`,
          ...(mayChange
            ? [
                i.state === 'applied' && i.lateReason === null && i.appliedNo > 0
                  ? html`<a href="${base}/imports/${i.id}/withdraw">${t('staff.withdraw')}</a>`
                  : '',
              ]
            : []),
        ],
      })
    }${
      mayChange &&
      left.map(
        (f) =>
          html`<p>
            ${t('staff.files.left-out', { file: f.file.fileName, rows: f.file.content?.leftOut ?? 0 })}${t('sentence.gap')}<a
              href="${base}/files/${f.file.id}/left-out.csv"
              >${t('staff.files.left-out.download')}</a
            >
          </p>`,
      )
    }`,
  });
}

function handInCard(c: StaffContext, o: RollPage, base: string): Html {
  const { t } = c.page;
  const { handIn, coverage, county } = o;
  const isIn = handIn?.step === 'handed-in';
  const gaps = coverage?.gaps;
  const missing = gaps ? gaps.schools + gaps.groups.length + gaps.principals : 0;
  const files = waitingFiles(o).filter((f) => f.file.state !== 'refused').length;
  const staged = o.imports.some((i) => i.state === 'staged' || i.state === 'applying');
  const size = (coverage?.groups ?? []).reduce((n, g) => n + g.contacts, 0);
  const mayHandIn = c.may('roll.hand-in', county.code);
  const state = isIn
    ? tag('ok', t('staff.hand-in.step.handed-in'))
    : files > 0 || staged || size === 0
      ? tag('warn', t('staff.hand-in.not-yet'))
      : handIn
        ? tag(handIn.step === 'sent-back' ? 'bad' : 'neutral', t(`staff.hand-in.step.${handIn.step}`))
        : tag('neutral', t('staff.hand-in.open'));
  return card({
    title: t('staff.hand-in'),
    id: 'hand-in',
    aside: state,
    tone: isIn ? 'ok' : 'neutral',
    body: isIn
      ? html`<p>
            ${t('staff.hand-in.by', { name: handIn.by })}
            ${timeTag(handIn.at)}${handIn.note !== '' && html` · ${handIn.note}`}
          </p>
          <div class="acts">
            ${mayHandIn && actionForm(c, `${base}/take-back`, t('staff.hand-in.take-back'), { secondary: true })}
          </div>
          ${
            c.may('roll.send-back', county.code) &&
            postForm(
              c,
              { action: `${base}/send-back`, narrow: true, problem: o.problem },
              (refused) =>
                html`${textArea(c, { name: 'reason', label: t('staff.hand-in.reason'), required: true, rows: 2 }, refused)}<button
                    class="secondary"
                  >
                    ${t('staff.hand-in.send-back')}
                  </button>`,
            )
          }`
      : html`<p>${t('staff.hand-in.about')}</p>
          ${
            files > 0 || staged
              ? html`<p>${t('staff.hand-in.files', { files: Math.max(files, 1) })}</p>`
              : size === 0
                ? html`<p>${t('staff.freeze.empty')}</p>`
                : mayHandIn &&
                  html`${missing > 0 && gaps && gapList(c, gaps)}
                  ${postForm(
                    c,
                    { action: `${base}/hand-in`, narrow: true, problem: o.problem },
                    (refused) =>
                      html`${missing > 0 && textArea(c, { name: 'note', label: t('staff.hand-in.note'), required: true, rows: 2 }, refused)}<button>
                          ${t('staff.hand-in.do')}
                        </button>`,
                  )}`
          }`,
  });
}

function freezeCard(c: StaffContext, o: RollPage, base: string): Html {
  const { t } = c.page;
  const pending =
    waitingFiles(o).some((f) => f.file.state !== 'refused') ||
    o.imports.some((i) => ['staged', 'reading', 'applying', 'withdrawing'].includes(i.state));
  return card({
    title: t('staff.freeze'),
    id: 'freeze',
    body: html`<p>${t('staff.freeze.about')}</p>
      ${
        pending
          ? html`<p class="error">${t('staff.freeze.pending')}</p>`
          : o.imports.some((i) => i.state === 'applied')
            ? html`<p><a class="button" href="${base}/freeze">${t('staff.freeze.do')}</a></p>`
            : html`<p>${t('staff.freeze.empty')}</p>`
      }`,
  });
}

function frozen(c: StaffContext, o: RollPage, base: string): Html {
  const { t } = c.page;
  const { county } = o;
  return card({
    title: t('staff.field.frame'),
    body: html`${facts([
      [t('staff.field.state'), t(`staff.frame.${county.frameState}`)],
      county.frame !== null && [t('staff.field.frame-size'), formatCount(county.frame.size)],
      [t('staff.field.schools'), formatCount(o.schools)],
    ])}${
      c.may('draw.view', county.code) &&
      (county.frameState === 'drawn'
        ? html`<p><a class="button secondary" href="${base}/draw">${t('staff.roll.drawn')}</a></p>`
        : html`<p><a class="button" href="${base}/draw">${t('staff.page.draw')}</a></p>`)
    }`,
  });
}

function lateCard(c: StaffContext, o: RollPage, base: string, groups: readonly Group[]): Html {
  const { t } = c.page;
  return card({
    title: t('staff.late'),
    body: html`<p>${t('staff.roll.late.about')}</p>
      ${postForm(
        c,
        { action: `${base}/imports`, upload: true, narrow: true, problem: o.problem },
        (refused) =>
          html`${select(
              c,
              {
                name: 'group',
                label: t('staff.field.group'),
                // None is preselected: a roll under a wrong group would count the wrong people.
                required: true,
                choices: [
                  { value: '', text: t('staff.group.choose') },
                  ...groups.map((g) => ({ value: g, text: t(`staff.group.${g}`) })),
                ],
              },
              refused,
            )}${field(c, { name: 'lateReason', label: t('staff.roll.late.reason'), required: true }, refused)}${tableField(
              c,
              {
                name: 'file',
                path: 'rolls',
                label: t('staff.roll.file'),
                hint: t('staff.roll.hint'),
              },
              refused,
            )}<button>${t('staff.roll.send')}</button>`,
      )}
      ${
        o.lateWaiting &&
        html`<p>${t('staff.late.about')}</p>
          ${actionForm(c, `${base}/late`, t('staff.late.issue'), { secondary: true })}`
      }`,
  });
}
