/**
 * The dossier's files, numbered like the archive. The last two are the index for people and the list of hashes that `sha256sum
 * -c` checks; both name every other file. None contains suppressed values or contents of answers, which are in the bundle.
 */
import { createHash } from 'node:crypto';
import { formatValue, rateStyle, returnStyle } from '../../domain/scoring/format.ts';
import { safeFileName } from '../../domain/file-name.ts';
import type { Language } from '../../domain/model/vocabulary.ts';
import type { TrailEntry } from '../../domain/model/trail.ts';
import { html } from '../../html/html.ts';
import { csvChunks, xlsxChunks } from '../../tabular/write.ts';
import type { Row } from '../../tabular/cells.ts';
import { translator, type Translate } from '../../texts/texts.ts';
import { publicationHtml } from '../publication-page.ts';
import { publicationJson } from '../publication.ts';
import { figureString, localisedIn, reportDraft, type ReportDraft } from '../report/draft.ts';
import { standalonePage } from '../standalone-page.ts';
import { summaryCsv, type ReportedSummary } from '../summary-csv.ts';
import { summaryXlsx } from '../summary-xlsx.ts';
import { archiveItem, type Dossier } from './dossier.ts';
import { questionnairePage } from './questionnaire-page.ts';
import { rulePage } from './rule-page.ts';
import { serviceMinute } from '../../domain/time-zone.ts';

export interface DossierFile {
  readonly name: string;
  readonly content: Uint8Array;
}

interface Maker {
  readonly t: Translate;
  readonly language: Language;
  readonly dossier: Dossier;
  readonly s: ReportedSummary;
  /** `4-3 问卷`, `4-3-1 家长问卷.html`. */
  readonly part: (no: number) => string;
  readonly file: (no: number, sub: number | null, name: string, ending: string) => string;
}

/** Name of the archive's folder. */
export function dossierName(
  {
    purpose,
    campaign,
    county,
  }: Record<'campaign' | 'county', { readonly name: string }> & Pick<Dossier, 'purpose'>,
  language: Language,
): string {
  const t = translator(language);
  const item = archiveItem(purpose);
  return t('dossier.folder', { item, county: plain(county.name), campaign: plain(campaign.name) });
}

/** For a folder or file: characters that every file system accepts. */
function plain(name: string): string {
  return safeFileName(name, 'x').slice(0, -2);
}

export async function dossierFiles(
  dossier: Dossier,
  o: { readonly language: Language; readonly draft?: ReportDraft },
): Promise<{ readonly files: readonly DossierFile[]; /** Of the list of hashes. */ readonly hash: string }> {
  const { language } = o;
  const t = translator(language);
  const s = dossier.publication.summary;
  const item = archiveItem(dossier.purpose);
  const part = (no: number) => `${item}-${no} ${t(`dossier.part.${no}`)}`;
  const m: Maker = {
    ...{ t, language, dossier, s, part },
    file: (no, sub, name, ending) =>
      sub === null
        ? `${item}-${no} ${plain(name)}.${ending}`
        : `${part(no)}/${item}-${no}-${sub} ${plain(name)}.${ending}`,
  };
  const files: DossierFile[] = [];
  for await (const { name, content } of contents(m, o.draft))
    files.push({ name, content: await whole(content) });
  const hashes = files.map((file) => ({ ...file, hash: sha256(file.content) }));
  const index = Buffer.from(indexPage(m, hashes));
  const indexName = `${item}-0 ${t('dossier.index')}.html`;
  const list = Buffer.from(
    [...hashes, { name: indexName, hash: sha256(index) }]
      .map(({ name, hash }) => `${hash}  ${name}\n`)
      .join(''),
  );
  return {
    files: [{ name: indexName, content: index }, { name: hashesName, content: list }, ...files],
    hash: sha256(list),
  };
}

/** As `sha256sum` writes and reads it. */
const hashesName = 'SHA256SUMS';

const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');

type Content = Uint8Array | string | AsyncIterable<Uint8Array>;

async function whole(content: Content): Promise<Uint8Array> {
  if (typeof content === 'string') return Buffer.from(content, 'utf8');
  if (content instanceof Uint8Array) return content;
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* contents(
  m: Maker,
  draft?: ReportDraft,
): AsyncGenerator<{ readonly name: string; readonly content: Content }> {
  const { t, language, dossier, s, file } = m;
  const { publication, documents, profile, county } = dossier;
  const { reportDocx } = await import('../report/docx.ts');
  yield {
    name: file(1, null, t('dossier.part.1'), 'docx'),
    content: await reportDocx(s, {
      language,
      demo: publication.demo,
      draft: draft ?? reportDraft(s, language),
    }),
  };
  yield { name: file(2, 1, t('dossier.data.xlsx'), 'xlsx'), content: summaryXlsx([s], language) };
  yield { name: file(2, 2, t('dossier.data.csv'), 'csv'), content: summaryCsv([s], language) };
  yield { name: file(2, 3, t('dossier.data.json'), 'json'), content: publicationJson(publication) };
  if (dossier.isReleased)
    yield {
      name: file(2, 4, t('dossier.data.page'), 'html'),
      content: publicationHtml(publication, language),
    };
  for (const [i, { hash, body, questionnaire }] of documents.questionnaires.entries()) {
    const name = localisedIn(language)(questionnaire.title).replaceAll('{county}', county.name);
    yield {
      name: file(3, i + 1, name, 'html'),
      content: questionnairePage(questionnaire, { hash, county: county.name, language }),
    };
    yield { name: file(3, i + 1, name, 'json'), content: body };
  }
  const rule = `${localisedIn(language)(profile.title)} ${profile.version}`;
  yield { name: file(4, 1, rule, 'html'), content: rulePage(profile, s, language) };
  yield { name: file(4, 1, rule, 'json'), content: documents.profile.body };
  yield { name: file(5, null, t('dossier.part.5'), 'xlsx'), content: drawWorkbook(m) };
  yield { name: file(6, null, t('dossier.part.6'), 'xlsx'), content: dispositionWorkbook(m) };
  yield {
    name: file(7, null, t('dossier.part.7'), 'csv'),
    content: csvChunks(
      ['when', 'who', 'role', 'what', 'contents', 'count'].map((c) => t(`dossier.handed-out.${c}`)),
      dossier.handedOut.map((entry) => handedOutRow(t, entry)),
    ),
  };
  yield { name: file(8, 1, t('publication.key'), 'txt'), content: `${publication.key}\n` };
  for (const note of publication.checkpoints) {
    const size = note.split('\n')[1] ?? '';
    yield {
      name: file(8, 2, t('dossier.checkpoint', { size: size.padStart(7, '0') }), 'txt'),
      content: note,
    };
  }
  for (const { name, content } of dossier.verifier) yield { name: `${m.part(9)}/${name}`, content };
  yield { name: file(9, 1, t('dossier.verify'), 'txt'), content: verifyText(m) };
}

function drawWorkbook({ t, dossier }: Maker): AsyncGenerator<Uint8Array, void, undefined> {
  const { county, publication, sampling } = dossier;
  const { frame, draw } = county;
  const group = (id: string) => t(`summary-csv.group.${id}`);
  const record: Row[] = [
    [t('publication.roll'), publication.roll?.root ?? null],
    [t('staff.field.frame-size'), frame?.size ?? null],
    [t('staff.field.frozen'), frame === null ? null : serviceMinute(frame.frozenAt)],
    [t('publication.dice'), draw?.dice ?? null],
    [t('publication.seed'), publication.roll?.seed ?? null],
    [t('dossier.draw.by'), draw?.by ?? null],
    [t('dossier.draw.at'), draw === null ? null : serviceMinute(draw.at)],
    ...(draw?.moves ?? []).map((move): Row => [
      t('dossier.draw.move', { from: group(move.from), to: group(move.to) }),
      move.count,
    ]),
  ];
  const strata = sampling.map((stratum): Row => [
    group(stratum.group),
    stratum.location === null ? null : t(`staff.location.${stratum.location}`),
    stratum.grade,
    t(`dossier.stratum.${stratum.kind}`),
    stratum.frameSize,
    stratum.quota,
    stratum.drawn,
    stratum.replacements,
  ]);
  return xlsxChunks([
    {
      name: t('dossier.draw'),
      header: [t('dossier.draw.fact'), t('dossier.draw.value')],
      rows: record,
      widths: [28, 70],
    },
    {
      name: t('dossier.strata'),
      header: [
        'staff.field.group',
        'staff.field.location',
        'staff.column.grade',
        'dossier.stratum',
        'staff.field.frame-size',
        'staff.draw.quota',
        'report.drawn',
        'dossier.replacements',
      ].map((key) => t(key)),
      rows: strata,
      widths: [20, 10, 8, 14, 12, 10, 10, 10],
      filtered: true,
    },
  ]);
}

function dispositionWorkbook({ t, s }: Maker): AsyncGenerator<Uint8Array, void, undefined> {
  const group = (id: string | null) => (id === null ? t('staff.all-groups') : t(`summary-csv.group.${id}`));
  const rates = returnStyle(s);
  return xlsxChunks([
    {
      name: t('staff.rates.return'),
      header: [
        'staff.field.group',
        'xlsx.numerator',
        'xlsx.denominator',
        'xlsx.percent',
        'report.floor',
        'xlsx.note',
      ].map((key) => t(key)),
      rows: s.returnRates.map(({ group: id, figure, floor }): Row =>
        figure.kind === 'estimate'
          ? [
              group(id),
              figure.n,
              figure.denominator,
              { number: Number(formatValue(figure.value, rates)), decimals: rates.decimals },
              floor,
              null,
            ]
          : [group(id), null, null, null, floor, figureString(t, figure, rates)],
      ),
      widths: [20, 12, 12, 12, 12, 40],
      filtered: true,
    },
    {
      name: t('dossier.outcomes'),
      header: [
        'staff.field.group',
        'xlsx.rate',
        'xlsx.numerator',
        'xlsx.denominator',
        'xlsx.percent',
        'xlsx.note',
      ].map((key) => t(key)),
      rows: s.responseRates.flatMap((r) =>
        r.rates.map(({ name, figure }): Row =>
          figure.kind === 'estimate'
            ? [
                group(r.group),
                name,
                figure.n,
                figure.denominator,
                { number: Number(formatValue(figure.value, rateStyle)), decimals: rateStyle.decimals },
                t(`outcome.${name}`),
              ]
            : [group(r.group), name, null, null, null, figureString(t, figure, rateStyle)],
        ),
      ),
      widths: [20, 10, 12, 12, 12, 50],
      filtered: true,
    },
  ]);
}

/** In words: what was handed out to whom, and how many. */
function handedOutRow(t: Translate, { at, actor, role, action, details }: TrailEntry): Row {
  const { kind, groups, count } = details;
  const parts = [
    typeof kind === 'string' ? t(`staff.messages.kind.${kind}`) : '',
    Array.isArray(groups)
      ? groups.map((id) => t(`summary-csv.group.${String(id)}`)).join(t('staff.list-comma'))
      : '',
  ].filter((text) => text !== '');
  return [
    serviceMinute(at),
    actor,
    t(`staff.role.${role}`),
    t(`staff.act.${action}`),
    parts.join(t('staff.colon')),
    typeof count === 'number' ? count : null,
  ];
}

function verifyText({ t, s, dossier }: Maker): string {
  const lines = [
    t('dossier.verify.title'),
    '',
    t('dossier.verify.hashes', { file: hashesName }),
    '',
    t('dossier.verify.bundle'),
    dossier.verifier.length === 0 ? t('dossier.verify.absent') : t('dossier.verify.page'),
    `  node manyi-verify.mjs ${t('publication.verify.bundle')} --against ${t('publication.verify.json')}`,
    '',
    t('dossier.verify.address', {
      address: `${dossier.publication.service}/log/${s.campaign.id}/${s.county.code}/checkpoint`,
    }),
  ];
  return `\ufeff${lines.join('\r\n')}\r\n`;
}

function indexPage(
  m: Maker,
  files: readonly { readonly name: string; readonly content: Uint8Array; readonly hash: string }[],
): string {
  const { t, s, dossier, language } = m;
  const title = dossierName({ purpose: dossier.purpose, campaign: s.campaign, county: s.county }, language);
  return standalonePage(
    language,
    title,
    html`${dossier.publication.demo && html`<p class="mark">${t('http.mark.demo')}</p>`}${
        s.campaign.selfAdministered && html`<p class="mark">${t('http.mark.self-administered')}</p>`
      }
      <h1>${title}</h1>
      <p class="about">
        ${t('dossier.made', {
          commissioner: s.campaign.commissioner,
          time: serviceMinute(dossier.publication.publishedAt),
          files: files.length,
        })}
      </p>
      <section>
        <p>${t('dossier.about', { file: hashesName })}</p>
        <div class="scroll" tabindex="0" role="region" aria-label="${t('dossier.index')}">
          <table>
            <thead>
              <tr>
                <th scope="col">${t('dossier.index.file')}</th>
                <th scope="col" class="number">${t('dossier.index.bytes')}</th>
                <th scope="col">SHA-256</th>
              </tr>
            </thead>
            <tbody>
              ${files.map(
                ({ name, content, hash }) =>
                  html`<tr>
                    <th scope="row">
                      <a href="${name.split('/').map(encodeURIComponent).join('/')}">${name}</a>
                    </th>
                    <td class="number">${content.length}</td>
                    <td>
                      <code>${hash.slice(0, 32)}<wbr />${hash.slice(32)}</code>
                    </td>
                  </tr>`,
              )}
            </tbody>
          </table>
        </div>
        <p>${t('dossier.not-inside')}</p>
      </section>`,
  );
}
