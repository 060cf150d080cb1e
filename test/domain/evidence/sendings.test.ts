import { describe, expect, test } from 'vitest';
import type { StateLeaf } from '../../../src/domain/evidence/leaf.ts';
import { recordState } from '../../../src/domain/evidence/verify/leaves.ts';
import { Run } from '../../../src/domain/evidence/verify/run.ts';
import type { SendingKind } from '../../../src/domain/model/sending.ts';

const hour = 3_600_000;
const by = { id: 'a', name: 'a', role: 'operator' };
const kinds: readonly SendingKind[] = [
  'invitation',
  'reminder',
  'reminder',
  'reminder',
  'reminder',
  'last-notice',
];

const schedule = (
  sendings = kinds.map((kind, i) => ({ no: i + 1, kind, template: '', dueAt: 0 })),
): StateLeaf => ({
  type: 'schedule',
  body: { sendings, channel: 'smpp', form: 'fixed', signature: 's', perDay: null, at: 0, by },
});

function sent(no: number, hours: number, strata: readonly number[] = [1, 2]): StateLeaf {
  return {
    type: 'sent',
    body: {
      ...{
        no,
        kind: kinds[no - 1]!,
        channel: 'smpp',
        end: 'finished',
        counts: { sent: 1 },
        segments: 1,
        repeats: 0,
      },
      audience: strata.map((reportingStratum) => ({ reportingStratum, set: 'drawn', contacts: 30 })),
      ...{ startedAt: hours * hour, at: hours * hour },
    },
  };
}

/** What the verifier finds, but for what must have come before in a whole log. */
function findings(...leaves: readonly StateLeaf[]): readonly string[] {
  const run = new Run({});
  leaves.forEach((leaf, i) => recordState(run, i + 1, leaf));
  return run.findings.filter((f) => f.code === 'sending').map((f) => `${f.leaf}: ${f.expected} | ${f.found}`);
}

describe('what the log says of messages', () => {
  test('a reminder that leaves out a stratum, or a part of one, is found', () => {
    expect(findings(schedule(), sent(1, 0), sent(2, 72))).toEqual([]);
    expect(findings(schedule(), sent(1, 0), sent(2, 72, [1]))).toEqual(['3: 30 contacts of stratum 2 | 0']);
  });

  test('reminders too many or too soon, what was never scheduled, and a second end are found', () => {
    expect(findings(schedule(), sent(1, 0), sent(2, 47))).toEqual(['3: 48 hours apart | 47 hours']);
    expect(findings(schedule(), sent(1, 0), sent(2, 50), sent(3, 100), sent(4, 150), sent(5, 200))).toEqual([
      '6: 3 reminders | 4',
    ]);
    expect(findings(schedule([]), sent(1, 0))).toEqual(['2: invitation 1 scheduled | none']);
    expect(findings(schedule(), sent(1, 0), sent(1, 0))).toContain('3: one end of 1 | another');
    expect(findings(schedule(), schedule())).toHaveLength(1);
  });
});
