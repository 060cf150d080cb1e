/** Statements of the fast path, prepared once per connection. */
import { isSelfCompleted, type RevisionRule } from '../../../domain/answer/revision.ts';
import { channels } from '../../../domain/model/vocabulary.ts';
import type { Raw } from '../connection.ts';

const revisionOf =
  'SELECT revision, channel FROM responses WHERE campaign = ? AND county = ? AND pseudonym = ?';

export type AnswerStatements = ReturnType<typeof prepareAnswers>;

export function prepareAnswers(raw: Raw) {
  const newestSelf = (rule: RevisionRule) => {
    const self = channels.flatMap((channel, i) => (isSelfCompleted(channel, rule) ? [i] : []));
    return raw
      .prepare(`${revisionOf} AND channel IN (${self.join(', ')}) ORDER BY revision DESC LIMIT 1`)
      .raw();
  };
  return {
    issued: raw
      .prepare(
        'SELECT county, sampling_stratum, reporting_stratum, questionnaire, counted_set FROM issued WHERE campaign = ? AND pseudonym = ?',
      )
      .raw(),
    link: raw.prepare(
      'SELECT county, reporting_stratum AS reportingStratum, questionnaire FROM links WHERE id = ? AND campaign = ?',
    ),
    newest: raw.prepare(`${revisionOf} ORDER BY revision DESC LIMIT 1`).raw(),
    revision: raw.prepare(`${revisionOf} AND revision = ?`).raw(),
    newestSelf: { 1: newestSelf(1), 2: newestSelf(2) },
    insert: raw.prepare(
      'INSERT INTO responses (campaign, county, pseudonym, revision, questionnaire, reporting_stratum, channel, nonce, answers, lot) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (campaign, county, pseudonym, revision) DO NOTHING',
    ),
    deleteTexts: raw.prepare('DELETE FROM texts WHERE campaign = ? AND county = ? AND text_id = ?'),
    insertText: raw.prepare(
      'INSERT INTO texts (campaign, county, text_id, item, questionnaire, reporting_stratum, body) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ),
    putPressure: raw.prepare(
      `INSERT INTO pressure_reports (campaign, county, report_id, source, reporting_stratum, body) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (campaign, county, report_id, source) DO UPDATE SET body = excluded.body WHERE excluded.body <> ''`,
    ),
  };
}
