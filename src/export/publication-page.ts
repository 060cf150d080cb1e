/**
 * A county's result for the public, as one HTML file: a sentence, the number line, groups, dimensions, return, formulas,
 * everything else folded, and how to verify it. Without script and external files, so that any web server can serve it and it can
 * be mailed. Long because it is read from the sentence to the last table, and is written in that order.
 */
import type { Figure } from '../domain/scoring/figure.ts';
import {
  formatShare,
  formatValue,
  moreResponsesMessage,
  pointStyle,
  returnStyle,
  type FigureStyle,
} from '../domain/scoring/format.ts';
import { headlineOf, toneOf } from '../domain/scoring/summary/headline.ts';
import { rank } from '../domain/scoring/summary/ranking.ts';
import { verdictReasonParams } from '../domain/scoring/format.ts';
import { groups as groupOrder, type Group, type Language } from '../domain/model/vocabulary.ts';
import {
  figureMarks,
  intervalText,
  pointsOf,
  scaleOf,
  scoreAxis,
  scoreGrid,
} from '../html/charts/figures.ts';
import { officialLine } from '../html/charts/official-line.ts';
import { legend, plot } from '../html/charts/plot.ts';
import { pointSign } from '../html/charts/strip.ts';
import { attributes, html, type Content, type Html } from '../html/html.ts';
import { translator, type Translate } from '../texts/texts.ts';
import type { Publication } from './publication.ts';
import { standalonePage } from './standalone-page.ts';
import { figureString, localisedIn } from './report/draft.ts';
import { basisOf, namedParams, summaryLines, type ReportedSummary } from './summary-csv.ts';
import { serviceMinute } from '../domain/time-zone.ts';

interface Page {
  readonly t: Translate;
  readonly text: ReturnType<typeof localisedIn>;
  readonly s: ReportedSummary;
  readonly style: FigureStyle;
}

export interface PublicationFiles {
  /** Names of the files beside the page; absent if it is alone. */
  readonly json?: string;
  readonly csv?: string;
  /** Of all counties of the campaign. */
  readonly index?: string;
}

export function publicationHtml(
  publication: Publication,
  language: Language,
  files: PublicationFiles = {},
): string {
  const t = translator(language);
  const { summary: s } = publication;
  const p: Page = { t, text: localisedIn(language), s, style: pointStyle(s) };
  return standalonePage(
    language,
    t('publication.title', { campaign: s.campaign.name, county: s.county.name }),
    html`${publication.demo && html`<p class="mark">${t('http.mark.demo')}</p>`}${
        s.campaign.selfAdministered && html`<p class="mark">${t('http.mark.self-administered')}</p>`
      }
      <h1>${t('publication.title', { campaign: s.campaign.name, county: s.county.name })}</h1>
      <p class="about">
        ${t('publication.by', { commissioner: s.campaign.commissioner, time: serviceMinute(publication.publishedAt) })}${t('sentence.gap')}${files.index !== undefined && html`<a href="${files.index}">${t('publication.all-counties')}</a>`}
      </p>
      ${verdict(p)}${groups(p)}${dimensions(p)}${returned(p)}${formulas(p)}${protection(p)}${everything(p, files)}${howToVerify(p, publication, files)}`,
  );
}

const groupName = ({ t }: Page, group: Group | null) =>
  group === null ? t('staff.all-groups') : t(`summary-csv.group.${group}`);

/** The answer first, as a sentence, and its position on the line. */
function verdict(p: Page): Html {
  const { t, text, s, style } = p;
  const { official, threshold } = s;
  const headline = headlineOf(s);
  const more = s.moreResponses && moreResponsesMessage(s.moreResponses, official, threshold.value);
  const value = official.kind === 'estimate' ? formatValue(official.value, style) : null;
  const interval = intervalText(official, style);
  const formula = s.formulas.find((f) => f.official);
  return html`<section class="${toneOf(headline)}">
    <h2>${t('results.verdict')}</h2>
    <p class="${value === null ? 'figure words' : 'figure'}">${value ?? figureString(t, official, style)}</p>
    <p>
      <strong class="tag">${t(`headline.${headline}`)}</strong>
      ${t(`staff.summary.threshold.${threshold.unit}`, { value: threshold.value })}
    </p>
    ${
      s.verdict.kind === 'insufficient'
        ? html`<ul>
            ${s.verdict.reasons.map(
              (reason) =>
                html`<li>
                  ${t(`verdict.reason.${reason.code}`, namedParams(t, verdictReasonParams(reason, returnStyle(s))))}
                </li>`,
            )}
          </ul>`
        : html`<p>
            ${t(`headline.${headline}.sentence`, { threshold: threshold.value })}
            ${
              official.kind === 'estimate' && official.interval
                ? html`${t('results.interval', { level: formatShare(official.interval.level, 4), interval })}${more && html`${t('results.interval.then')}${t(more.message, more.params)}`}${t('results.full-stop')}`
                : official.kind === 'estimate' && t('results.no-interval')
            }
          </p>`
    }
    <p class="quiet">
      ${official.kind === 'estimate' && t('results.people', { people: official.n })}${
        formula && t('results.by-formula', { formula: text(formula.formula.title) })
      }
    </p>
    ${officialLine({ t, text, summary: s, style })}
  </section>`;
}

interface Shown {
  readonly name: Content;
  readonly figure: Figure;
}

function chart(p: Page, title: string, names: string, rows: readonly Shown[], tall: boolean): Html {
  const { t, s, style } = p;
  const threshold = s.threshold.value;
  const figures = rows.map((row) => row.figure);
  const scale = scaleOf(figures, threshold);
  const hasIntervals = figures.some((f) => f.kind === 'estimate' && f.interval !== undefined);
  return html`<section>
    <h2>${title}</h2>
    ${plot({
      caption: title,
      names,
      drawing: t('results.plot.drawing', { threshold }),
      scale,
      axis: scoreAxis(scale, threshold),
      common: scoreGrid(scale, threshold),
      tall,
      columns: [
        { text: t('results.plot.value') },
        ...(hasIntervals ? [{ text: t('results.plot.interval'), minor: true }] : []),
        { text: t('staff.figure.people'), minor: true },
      ],
      rows: rows.map(({ name, figure }) => ({
        name,
        marks: figureMarks(figure, threshold),
        cells: [
          figure.kind === 'estimate'
            ? html`<b>${figureString(t, figure, style)}</b>`
            : html`<span class="why">${figureString(t, figure, style)}</span>`,
          ...(hasIntervals ? [intervalText(figure, style)] : []),
          figure.kind === 'estimate' ? figure.n : '–',
        ],
      })),
    })}${legend(
      pointsOf(figures, threshold).map((point) => ({
        sign: pointSign(point),
        text: t(`results.point.${point}`, { threshold }),
      })),
    )}
  </section>`;
}

function groups(p: Page): Html {
  const { t, s } = p;
  const own = s.groups
    .filter((g) => !g.excepted)
    .toSorted((a, b) => groupOrder.indexOf(a.group) - groupOrder.indexOf(b.group));
  return chart(
    p,
    t('publication.groups'),
    t('staff.field.group'),
    [
      ...own.map((g) => ({ name: groupName(p, g.group), figure: g.figure })),
      { name: groupName(p, null), figure: s.official },
    ],
    false,
  );
}

function dimensions(p: Page): Content {
  const { t, text, s } = p;
  const scored = s.dimensions.filter((d) => d.scored !== false);
  const shown = rank(scored).map(({ of }) => of);
  const rows = [
    ...shown,
    ...scored.filter((d) => d.figure.kind !== 'estimate'),
    ...s.dimensions.filter((d) => d.scored === false),
  ].map((d) => ({
    name: html`${text(d.title)}${d.scored === false && html` <span class="quiet">${t('staff.summary.unscored')}</span>`}`,
    figure: d.figure,
  }));
  return rows.length > 0 && chart(p, t('publication.dimensions'), t('staff.summary.dimension'), rows, true);
}

interface Column {
  readonly text: string;
  readonly number?: boolean;
  /** Left out on phones, where the table is stacked. */
  readonly minor?: boolean;
}

/** The first cell of a row is its header. */
function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly Content[])[],
  isStacked = false,
): Html {
  const kind = (i: number) => {
    const { number, minor } = columns[i] ?? {};
    return attributes({
      class: [number === true && 'number', minor === true && 'minor'].filter(Boolean).join(' ') || null,
    });
  };
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
    <table${attributes({ class: isStacked ? 'stack' : null })}>
      <caption class="unseen">
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map((column, i) => html`<th scope="col" ${kind(i)}>${column.text}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((content, i) => (i === 0 ? html`<th scope="row">${content}</th>` : html`<td${kind(i)}>${content}</td>`))}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function returned(p: Page): Content {
  const { t, s } = p;
  const [first] = s.returnRates;
  if (first === undefined) return null;
  const style = returnStyle(s);
  return html`<section>
    <h2>${t('publication.return')}</h2>
    ${table(
      t('publication.return'),
      [
        { text: t('staff.field.group') },
        { text: t('staff.summary.returned'), number: true },
        { text: t(`staff.rates.denominator.${first.denominator}`), number: true },
        { text: t('staff.rates.return'), number: true },
        { text: t('report.floor'), number: true },
      ],
      s.returnRates.map(({ group, figure, floor }) => [
        groupName(p, group),
        ...(figure.kind === 'estimate'
          ? [figure.n, figure.denominator, `${formatValue(figure.value, style)}%`]
          : ['–', '–', html`<span class="why">${figureString(t, figure, style)}</span>`]),
        floor === null
          ? '–'
          : html`${floor}%${
              figure.kind === 'estimate' &&
              figure.value < floor &&
              html`<br /><span class="below">▼ ${t('results.return.below')}</span>`
            }`,
      ]),
    )}
    <p class="about">${t(`results.how.return.${first.denominator}`)}</p>
  </section>`;
}

function formulas({ t, text, s }: Page): Html {
  return html`<section>
    <h2>${t('publication.formulas')}</h2>
    <p class="about">${t('publication.formulas.about')}</p>
    ${table(
      t('publication.formulas'),
      [
        { text: t('staff.summary.formula') },
        { text: t('results.plot.value'), number: true },
        { text: t('staff.figure.people'), number: true, minor: true },
        { text: t('report.why') },
      ],
      s.formulas.map((f) => {
        const why = s.differences.find((d) => d.formula === f.id);
        const { figure } = f;
        const style = pointStyle(s, f.formula);
        return [
          html`${text(f.formula.title)}${f.official && t('report.official.mark')}`,
          figure.kind === 'estimate'
            ? formatValue(figure.value, style)
            : html`<span class="why">${figureString(t, figure, style)}</span>`,
          figure.kind === 'estimate' ? figure.n : '–',
          why
            ? t(why.message, { ...why.params, ...(why.optionTitle && { option: text(why.optionTitle) }) })
            : '–',
        ];
      }),
      true,
    )}
  </section>`;
}

function protection({ t, s }: Page): Html {
  return html`<section>
    <h2>${t('publication.protection')}</h2>
    <p>${t('publication.suppressed', { minimum: s.profile.minimumCell })}</p>
  </section>`;
}

/** All lines of the table that is also offered as CSV. */
function everything(p: Page, files: PublicationFiles): Html {
  const { t, s, text } = p;
  const columns = [
    ...['figure', 'group', 'place', 'title'].map((c) => ({ name: c, number: false })),
    ...['value', 'people', 'item-answers', 'out-of'].map((c) => ({ name: c, number: true })),
    { name: 'note', number: false },
  ];
  const lines = [...summaryLines(s, text)];
  return html`<details class="all" id="all">
    <summary>${t('publication.figures.fold', { lines: lines.length })}</summary>
    ${
      (files.csv !== undefined || files.json !== undefined) &&
      html`<p>
        ${t('publication.files')}${t('sentence.gap')}${files.csv !== undefined && html`<a href="${files.csv}">${t('publication.file.csv')}</a> `}
        ${files.json !== undefined && html`<a href="${files.json}">${t('publication.file.json')}</a>`}
      </p>`
    }
    <div class="scroll" role="region" aria-label="${t('publication.figures')}" tabindex="0">
      <table>
        <thead>
          <tr>
            ${columns.map(({ name, number }) => html`<th scope="col" ${attributes({ class: number ? 'number' : null })}>${t(`summary-csv.column.${name}`)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${lines.map(
            (line) =>
              html`<tr>
                ${lineCells(p, line)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}

type Line = ReturnType<typeof summaryLines> extends Generator<infer L> ? L : never;

function lineCells({ t }: Page, line: Line): Content {
  const { value } = line;
  const names = html`<th scope="row">${t(`summary-csv.figure.${line.figure}`)}</th>
    <td>${line.group ? t(`summary-csv.group.${line.group}`) : ''}</td>
    <td>${line.place ?? ''}</td>
    <td>${line.title ?? ''}</td>`;
  const number = (content: string | number) =>
    content === '' ? html`<td></td>` : html`<td class="number">${content}</td>`;
  const note = (content: string) =>
    content === '' ? html`<td></td>` : html`<td class="why">${content}</td>`;
  const cells = (numbers: readonly (string | number)[], said: string) =>
    html`${names}${numbers.map(number)}${note(said)}`;
  switch (value.kind) {
    case 'estimate': {
      const { people, itemAnswers, outOf } = basisOf(value, value.style);
      const said = value.message === undefined ? '' : t(value.message, namedParams(t, value.params));
      return cells([formatValue(value.value, value.style), people, itemAnswers ?? '', outOf ?? ''], said);
    }
    case 'count':
      return html`${names}${[value.value, '', '', ''].map(number)}
        <td>${line.id ?? ''}</td>`;
    case 'text': {
      const { value: own, rounding } = value;
      const shown = own === undefined ? '' : rounding ? formatValue(own, rounding) : own;
      const said = value.message === undefined ? '' : t(value.message, namedParams(t, value.params));
      return cells([shown, '', '', ''], said);
    }
    case 'suppressed':
      return cells(['', '', '', ''], t(`figure.suppressed.${value.why}`));
    case 'no-data':
    case 'not-released':
      return cells(['', '', '', ''], t(`figure.${value.kind}`));
  }
}

/** Three steps, each with who can take it. */
function howToVerify({ t, text, s }: Page, publication: Publication, files: PublicationFiles): Html {
  const { roll } = publication;
  const log = `${publication.service}/log/${s.campaign.id}/${s.county.code}`;
  const facts: readonly (readonly [string, string])[] = [
    [t('publication.profile'), `${text(s.profile.title)} · ${s.profile.version} · ${s.profile.hash}`],
    ...(roll
      ? ([
          [t('publication.roll'), t('publication.roll.text', { size: roll.size, root: roll.root })],
          [t('publication.dice'), roll.dice],
          [t('publication.seed'), roll.seed],
        ] as const)
      : []),
    ...(s.log
      ? ([
          [
            t('publication.log'),
            t('publication.log.text', { origin: s.log.origin, size: s.log.size, root: s.log.root }),
          ],
          [
            t('publication.witnesses'),
            s.log.held.length === 0
              ? t('publication.no-witness')
              : s.log.held.map((h) => t('publication.held', { ...h })).join(t('publication.semicolon')),
          ],
        ] as const)
      : []),
    [t('publication.key'), publication.key],
  ];
  const link = (href: string) => (/^https?:\/\//.test(href) ? html`<a href="${href}">${href}</a>` : href);
  return html`<section id="verify">
    <h2>${t('publication.verify')}</h2>
    <p>${t('publication.evidence.about')}</p>
    <ol>
      <li>
        <strong>${t('publication.verify.1')}</strong
        >${t('sentence.gap')}${t('publication.verify.1.text')}${t('sentence.gap')}${link(`${log}/checkpoint`)}
      </li>
      <li>
        <strong>${t('publication.verify.2')}</strong
        >${t('sentence.gap')}${t(s.log && s.log.held.length > 0 ? 'publication.verify.2.text' : 'publication.verify.2.none')}
      </li>
      <li>
        <strong>${t('publication.verify.3')}</strong
        >${t('sentence.gap')}${t('publication.verify.3.text')}${t('sentence.gap')}<code
          >manyi verify ${t('publication.verify.bundle')} --against
          ${files.json ?? t('publication.verify.json')}</code
        >
      </li>
    </ol>
    <details>
      <summary>${t('publication.evidence')}</summary>
      <dl>
        ${facts.map(
          ([term, value]) =>
            html`<dt>${term}</dt>
              <dd>${value}</dd>`,
        )}
      </dl>
      <h3>${t('publication.checkpoints')}</h3>
      ${publication.checkpoints.map((note) => html`<pre>${note}</pre>`)}
    </details>
  </section>`;
}

export interface PublishedCounty {
  readonly summary: ReportedSummary;
  readonly href: string;
}

/** All counties of a campaign that were published together, by name and verdict, lowest code first. */
export function publicationIndex(
  counties: readonly PublishedCounty[],
  o: { readonly language: Language; readonly demo: boolean; readonly publishedAt: number },
): string {
  const t = translator(o.language);
  const first = counties[0]!.summary;
  const title = t('publication.index.title', { campaign: first.campaign.name });
  return standalonePage(
    o.language,
    title,
    html`${o.demo && html`<p class="mark">${t('http.mark.demo')}</p>`}
      <h1>${title}</h1>
      <p class="about">
        ${t('publication.by', { commissioner: first.campaign.commissioner, time: serviceMinute(o.publishedAt) })}
      </p>
      <section>
        ${table(
          title,
          [
            { text: t('xlsx.county') },
            { text: t('results.plot.value'), number: true },
            { text: t('results.plot.interval'), number: true },
            { text: t('results.verdict') },
          ],
          counties
            .toSorted((a, b) => (a.summary.county.code < b.summary.county.code ? -1 : 1))
            .map(({ summary: s, href }) => {
              const style = pointStyle(s);
              const headline = headlineOf(s);
              return [
                html`<a href="${href}">${s.county.name}</a>`,
                figureString(t, s.official, style),
                intervalText(s.official, style),
                html`<span class="tag ${toneOf(headline)}">${t(`headline.${headline}`)}</span
                  >${s.campaign.selfAdministered && html` ${t('http.mark.self-administered')}`}`,
              ];
            }),
        )}
      </section>`,
  );
}
