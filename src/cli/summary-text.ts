/** A county's summary for a terminal. */
import type { Figure } from '../domain/scoring/figure.ts';
import {
  formatShare,
  formatValue,
  moreResponsesMessage,
  pointStyle,
  returnStyle,
  verdictReasonParams,
} from '../domain/scoring/format.ts';
import type { VerdictReason } from '../domain/scoring/summary/verdict.ts';
import { mainLanguage, type Translate } from '../texts/texts.ts';
import type { SummaryReport } from '../operations/summary/summary.ts';
import { figureString } from '../export/report/draft.ts';
import type { Cli } from './cli.ts';
import { serviceMinute } from '../domain/time-zone.ts';

/** A county's summary as text, with the same digits as every other form. */
export function summaryText(cli: Pick<Cli, 't' | 'language' | 'table'>, s: SummaryReport): string {
  const { t, table } = cli;
  const style = pointStyle(s);
  const threshold = s.threshold.value;
  const text = (title: Readonly<Record<string, string>>) => title[cli.language] ?? title[mainLanguage] ?? '';
  const people = (figure: Figure) => (figure.kind === 'estimate' ? figure.n : '');
  const total = s.returnRates.find((r) => r.group === null);
  return [
    `${s.campaign.name}  ${s.county.code} ${s.county.name}`,
    ...(s.campaign.selfAdministered ? [t('cli.summary.self-administered')] : []),
    t('cli.summary.official', {
      value: figureString(t, s.official, style),
      threshold,
      verdict: t(`verdict.${s.verdict.kind}`),
    }),
    ...(s.verdict.kind === 'insufficient' ? s.verdict.reasons.map((r) => `  ${reason(t, s, r)}`) : []),
    ...(total
      ? [
          t(`cli.summary.return-rate.${total.figure.kind === 'estimate' ? total.denominator : 'none'}`, {
            value: figureString(t, total.figure, returnStyle(s)),
            returned: people(total.figure),
            total: total.figure.kind === 'estimate' ? total.figure.denominator : '',
          }),
        ]
      : []),
    ...intervalLines(t, s),
    t('cli.summary.first', { value: figureString(t, s.first.official, style) }),
    '',
    table(
      ['formula', 'value', 'people', 'item-answers', 'official'].map((c) => t(`cli.column.${c}`)),
      s.formulas.map((f) => [
        text(f.formula.title),
        figureString(t, f.figure, pointStyle(s, f.formula)),
        people(f.figure),
        f.figure.kind === 'estimate' && f.formula.unit === 'answers' ? f.figure.denominator : '',
        f.official ? t('cli.yes') : '',
      ]),
    ),
    '',
    table(
      ['group', 'value', 'people', 'weight'].map((c) => t(`cli.column.${c}`)),
      s.groups.map((g) => [
        t(`cli.group.${g.group}`),
        figureString(t, g.figure, style),
        g.responses.kind === 'count' ? g.responses.value : '',
        `${formatShare(g.weight)}%`,
      ]),
    ),
    '',
    ...logText(t, s),
    table(
      ['dimension', 'value'].map((c) => t(`cli.column.${c}`)),
      s.dimensions.map((d) => [
        d.scored === false ? t('cli.unscored', { title: text(d.title) }) : text(d.title),
        figureString(t, d.figure, style),
      ]),
    ),
  ].join('\n');
}

/** The official figure's interval, and what it decides. */
function intervalLines(t: Translate, s: SummaryReport): readonly string[] {
  if (s.official.kind !== 'estimate' || s.official.interval === undefined) return [];
  const { low, high, level, method } = s.official.interval;
  const said = s.moreResponses && moreResponsesMessage(s.moreResponses, s.official, s.threshold.value);
  return [
    t('interval.note', {
      level: formatShare(level, 4),
      low: formatValue(low, pointStyle(s)),
      high: formatValue(high, pointStyle(s)),
      method: t(`interval.method.${method}`),
    }),
    ...(said ? [t(said.message, said.params)] : []),
  ];
}

function auditText(t: Translate, audit: SummaryReport['audit']): readonly string[] {
  if (audit === null) return [];
  const { differences, logSize: size, uncommitted } = audit;
  const time = serviceMinute(audit.at);
  return [
    t(differences === 0 ? 'cli.summary.audit.equal' : 'cli.summary.audit.differs', {
      time,
      size,
      differences,
    }),
    ...(uncommitted.length > 0
      ? [
          t('cli.audit.log.uncommitted', {
            facts: uncommitted.map((fact) => t(`audit.fact.${fact}`)).join(t('cli.audit.log.separator')),
          }),
        ]
      : []),
  ];
}

function logText(t: Translate, { log, audit }: SummaryReport): readonly string[] {
  if (log === null) return [];
  const [newest] = log.held;
  return [
    ...auditText(t, audit),
    t('cli.summary.log', { origin: log.origin, size: log.size, root: log.root }),
    newest
      ? t('cli.summary.witnesses', {
          size: newest.size,
          witnesses: newest.witnesses,
          signed: newest.signed,
        })
      : t('cli.summary.no-witness'),
    '',
  ];
}

function reason(t: Translate, s: SummaryReport, r: VerdictReason): string {
  const params = verdictReasonParams(r, returnStyle(s));
  const named = params['group'] ? { group: t(`cli.group.${params['group']}`) } : {};
  return t(`verdict.reason.${r.code}`, { ...params, ...named });
}
