/**
 * The analysis file: a table with one row for each answer that the official figure counts, a codebook, and syntax that labels it
 * in SPSS, R and Stata. Rows stream; everything else is small. It holds contents of answers, so it is handed out like a bundle.
 */
import {
  groups as allGroups,
  type Channel,
  type Group,
  type Language,
} from '../../domain/model/vocabulary.ts';
import type { DecodedAnswer } from '../../domain/questionnaire/decode.ts';
import type { DesignPlace } from '../../domain/scoring/summary/design-weights.ts';
import { csvChunks } from '../../tabular/write.ts';
import type { Row } from '../../tabular/cells.ts';
import { mainLanguage, translator, type Translate } from '../../texts/texts.ts';
import type { FileToZip } from '../zip.ts';
import { layOut, own, type FileQuestionnaire, type Variable } from './variables.ts';

export interface AnalysedAnswer {
  readonly questionnaire: number;
  readonly reportingStratum: number;
  readonly channel: Channel;
  readonly place: DesignPlace;
  readonly answers: readonly DecodedAnswer[];
}

export interface Analysis {
  readonly campaign: string;
  readonly county: { readonly code: string; readonly name: string };
  readonly demo: boolean;
  readonly minimumCell: number;
  /** The official formula, in words. */
  readonly formula: string;
  readonly questionnaires: readonly FileQuestionnaire[];
  readonly units: ReadonlyMap<number, { readonly name: string; readonly group: Group }>;
  readonly groupWeights: ReadonlyMap<Group, number>;
  readonly rows: number;
  /** In the order of the storage, which is that of numbers made with a destroyed key. */
  readonly answers: () => AsyncIterable<AnalysedAnswer>;
}

/** File names are plain ASCII, because the syntax refers to them. */
const dataName = 'data.csv';

export function analysisFiles(a: Analysis, language: Language): readonly FileToZip[] {
  const t = translator(language);
  const layout = layOut(a.questionnaires);
  const { variables } = layout;
  const text = (label: Readonly<Record<string, string>>) =>
    (label[language] ?? label[mainLanguage] ?? '').replaceAll('{county}', a.county.name);
  const labels = [
    ...own.map((name) => ({ name, label: t(`analysis.${name}`) })),
    ...variables.map((v) => ({ name: v.name, label: text(v.label) })),
  ];
  const groupCodes = allGroups.map((group, i) => ({ code: i + 1, text: t(`summary-csv.group.${group}`) }));
  const coded: readonly Coded[] = [
    { name: 'grp', values: groupCodes, missing: [] },
    ...variables
      .filter((v) => v.values.length > 0)
      .map((v) => ({
        name: v.name,
        values: v.values.map(({ code, text: own2 }) => ({ code, text: text(own2) })),
        missing: v.values.filter(({ isMissing }) => isMissing).map(({ code }) => code),
      })),
  ];
  const strings = new Set(['county', 'unit', 'channel', 'stratum']);
  async function* rows(): AsyncGenerator<Row> {
    for await (const answer of a.answers()) {
      const { place, questionnaire, reportingStratum } = answer;
      yield [
        a.county.code,
        allGroups.indexOf(place.group) + 1,
        questionnaire,
        unitName(a, t, reportingStratum),
        reportingStratum,
        answer.channel,
        place.stratum,
        place.population,
        place.weight,
        a.groupWeights.get(place.group) ?? null,
        ...layout.cells(questionnaire, answer.answers),
      ];
    }
  }
  return [
    { name: dataName, content: csvChunks([...own, ...variables.map((v) => v.name)], rows()) },
    { name: 'codebook.csv', content: csvChunks(...codebook(a, t, text, variables, groupCodes)) },
    { name: 'spss.sps', content: [spss(labels, coded, strings)] },
    { name: 'analysis.R', content: [rScript(labels, coded)] },
    { name: 'stata.do', content: [stata(labels, coded)] },
    { name: 'README.txt', content: [readme(a, t)] },
  ];
}

interface Labelled {
  readonly name: string;
  readonly label: string;
}
interface Coded {
  readonly name: string;
  readonly values: readonly { readonly code: number; readonly text: string }[];
  readonly missing: readonly number[];
}

function unitName(a: Analysis, t: Translate, no: number): string {
  const unit = a.units.get(no);
  return unit === undefined || unit.name === '' ? t('staff.level.rest') : unit.name;
}

function codebook(
  a: Analysis,
  t: Translate,
  text: (label: Readonly<Record<string, string>>) => string,
  variables: readonly Variable[],
  groupCodes: readonly { readonly code: number; readonly text: string }[],
): [header: string[], rows: Row[]] {
  const values = (list: readonly { readonly code: number; readonly text: string }[]) =>
    list.map(({ code, text: own2 }) => `${code}=${own2}`).join(t('results.semicolon'));
  const titles = new Map(a.questionnaires.map((q) => [q.no, text(q.document.title)]));
  return [
    ['variable', 'label', 'item', 'questionnaires', 'values', 'missing'].map((c) =>
      t(`analysis.column.${c}`),
    ),
    [
      ...own.map((name): Row => [
        name,
        t(`analysis.${name}`),
        null,
        null,
        name === 'grp'
          ? values(groupCodes)
          : name === 'questionnaire'
            ? values([...titles].map(([code, title]) => ({ code, text: title })))
            : null,
        null,
      ]),
      ...variables.map((v): Row => [
        v.name,
        text(v.label),
        v.item,
        v.questionnaires.map((no) => titles.get(no) ?? '').join(t('results.semicolon')),
        values(v.values.map(({ code, text: own2 }) => ({ code, text: text(own2) }))),
        v.values
          .filter(({ isMissing }) => isMissing)
          .map(({ code }) => code)
          .join(' '),
      ]),
    ],
  ];
}

/** One line, without characters that would end a quoted text. */
const plain = (text: string, quote: string) => text.replace(/\s+/g, ' ').replaceAll(quote, '’').slice(0, 120);

function spss(labels: readonly Labelled[], coded: readonly Coded[], strings: ReadonlySet<string>): string {
  const q = (text: string) => `'${plain(text, "'")}'`;
  return [
    '* Encoding: UTF-8.',
    `GET DATA /TYPE=TXT /FILE='${dataName}' /ENCODING='UTF8' /DELIMITERS=',' /QUALIFIER='"' /ARRANGEMENT=DELIMITED /FIRSTCASE=2`,
    '  /VARIABLES=',
    ...labels.map(({ name }) => `    ${name} ${strings.has(name) ? 'A120' : 'F16.0'}`),
    '  .',
    'VARIABLE LABELS',
    ...labels.map(({ name, label }) => `  ${name} ${q(label)}`),
    '  .',
    ...coded.flatMap(({ name, values, missing }) => [
      `VALUE LABELS ${name} ${values.map(({ code, text }) => `${code} ${q(text)}`).join(' ')}.`,
      ...(missing.length > 0 ? [`MISSING VALUES ${name} (${missing.join(', ')}).`] : []),
    ]),
    'FORMATS weight group_weight (F16.6).',
    'WEIGHT BY weight.',
    "SAVE OUTFILE='data.sav'.",
    '',
  ].join('\n');
}

function rScript(labels: readonly Labelled[], coded: readonly Coded[]): string {
  const q = (text: string) => JSON.stringify(plain(text, '"'));
  return [
    '# Encoding: UTF-8',
    `data <- read.csv("${dataName}", fileEncoding = "UTF-8-BOM", colClasses = c(county = "character"))`,
    ...labels.map(({ name, label }) => `attr(data[["${name}"]], "label") <- ${q(label)}`),
    '# Codes stay numbers in data; labelled has them as factors, with what is missing as NA.',
    'labelled <- data',
    ...coded.map(({ name, values, missing }) => {
      const shown = values.filter(({ code }) => !missing.includes(code));
      return `labelled[["${name}"]] <- factor(data[["${name}"]], levels = c(${shown.map((v) => v.code).join(', ')}), labels = c(${shown.map((v) => q(v.text)).join(', ')}))`;
    }),
    '# Design, where the package survey is installed. Strata of unknown size have no finite population correction.',
    'if (requireNamespace("survey", quietly = TRUE)) {',
    '  size <- ifelse(is.na(data$population), Inf, data$population)',
    '  design <- survey::svydesign(ids = ~1, strata = ~stratum, weights = ~weight, fpc = ~size, data = transform(data, size = size))',
    '}',
    '',
  ].join('\n');
}

function stata(labels: readonly Labelled[], coded: readonly Coded[]): string {
  const q = (text: string) => `"${plain(text, '"').replaceAll('`', '’').replaceAll('$', '＄')}"`;
  return [
    `import delimited using "${dataName}", varnames(1) encoding("utf-8") stringcols(1) case(preserve) clear`,
    ...labels.map(({ name, label }) => `label variable ${name} ${q(label)}`),
    ...coded.flatMap(({ name, values, missing }) => [
      `label define l_${name} ${values.map(({ code, text }) => `${code} ${q(text)}`).join(' ')}`,
      `label values ${name} l_${name}`,
      ...(missing.length > 0
        ? [`mvdecode ${name}, mv(${missing.map((code, i) => `${code}=.${'ab'[i] ?? 'z'}`).join(' \\ ')})`]
        : []),
    ]),
    'svyset [pweight=weight], strata(stratum) fpc(population)',
    'save data.dta, replace',
    '',
  ].join('\n');
}

function readme(a: Analysis, t: Translate): string {
  const lines = [
    t('analysis.readme.title', { campaign: a.campaign, county: a.county.name }),
    ...(a.demo ? [t('http.mark.demo')] : []),
    '',
    t('analysis.readme.rows', { rows: a.rows }),
    t('analysis.readme.order'),
    t('analysis.readme.weights', { formula: a.formula }),
    t('analysis.readme.codes'),
    t('analysis.readme.protect', { minimum: a.minimumCell }),
    t('analysis.readme.files'),
  ];
  return `\ufeff${lines.join('\r\n')}\r\n`;
}
