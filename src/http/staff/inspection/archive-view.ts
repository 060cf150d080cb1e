/** The index of the archive: its items, and where the office keeps them. Files are not stored here. */
import { archiveStates } from '../../../domain/inspection/scores.ts';
import { field, fold, postForm, select } from '../../../html/form.ts';
import { html, type Html } from '../../../html/html.ts';
import { card, tag, type Tone } from '../../../html/parts.ts';
import { listAddress } from '../../../html/paging.ts';
import { filterLinks, table } from '../../../html/table.ts';
import type { StaffContext } from '../page-view.ts';
import { noRegime } from './balance-view.ts';
import { inspectionFrame, inspectionPath, localised, type InspectionPageParts } from './frame-view.ts';

const tones: Readonly<Record<(typeof archiveStates)[number], Tone>> = {
  ready: 'ok',
  partial: 'warn',
  absent: 'bad',
};

export function archivePage(c: StaffContext, o: InspectionPageParts): Html {
  const { t } = c.page;
  const { view } = o;
  const { regime } = view.documents.rules.body;
  const { items } = view.documents.archive.body;
  const mayEnter = c.may('inspection.enter', view.county.code);
  const here = listAddress(c.here, `${inspectionPath(view)}/archive`);
  const isReady = (no: number) => items[no]?.state === 'ready';
  const all = regime?.archive ?? [];
  const asked = new URL(here, 'http://x').searchParams.get('show');
  const shown = all.filter((a) =>
    asked === 'open' ? !isReady(a.no) : asked === 'ready' ? isReady(a.no) : true,
  );
  const ready = all.filter((a) => isReady(a.no)).length;
  return inspectionFrame(c, o, {
    page: 'archive',
    body: card({
      title: t('inspection.archive'),
      body:
        regime === null
          ? noRegime(c, o)
          : html`<p>${t('inspection.archive.about', { ready, count: all.length })}</p>
              ${filterLinks({
                label: t('inspection.archive.state'),
                here,
                name: 'show',
                options: [
                  { value: '', text: t('inspection.archive.all'), count: all.length },
                  { value: 'open', text: t('inspection.archive.open'), count: all.length - ready },
                  { value: 'ready', text: t('inspection.archive.ready'), count: ready },
                ],
              })}
              ${table({
                caption: t('inspection.archive'),
                stack: true,
                columns: [
                  { text: t('inspection.archive.item') },
                  { text: t('inspection.archive.state') },
                  { text: t('inspection.archive.kept') },
                  // Without a label on phones: the fold says it.
                  ...(mayEnter ? [{ text: html`${t('inspection.enter')}` }] : []),
                ],
                rows: shown.map((a) => {
                  const own = items[a.no];
                  return [
                    `${a.no}. ${localised(c, a.title)}`,
                    own
                      ? tag(tones[own.state], t(`inspection.archive.${own.state}`))
                      : html`<span class="quiet">${t('inspection.archive.unset')}</span>`,
                    html`${own?.place ?? '–'}${own?.hash && html`<br /><span class="hash">${own.hash}</span>`}`,
                    ...(mayEnter
                      ? [
                          fold(
                            t('inspection.enter'),
                            postForm(
                              c,
                              {
                                action: `${inspectionPath(view)}/archive`,
                                hidden: {
                                  do: 'put',
                                  no: String(a.no),
                                  version: String(view.documents.archive.version),
                                },
                                problem: o.problem,
                              },
                              (refused) =>
                                html`${select(
                                    c,
                                    {
                                      name: 'state',
                                      path: `state-${a.no}`,
                                      label: t('inspection.archive.state'),
                                      value: own?.state,
                                      choices: archiveStates.map((v) => ({
                                        value: v,
                                        text: t(`inspection.archive.${v}`),
                                      })),
                                    },
                                    refused,
                                  )}${field(c, { name: 'place', path: `place-${a.no}`, label: t('inspection.archive.kept'), value: own?.place ?? '' }, refused)}${field(
                                    c,
                                    {
                                      name: 'hash',
                                      path: `hash-${a.no}`,
                                      label: t('inspection.archive.hash'),
                                      value: own?.hash ?? '',
                                      extra: { pattern: '[0-9a-f]{64}', maxlength: 64 },
                                    },
                                    refused,
                                  )}${own?.hash && field(c, { name: 'reason', path: `reason-${a.no}`, label: t('inspection.reason.if-changed') }, refused)}<button
                                    class="secondary"
                                  >
                                    ${t('inspection.save')}
                                  </button>`,
                            ),
                          ),
                        ]
                      : []),
                  ];
                }),
              })}`,
    }),
  });
}
