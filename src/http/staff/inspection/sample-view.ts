/** Sample schools: the draw with its dice, added schools, a map of points and a visiting order by straight lines. */
import type { School } from '../../../domain/model/school.ts';
import { distanceKm, visitingOrder, type Coordinate } from '../../../domain/inspection/sample-schools.ts';
import { formatValue } from '../../../domain/scoring/format.ts';
import { field, fold, postForm, select, textArea } from '../../../html/form.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { card, emptyState, help, tag } from '../../../html/parts.ts';
import { table } from '../../../html/table.ts';
import type { StaffContext } from '../page-view.ts';
import { inspectionFrame, inspectionPath, versionFields, type InspectionPageParts } from './frame-view.ts';

export interface SamplePage extends InspectionPageParts {
  readonly schools: readonly School[];
}

/** 6 to 8, and more in large counties: one more for each 50 schools. The form can change it. */
const usualCount = (schools: number) => Math.min(20, 6 + Math.floor(schools / 50));
const km = (value: number) => formatValue(value, { decimals: 1, threshold: null });

export function samplePage(c: StaffContext, o: SamplePage): Html {
  const { t } = c.page;
  const { view, schools } = o;
  const { draw, designated, places, start } = view.documents.sample.body;
  const chosen = [...(draw?.schools ?? []), ...designated.map((d) => d.school)].flatMap(
    (id) => schools.find((s) => s.id === id) ?? [],
  );
  const code = view.county.code;
  const mayDecide = c.may('inspection.decide', code);
  const action = `${inspectionPath(view)}/sample`;
  const pointsOf = (id: string) => schools.filter((s) => s.parent === id).map((s) => s.name);
  return inspectionFrame(c, o, {
    page: 'sample',
    body: html`${card({
      title: t('inspection.sample'),
      aside: draw && tag('ok', t('inspection.sample.count', { count: chosen.length })),
      body: html`${
        chosen.length === 0
          ? emptyState(
              t('inspection.sample.none'),
              html`<p>
                ${t(view.county.frame === null ? 'inspection.sample.not-frozen' : 'inspection.sample.by-inspector')}
              </p>`,
            )
          : table({
              caption: t('inspection.sample'),
              stack: true,
              columns: [
                { text: t('staff.field.school') },
                { text: t('staff.schools.category') },
                { text: t('staff.schools.location') },
                { text: t('staff.schools.level') },
                { text: t('staff.schools.ownership') },
                { text: t('inspection.sample.how') },
                { text: t('inspection.sample.with') },
              ],
              rows: chosen.map((s) => {
                const own = designated.find((d) => d.school === s.id);
                return [
                  s.name,
                  t(`staff.category.${s.category}`),
                  s.location === null ? '–' : t(`staff.location.${s.location}`),
                  s.level === null ? '–' : t(`staff.school-level.${s.level}`),
                  t(`staff.ownership.${s.ownership}`),
                  own
                    ? html`${tag('warn', t('inspection.sample.designated'))}
                      ${own.reason}${mayDecide && withdrawForm(c, o, s, action)}`
                    : t('inspection.sample.by-draw'),
                  pointsOf(s.id).join(t('staff.list-comma')) || '–',
                ];
              }),
            })
      }${
        draw &&
        html`<p class="quiet">${t('inspection.sample.dice', { dice: draw.dice })}</p>
          <p class="hash">${draw.seed}</p>`
      }
      ${help(t('inspection.sample.rule'), html`<p>${t('inspection.sample.rule.text')}</p>`)}${
        mayDecide && draw === null && view.county.frame !== null && drawForm(c, o, action)
      }${mayDecide && designateForm(c, o, action)}`,
    })}${mapCard(c, o, { chosen, places, start, action })}`,
  });
}

function drawForm(c: StaffContext, o: SamplePage, action: string): Html {
  const { t } = c.page;
  return postForm(
    c,
    { action: action, narrow: true, hidden: { do: 'draw' }, problem: o.problem },
    (refused) =>
      html`${versionFields(c, o.view, 'sample', { reason: false })}${field(
          c,
          {
            name: 'count',
            label: t('inspection.sample.how-many'),
            type: 'number',
            value: String(usualCount(o.schools.length)),
            hint: t('inspection.sample.how-many.hint'),
            required: true,
            extra: { min: 1, max: 100 },
          },
          refused,
        )}${field(c, { name: 'dice', label: t('inspection.sample.throw'), hint: t('inspection.sample.throw.hint'), required: true, extra: { inputmode: 'numeric', autocomplete: 'off' } }, refused)}<button>
          ${t('inspection.sample.draw')}
        </button>`,
  );
}

function designateForm(c: StaffContext, o: SamplePage, action: string): Html {
  const { t } = c.page;
  return fold(
    t('inspection.sample.designate'),
    postForm(
      c,
      { action: action, narrow: true, hidden: { do: 'designate' }, problem: o.problem },
      (refused) =>
        html`${versionFields(c, o.view, 'sample', { reason: false })}${select(
            c,
            {
              name: 'school',
              label: t('staff.field.school'),
              choices: o.schools.map((s) => ({ value: s.id, text: s.name })),
            },
            refused,
          )}${field(c, { name: 'why', path: 'reason', label: t('inspection.sample.why'), required: true }, refused)}<button>
            ${t('inspection.sample.add')}
          </button>`,
    ),
  );
}

function withdrawForm(c: StaffContext, o: SamplePage, school: School, action: string): Html {
  const { t } = c.page;
  return fold(
    t('inspection.withdraw'),
    postForm(
      c,
      {
        action: action,
        hidden: { do: 'withdraw', school: school.id, version: String(o.view.documents.sample.version) },
        problem: o.problem,
      },
      (refused) =>
        html`${field(
            c,
            {
              name: 'reason',
              path: `withdraw-${school.id}`,
              of: school.name,
              label: t('inspection.reason.label'),
              required: true,
              extra: { maxlength: 500 },
            },
            refused,
          )}<button class="secondary">${t('inspection.withdraw')}</button>`,
    ),
  );
}

function mapCard(
  c: StaffContext,
  o: SamplePage,
  m: {
    readonly chosen: readonly School[];
    readonly places: Readonly<Record<string, Coordinate>>;
    readonly start: Coordinate | null;
    readonly action: string;
  },
): Html {
  const { t } = c.page;
  const located = m.chosen.flatMap((s) => (m.places[s.id] ? [{ ...m.places[s.id]!, name: s.name }] : []));
  const missing = m.chosen.filter((s) => !m.places[s.id]);
  const [first] = located;
  const start = m.start ?? first ?? null;
  const order = start === null ? [] : visitingOrder(start, located);
  const legs = order.map((place, i) => distanceKm(i === 0 ? start! : order[i - 1]!, place));
  return card({
    title: t('inspection.map'),
    id: 'map',
    body: html`${
      order.length === 0
        ? emptyState(t('inspection.map.none'))
        : html`${schoolMap(t('inspection.map.label'), m.start, order)}
            <p class="quiet">${t('inspection.map.by-air', { total: km(legs.reduce((a, b) => a + b, 0)) })}</p>
            ${table({
              caption: t('inspection.map.order'),
              showCaption: true,
              stack: true,
              columns: [
                { text: t('inspection.map.no'), number: true },
                { text: t('staff.field.school') },
                { text: t('inspection.map.leg'), number: true },
              ],
              rows: order.map((place, i) => [
                i + 1,
                place.name,
                i === 0 && m.start === null ? '–' : `${km(legs[i]!)} km`,
              ]),
            })}`
    }${missing.length > 0 && m.chosen.length > 0 && html`<p>${t('inspection.map.missing', { schools: missing.map((s) => s.name).join(t('staff.list-comma')) })}</p>`}${
      c.may('inspection.enter', o.view.county.code) &&
      fold(
        t('inspection.map.enter'),
        html`${postForm(
          c,
          { action: m.action, narrow: true, hidden: { do: 'locate' }, problem: o.problem },
          (refused) =>
            html`${textArea(
                c,
                {
                  name: 'places',
                  label: t('inspection.map.places'),
                  hint: t('inspection.map.places.hint'),
                  rows: 8,
                  required: true,
                },
                refused,
              )}<button>${t('inspection.save')}</button>`,
        )}
        ${postForm(
          c,
          { action: m.action, narrow: true, hidden: { do: 'start' }, problem: o.problem },
          (refused) =>
            html`${field(
                c,
                {
                  name: 'lat',
                  label: t('inspection.map.start-lat'),
                  type: 'number',
                  required: true,
                  extra: { step: 'any' },
                },
                refused,
              )}${field(c, { name: 'lon', label: t('inspection.map.start-lon'), type: 'number', required: true, extra: { step: 'any' } }, refused)}<button
                class="secondary"
              >
                ${t('inspection.save')}
              </button>`,
        )}`,
      )
    }`,
  });
}

/** Points alone, north up; as wide as there is room, without a map of anybody else. Numbers are those of the order. */
function schoolMap(label: string, start: Coordinate | null, order: readonly Coordinate[]): Html {
  const all = start === null ? order : [start, ...order];
  const range = (values: readonly number[]) => ({
    low: Math.min(...values),
    span: Math.max(...values) - Math.min(...values) || 1,
  });
  const lat = range(all.map((p) => p.lat));
  const lon = range(all.map((p) => p.lon));
  const x = (p: Coordinate) => `${Math.round(600 + (8800 * (p.lon - lon.low)) / lon.span) / 100}%`;
  const y = (p: Coordinate) => `${Math.round(9200 - (8400 * (p.lat - lat.low)) / lat.span) / 100}%`;
  const lines: Content = all
    .slice(1)
    .map(
      (p, i) => html`<line class="way" x1="${x(all[i]!)}" y1="${y(all[i]!)}" x2="${x(p)}" y2="${y(p)}" />`,
    );
  return html`<div class="chart">
    <svg class="school-map" role="img" aria-label="${label}" focusable="false">
      ${lines}${start !== null && html`<svg class="at" x="${x(start)}" y="${y(start)}"><rect class="start" x="-7" y="-7" width="14" height="14" /></svg>`}${order.map(
        (p, i) =>
          html`<svg class="at" x="${x(p)}" y="${y(p)}">
            <circle class="school" r="0.92em" />
            <text text-anchor="middle" dy="0.375em">${i + 1}</text>
          </svg>`,
      )}
    </svg>
  </div>`;
}
