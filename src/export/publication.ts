/**
 * What the public gets of a county: figures after suppression, roots and checkpoints, as JSON and as one HTML file that needs nothing beside it. No contents of any
 * leaf, no pseudonym, no comment: those stand in the inspectors' bundle alone.
 */
import { formatValue, pointStyle } from '../domain/scoring/format.ts';
import type { Language } from '../domain/model/vocabulary.ts';
import { mainLanguage, translator } from '../texts/texts.ts';
import { basisOf, namedParams, summaryLines, type ReportedSummary } from './summary-csv.ts';

export interface Publication {
  readonly manyi: 'publication';
  readonly version: 1;
  /** Milliseconds since 1970. */
  readonly publishedAt: number;
  readonly service: string;
  readonly demo: boolean;
  /** Suppressed, as every page and file shows it. */
  readonly summary: ReportedSummary;
  /** The frozen roll, and the dice that the sample was drawn by. */
  readonly roll: {
    readonly root: string;
    readonly size: number;
    readonly dice: string;
    readonly seed: string;
  } | null;
  /** Verifier key of the log's checkpoints. */
  readonly key: string;
  /** Signed notes with their witnesses' signatures, oldest first. */
  readonly checkpoints: readonly string[];
}

export function publicationJson(publication: Publication): string {
  return `${JSON.stringify(publication, null, 2)}\n`;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text: string) => text.replace(/[&<>"]/g, (c) => entities[c] ?? c);

const style = `body{font:1rem/1.6 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}
h1{line-height:1.3}.figure{font-size:2.5rem;font-weight:bold;margin:0}.mark{border:2px solid #7a4f01;background:#fff4d6;padding:.5rem 1rem}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}th,td{text-align:start;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid #ccc}
th[scope=row]{white-space:nowrap}td.number,th.number{text-align:end;font-variant-numeric:tabular-nums}td.why{color:#595959}pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f4f4;padding:.75rem}
dt{font-weight:bold}dd{margin:0 0 .5rem;overflow-wrap:anywhere}
@media print{@page{size:A4;margin:14mm 12mm}body{font-size:9.5pt;line-height:1.4;max-width:none;margin:0;padding:0;color:#000}h1{font-size:16pt;margin-top:0}h2{font-size:12pt}
h1,h2,h3,dt{break-after:avoid}h2,h3{break-inside:avoid}h2::after,h3::after{content:"";display:block;height:30mm;margin-bottom:-30mm}
.figure{font-size:28pt}.scroll{overflow:visible}table{font-size:7pt;line-height:1.2}thead{display:table-header-group}tr{break-inside:avoid}
th,td{padding:.25mm 1.2mm;overflow-wrap:anywhere}th[scope=row],td.number{white-space:nowrap;overflow-wrap:normal}td{min-width:2em}td.why{color:#333}
pre{font-size:7pt;line-height:1.25;padding:1mm;margin:1mm 0;break-inside:avoid}}`;

export function publicationHtml(publication: Publication, language: Language): string {
  const t = translator(language);
  const { summary: s, roll } = publication;
  const say = (key: string, params?: Readonly<Record<string, string | number>>) => escape(t(key, params));
  const text = (title: Readonly<Record<string, string>>) => title[language] ?? title[mainLanguage] ?? '';
  const threshold = s.threshold.value;
  const time = (at: number) => new Date(at + 8 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');

  const cell = (content: string, name = '') =>
    `<td${name === '' ? '' : ` class="${name}"`}>${escape(content)}</td>`;
  const empty = cell('').repeat(3);
  const rows = [...summaryLines(s, text)].map((line) => {
    const { value } = line;
    const names = [
      t(`summary-csv.figure.${line.figure}`),
      line.group ? t(`summary-csv.group.${line.group}`) : '',
      line.place ?? '',
      line.title ?? '',
    ];
    const head = `<th scope="row">${escape(names[0] ?? '')}</th>${names
      .slice(1)
      .map((n) => cell(n))
      .join('')}`;
    switch (value.kind) {
      case 'estimate': {
        const { people, itemAnswers, outOf } = basisOf(value, value.style);
        const numbers = [formatValue(value.value, value.style), people, itemAnswers ?? '', outOf ?? ''];
        const said = value.message === undefined ? '' : t(value.message, namedParams(t, value.params));
        return `<tr>${head}${numbers.map((n) => cell(String(n), n === '' ? '' : 'number')).join('')}${cell(said, said === '' ? '' : 'why')}</tr>`;
      }
      case 'count':
        return `<tr>${head}${cell(String(value.value), 'number')}${empty}${cell(line.id ?? '')}</tr>`;
      case 'text': {
        const { value: number, rounding } = value;
        const shown = number === undefined ? '' : rounding ? formatValue(number, rounding) : String(number);
        const said = value.message === undefined ? '' : t(value.message, namedParams(t, value.params));
        return `<tr>${head}${cell(shown, shown === '' ? '' : 'number')}${empty}${cell(said, said === '' ? '' : 'why')}</tr>`;
      }
      case 'suppressed':
        return `<tr>${head}${cell('')}${empty}${cell(t(`figure.suppressed.${value.why}`), 'why')}</tr>`;
      case 'no-data':
      case 'not-released':
        return `<tr>${head}${cell('')}${empty}${cell(t(`figure.${value.kind}`), 'why')}</tr>`;
    }
  });
  const official =
    s.official.kind === 'estimate'
      ? formatValue(s.official.value, pointStyle(s))
      : t(
          s.official.kind === 'suppressed'
            ? `figure.suppressed.${s.official.why}`
            : `figure.${s.official.kind}`,
        );
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
  const columns = ['figure', 'group', 'place', 'title'].map(
    (c) => `<th scope="col">${say(`summary-csv.column.${c}`)}</th>`,
  );
  const numbers = ['value', 'people', 'item-answers', 'out-of'].map(
    (c) => `<th scope="col" class="number">${say(`summary-csv.column.${c}`)}</th>`,
  );
  const title = t('publication.title', { campaign: s.campaign.name, county: s.county.name });
  return `<!doctype html>
<html lang="${escape(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escape(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${publication.demo ? `<p class="mark">${say('http.mark.demo')}</p>` : ''}${s.campaign.selfAdministered ? `<p class="mark">${say('http.mark.self-administered')}</p>` : ''}
<h1>${escape(title)}</h1>
<p class="figure">${escape(official)}</p>
<p><strong>${say(`verdict.${s.verdict.kind}`)}</strong> · ${say('publication.threshold', { threshold })}</p>
<p>${say('publication.by', { commissioner: s.campaign.commissioner, time: time(publication.publishedAt) })}</p>
<p>${say('publication.suppressed', { minimum: s.profile.minimumCell })}</p>
<h2>${say('publication.figures')}</h2>
<div class="scroll" tabindex="0"><table><thead><tr>${columns.join('')}${numbers.join('')}<th scope="col">${say('summary-csv.column.note')}</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table></div>
<h2>${say('publication.evidence')}</h2>
<p>${say('publication.evidence.about')}</p>
<dl>${facts.map(([term, value]) => `<dt>${escape(term)}</dt><dd>${escape(value)}</dd>`).join('\n')}</dl>
<h3>${say('publication.checkpoints')}</h3>
${publication.checkpoints.map((note) => `<pre>${escape(note)}</pre>`).join('\n')}
</main>
</body>
</html>
`;
}
