/** A verification result as lines for a person. The same for the command, the single file and the page. */
import { conclusionsOf } from '../../domain/evidence/verify/conclusions.ts';
import type { Finding, Verification } from '../../domain/evidence/verify/verification.ts';
import type { Figure } from '../../domain/scoring/figure.ts';
import { formatValue, pointStyle, type Rounding } from '../../domain/scoring/format.ts';

export type Say = (key: string, params?: Readonly<Record<string, string | number>>) => string;

export function reportLines(v: Verification, say: Say): readonly string[] {
  const lines: string[] = [];
  if (v.head)
    lines.push(
      say('verify.log', { campaign: v.head.campaign, county: v.head.county, size: v.size, root: v.root }),
    );
  // A file of another kind has none of this.
  if (v.head) {
    lines.push(say('verify.counts', { responses: v.responses, respondents: v.respondents }));
    const { revision, disclosure, statesFates } = v.rules;
    const fates = say(`verify.rules.fates.${statesFates ? 'stated' : 'none'}`);
    lines.push(
      say('verify.rules', {
        revision: say(`verify.rules.revision.${revision}`),
        disclosure: say(`verify.rules.disclosure.${disclosure}`),
        fates,
      }),
    );
    lines.push(v.held > 0 ? say('verify.held', { held: v.held }) : say('verify.held-none'));
  }
  for (const { witness, size, at } of v.witnessed?.cosigned ?? [])
    lines.push(say('verify.cosigned', { witness, size, at: new Date(at).toISOString() }));
  if (v.witnessed?.cosigned.length === 0) lines.push(say('verify.cosigned-none'));
  const quorum = v.witnessed?.quorum;
  if (quorum)
    lines.push(
      quorum.size === null
        ? say('verify.quorum-none', { quorum: quorum.name })
        : say('verify.quorum', { quorum: quorum.name, size: quorum.size }),
    );
  if (v.receipts > 0) lines.push(say('verify.receipts', { receipts: v.receipts }));
  for (const { label, fault } of v.canaries ?? [])
    lines.push(say('verify.canary', { label, found: say(`verify.canary.${fault ?? 'sound'}`) }));
  for (const finding of v.findings) lines.push(findingLine(finding, say));
  if (v.more > 0) lines.push(say('verify.more', { more: v.more }));
  lines.push(say(`verify.status.${v.status}`, { findings: v.findings.length + v.more }));
  if (v.erasedAt !== null)
    lines.push(say('verify.erased', { at: new Date(v.erasedAt).toISOString().slice(0, 10) }));
  if (v.ok && v.summary) {
    const { official, threshold, profile, verdict } = v.summary;
    lines.push(
      say('verify.summary', {
        profile: profile.id,
        value: figureText(official, pointStyle(v.summary), say),
        threshold: threshold.value,
        verdict: say(`verify.verdict.${verdict.kind}`),
      }),
    );
  }
  const { follows, open } = conclusionsOf(v);
  if (follows.length > 0) lines.push(say('verify.follows'));
  for (const { code, params } of follows) lines.push(`  · ${say(`verify.follows.${code}`, params)}`);
  if (open.length > 0) lines.push(say('verify.open'));
  for (const { code, params } of open) lines.push(`  · ${say(`verify.open.${code}`, params)}`);
  for (const e of v.events.filter((event) => telling.has(event.type)))
    lines.push(
      say('verify.event', {
        leaf: e.leaf,
        at: new Date(e.at).toISOString(),
        type: say(`verify.type.${e.type}`),
        by: e.by ?? '',
        what: e.what,
      }),
    );
  return lines;
}

/** What an inspector asks about. */
const telling: ReadonlySet<string> = new Set([
  'late-edit',
  'export',
  'schedule',
  'sent',
  'void',
  'ineligible',
  'dates',
  'flag',
  'signal',
  'bundle',
]);

function findingLine(f: Finding, say: Say): string {
  const what = say(`verify.finding.${f.code}`);
  const where = f.leaf === null ? '' : say('verify.at-leaf', { leaf: f.leaf });
  if (f.expected === '') return say('verify.finding.alone', { what, where, found: f.found });
  return say('verify.finding', { what, where, expected: f.expected, found: f.found });
}

function figureText(figure: Figure, rounding: Rounding, say: Say): string {
  return figure.kind === 'estimate' ? formatValue(figure.value, rounding) : say('verify.no-figure');
}
