/** Messages that the service sent: each was scheduled before, none is too many or too early, and all strata got the same. */
import { maxReminders, reminderGap } from '../../messaging/outbox.ts';
import { lastNoticeSpan } from '../../messaging/send-window.ts';
import type { StateLeaf } from '../leaf.ts';
import { all, first, type Run } from './run.ts';

type SendingLeaf = Extract<StateLeaf, { type: 'schedule' | 'sent' }>;
type Sent = Extract<StateLeaf, { type: 'sent' }>['body'];

/** The leaf itself is already in `run.states`. */
export function checkSending(run: Run, index: number, leaf: SendingLeaf): void {
  if (leaf.type === 'schedule') {
    const scheduled = all(run, 'schedule').flatMap((s) => s.sendings);
    const nos = new Set(scheduled.map((s) => s.no));
    if (nos.size < scheduled.length)
      run.find('sending', index, 'numbers of their own', leaf.body.sendings.map((s) => s.no).join(' '));
    return;
  }
  const { no, kind } = leaf.body;
  const planned = all(run, 'schedule')
    .flatMap((s) => s.sendings)
    .find((s) => s.no === no);
  if (planned?.kind !== kind) run.find('sending', index, `${kind} ${no} scheduled`, planned?.kind ?? 'none');
  const sent = all(run, 'sent');
  if (sent.filter((s) => s.no === no).length > 1) run.find('sending', index, `one end of ${no}`, 'another');
  if (leaf.body.startedAt === null) return;
  checkTimes(run, index, leaf.body, sent);
  if (leaf.body.end === 'finished') checkStrata(run, index, leaf.body, sent);
}

function checkTimes(run: Run, index: number, own: Sent, sent: readonly Sent[]): void {
  const { kind, startedAt } = own;
  if (startedAt === null) return;
  if (kind === 'last-notice') {
    const dates = all(run, 'dates').at(-1) ?? first(run, 'open');
    const before = (dates?.closesAt ?? 0) - startedAt;
    if (before > lastNoticeSpan.from || before < 0)
      run.find('sending', index, 'within 48 hours of the end', `${Math.round(before / 3_600_000)} hours`);
    return;
  }
  if (kind !== 'reminder') return;
  const reminders = sent.filter((s) => s.kind === 'reminder' && s.startedAt !== null);
  if (reminders.length > maxReminders)
    run.find('sending', index, `${maxReminders} reminders`, `${reminders.length}`);
  const earlier = sent.filter((s) => s.no !== own.no && s.startedAt !== null && s.startedAt <= startedAt);
  const last = Math.max(0, ...earlier.map((s) => s.startedAt ?? 0));
  if (startedAt - last < reminderGap)
    run.find('sending', index, '48 hours apart', `${Math.round((startedAt - last) / 3_600_000)} hours`);
}

const keyOf = (a: Sent['audience'][number]) => `${a.reportingStratum} ${a.set}`;

/** Everyone invited gets reminders and last notices, in every stratum. Only what was voided since may be left out. */
function checkStrata(run: Run, index: number, own: Sent, sent: readonly Sent[]): void {
  if (own.kind !== 'reminder' && own.kind !== 'last-notice') return;
  if (run.states.has('void')) return;
  const audience = new Map(own.audience.map((a) => [keyOf(a), a.contacts]));
  for (const invited of sent.find((s) => s.kind === 'invitation' && s.end === 'finished')?.audience ?? []) {
    const found = audience.get(keyOf(invited)) ?? 0;
    if (found !== invited.contacts)
      run.find(
        'sending',
        index,
        `${invited.contacts} contacts of stratum ${invited.reportingStratum}`,
        `${found}`,
      );
  }
}
