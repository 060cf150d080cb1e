/**
 * Comments, after close: for inspectors and the commissioner's side, with the school only if enough answered there. Filtered by
 * word, group, dimension and question; parts are hidden by hand, and some are selected for the report.
 */
import { html, type Content, type Html } from '../../../html/html.ts';
import { pagedList } from '../../../html/paging.ts';
import { tag } from '../../../html/parts.ts';
import { addressWith } from '../../../html/table.ts';
import type { CommentsView, CommentView } from '../../../operations/answer/comments.ts';
import { countyFrame, countyPath, type FramedCampaign, type FramedCounty } from '../frame-view.ts';
import { groupSection, localised } from '../figure-view.ts';
import { hiddenFields, pressedByEnter } from '../../../html/form.ts';
import { typedInto } from '../../../html/problem.ts';
import {
  field,
  fold,
  inGroupOrder,
  postForm,
  select,
  type PageProblem,
  type StaffContext,
} from '../page-view.ts';

interface Place {
  readonly campaign: FramedCampaign;
  readonly county: FramedCounty;
  readonly view: CommentsView;
  readonly problem?: PageProblem;
}

/** Value of `topic` for comments without a dimension. */
const noTopic = 'none';

export function commentsPage(c: StaffContext, o: Place): Html {
  const { t } = c.page;
  const { view } = o;
  const { searchParams } = new URL(c.here, 'http://x');
  const asked = (name: string) => searchParams.get(name)?.trim() ?? '';
  const wanted = { q: asked('q'), group: asked('group'), topic: asked('topic'), item: asked('item') };
  const isMarkedOnly = asked('marked') !== '';
  const all = inGroupOrder(view.comments);
  const topics = [...new Set(all.flatMap((x) => x.topics))].filter((id) => id in view.titles);
  const items = [...new Set(all.map((x) => x.item))];
  const isOf = (x: CommentView, topic: string) =>
    topic === noTopic ? !x.topics.some((id) => topics.includes(id)) : x.topics.includes(topic);
  const found = all.filter(
    (x) =>
      x.text.includes(wanted.q) &&
      (wanted.group === '' || x.group === wanted.group) &&
      (wanted.item === '' || x.item === wanted.item) &&
      (wanted.topic === '' || isOf(x, wanted.topic)) &&
      (!isMarkedOnly || x.marked),
  );
  const byTopic = asked('by') === 'topic';
  const title = (id: string) =>
    id === noTopic ? t('comments.no-topic') : localised(c, view.titles[id] ?? {});
  const isNarrowed = isMarkedOnly || Object.values(wanted).some((value) => value !== '');
  const sections = byTopic
    ? [...topics, noTopic].map((id) => ({ name: title(id), list: found.filter((x) => isOf(x, id)) }))
    : [...new Set(found.map((x) => x.group))].map((group) => ({
        name: t(`staff.group.${group}`),
        list: found.filter((x) => x.group === group),
      }));
  const by = (value: string | null, text: string, isHere: boolean) =>
    isHere
      ? html`<strong>${text}</strong>`
      : html`<a href="${addressWith(c.here, { by: value })}">${text}</a>`;
  const choices = (values: readonly string[], text: (value: string) => string) => [
    { value: '', text: t('comments.all') },
    ...values.map((value) => ({ value, text: text(value) })),
  ];
  return countyFrame(c, o, {
    title: t('staff.page.comments'),
    tab: 'comments',
    problem: o.problem ?? null,
    body: html`<p>${t('staff.comments.about')}${t('sentence.gap')}${t('comments.masked')}</p>
      ${
        all.length > 0 &&
        html`<form method="get" class="row filters">
            ${byTopic && html`<input type="hidden" name="by" value="topic" />`}
            ${field(c, { name: 'q', label: t('comments.search'), value: wanted.q, extra: { maxlength: 100 } })}
            ${select(c, {
              name: 'group',
              label: t('staff.field.group'),
              value: wanted.group,
              choices: choices([...new Set(all.map((x) => x.group))], (group) => t(`staff.group.${group}`)),
            })}
            ${select(c, {
              name: 'topic',
              label: t('staff.summary.dimension'),
              value: wanted.topic,
              choices: choices([...topics, noTopic], title),
            })}
            ${
              items.length > 1 &&
              select(c, {
                name: 'item',
                label: t('staff.summary.item'),
                value: wanted.item,
                choices: choices(items, title),
              })
            }
            ${select(c, {
              name: 'marked',
              label: t('comments.marked'),
              value: isMarkedOnly ? 'yes' : '',
              choices: [
                { value: '', text: t('comments.all') },
                { value: 'yes', text: t('comments.marked-only') },
              ],
            })}
            <button class="secondary">${t('comments.find')}</button>
          </form>
          <p>
            ${t('comments.by')}${t('sentence.gap')}${by(null, t('staff.field.group'), !byTopic)} ·
            ${by('topic', t('staff.summary.dimension'), byTopic)}
          </p>`
      }${isNarrowed && html`<p>${t('comments.found', { found: found.length, all: all.length })}</p>`}
      ${byTopic && html`<p class="quiet">${t('comments.topics.about')}</p>`}
      ${
        view.withheld > 0 &&
        html`<p class="quiet">
          ${t('staff.comments.withheld', { count: view.withheld, minimum: view.minimumCell })}
        </p>`
      }${found.length === 0 && html`<p>${t('staff.comments.none')}</p>`}${pagedList(
        c,
        {
          caption: t('staff.page.comments'),
          items: sections.flatMap((section) => section.list.map((x) => ({ section, x }))),
          path: `${countyPath(o.campaign.id, o.county.code)}/comments`,
        },
        (shown) =>
          sections
            .map((section) => ({ ...section, shown: shown.filter((one) => one.section === section) }))
            .filter((section) => section.shown.length > 0)
            .map((section) =>
              groupSection(
                t('comments.section', { name: section.name, count: section.list.length }),
                html`<ul class="comments">
                  ${section.shown.map(({ x }) => entry(c, o, x, title, byTopic))}
                </ul>`,
              ),
            ),
      )}`,
  });
}

function entry(
  c: StaffContext,
  o: Place,
  x: CommentView,
  title: (id: string) => string,
  byTopic: boolean,
): Content {
  const { t } = c.page;
  const about = [
    ...(byTopic ? [t(`staff.group.${x.group}`)] : []),
    ...(x.stratum === null ? [] : [x.stratum]),
    ...(byTopic ? [] : x.topics.filter((id) => id in o.view.titles).map(title)),
  ];
  const button = (act: string) =>
    html`<button class="secondary" name="act" value="${act}">${t(`comments.${act}`)}</button>`;
  const form = postForm(
    c,
    { action: `${countyPath(o.campaign.id, o.county.code)}/comments/${x.ref}`, problem: o.problem },
    (refused) =>
      html`${pressedByEnter({ name: 'act', value: 'hide' })}${hiddenFields({
          back: typedInto(refused, 'back') ?? new URL(c.here, 'http://x').search,
        })}
        <p>${button(x.marked ? 'unmark' : 'mark')}</p>
        ${field(
          c,
          {
            name: 'phrase',
            path: `phrase-${x.ref}`,
            label: t('comments.phrase'),
            hint: t('comments.phrase.hint'),
            extra: { maxlength: 200, autocomplete: 'off' },
          },
          refused,
        )}
        <p>${button('hide')} ${x.hidden && button('show')}</p>`,
  );
  return html`<li id="c-${x.ref}">
    ${x.text}
    ${x.marked && tag('ok', t('comments.is-marked'))}${
      about.length > 0 && html`<br /><span class="quiet">${about.join(' · ')}</span>`
    }${c.may('comments.edit', o.county.code) && fold(t('comments.handle'), form, false, 'on-screen')}
  </li>`;
}
