/**
 * Withdrawing an applied roll before the freeze: the county's roll becomes what the other rolls alone would have made. It is done
 * in parts, each in its own transaction. A withdrawal that has begun must be finished, or the roll would stay half withdrawn.
 */
import type { CampaignState, FrameState } from '../campaign/life-cycle.ts';
import { AppError } from '../errors.ts';
import { isVisible } from '../line.ts';
import type { Decision } from '../model/decision.ts';
import type { SchoolId } from '../model/ids.ts';
import type { ImportState, RollImport, RollStatement, Withdrawal } from '../model/import.ts';
import type { Stamp } from '../model/stamp.ts';
import type { Affiliation, AffiliationStep } from './decide-import.ts';
import { decideAffiliation, type KnownGrade } from './roll/affiliation.ts';

export const minimumReason = 5;

export interface WithdrawalState {
  readonly import: Pick<
    RollImport,
    'id' | 'county' | 'group' | 'state' | 'fileHash' | 'lateReason' | 'appliedNo'
  >;
  readonly campaignState: CampaignState;
  readonly frameState: FrameState;
  /** The county's other imports. */
  readonly others: readonly Pick<RollImport, 'state' | 'fileHash' | 'group' | 'appliedNo'>[];
}

/** @throws AppError invalid `roll.reason` */
export function reasonOf(text: string): string {
  const reason = text.trim();
  if (reason.length < minimumReason || !isVisible(reason)) throw new AppError('invalid', 'roll.reason');
  return reason;
}

/**
 * applied → withdrawing. @throws AppError conflict `import.state`, `frame.frozen`, `import.withdraw-late`, `import.withdraw-old`, `import.busy`,
 * `import.repeated-later`; invalid `roll.reason`
 */
export function decideWithdrawal(
  { import: roll, campaignState, frameState, others }: WithdrawalState,
  reason: string,
  { at, actor }: Stamp,
): Decision<{ readonly state: 'withdrawing'; readonly withdrawal: Withdrawal }> {
  if (roll.state !== 'applied')
    throw new AppError('conflict', 'import.state', { params: { state: roll.state } });
  if (roll.lateReason !== null) throw new AppError('conflict', 'import.withdraw-late');
  if (campaignState !== 'draft' || frameState !== 'preparing') throw new AppError('conflict', 'frame.frozen');
  if (roll.appliedNo === 0) throw new AppError('conflict', 'import.withdraw-old');
  const busy: readonly ImportState[] = ['applying', 'withdrawing'];
  if (others.some((o) => busy.includes(o.state))) throw new AppError('conflict', 'import.busy');
  // A repeated file adds nobody, so it cannot replace the first: contacts without a phone would be lost.
  const again = others.some(
    (o) =>
      o.state === 'applied' &&
      o.group === roll.group &&
      o.fileHash === roll.fileHash &&
      o.appliedNo > roll.appliedNo,
  );
  if (again) throw new AppError('conflict', 'import.repeated-later');
  const why = reasonOf(reason);
  return {
    changes: {
      state: 'withdrawing',
      withdrawal: { by: actor.name, at, reason: why, removed: 0, kept: 0 },
    },
    leaves: [],
    trail: [
      {
        action: 'import.withdraw',
        county: roll.county,
        details: { import: roll.id, group: roll.group, reason: why },
      },
    ],
  };
}

export interface WithdrawnContact {
  readonly entry: Uint8Array;
  /** For every applied roll, including this one. */
  readonly statements: readonly RollStatement[];
  readonly affiliations: readonly (KnownGrade & { readonly school: SchoolId })[];
}

export interface WithdrawalPart {
  readonly import: Pick<RollImport, 'id' | 'county' | 'group' | 'state' | 'withdrawal'> & {
    readonly no: number;
  };
  readonly frameState: FrameState;
  readonly contacts: readonly WithdrawnContact[];
  readonly isLast: boolean;
  /** `imports.no` → order of applying. */
  readonly orderOf: (source: number) => number;
}

export interface WithdrawalChanges {
  readonly state: 'withdrawing' | 'withdrawn';
  readonly withdrawal: Withdrawal;
  /** No other roll names them. */
  readonly removed: readonly Uint8Array[];
  readonly affiliations: readonly (AffiliationStep & { readonly source: number })[];
}

/** withdrawing → withdrawn. @throws AppError conflict `import.state`, `frame.frozen` */
export function decideWithdrawalPart(part: WithdrawalPart): Decision<WithdrawalChanges> {
  const { import: roll, contacts, isLast } = part;
  if (roll.state !== 'withdrawing' || roll.withdrawal === null)
    throw new AppError('conflict', 'import.state', { params: { state: roll.state } });
  if (part.frameState !== 'preparing') throw new AppError('conflict', 'frame.frozen');
  const removed: Uint8Array[] = [];
  const affiliations: (AffiliationStep & { readonly source: number })[] = [];
  for (const { entry, statements, affiliations: before } of contacts) {
    const left = statements.filter((s) => s.source !== roll.no);
    if (left.length === 0) {
      removed.push(entry);
      continue;
    }
    const after = replay(entry, left, part.orderOf);
    const isIn = (list: readonly { readonly school: SchoolId; readonly grade: number }[], a: Affiliation) =>
      list.some((b) => b.school === a.school && b.grade === a.grade);
    for (const { school, grade, source } of before)
      if (!isIn(after, { entry, school, grade }))
        affiliations.push({ op: 'remove', entry, school, grade, source });
    for (const a of after) affiliations.push({ op: 'write', ...a });
  }
  const withdrawal: Withdrawal = {
    ...roll.withdrawal,
    removed: roll.withdrawal.removed + removed.length,
    kept: roll.withdrawal.kept + contacts.length - removed.length,
  };
  return {
    changes: { state: isLast ? 'withdrawn' : 'withdrawing', withdrawal, removed, affiliations },
    leaves: [],
    trail: isLast
      ? [
          {
            action: 'import.withdrawn',
            county: roll.county,
            details: { import: roll.id, removed: withdrawal.removed, kept: withdrawal.kept },
          },
        ]
      : [],
  };
}

/** The contact's schools and grades as the remaining rolls would have made them, one after the other. */
function replay(
  entry: Uint8Array,
  statements: readonly RollStatement[],
  orderOf: (source: number) => number,
): readonly (Affiliation & { readonly source: number })[] {
  const ordered = [...statements].sort((a, b) => orderOf(a.source) - orderOf(b.source) || a.grade - b.grade);
  const schools = new Map<SchoolId, readonly KnownGrade[]>();
  for (const { school, grade, source } of ordered) {
    if (school === null) continue;
    const known = schools.get(school) ?? [];
    const { removed, written } = decideAffiliation(known, { grade, source });
    const left = known.filter((k) => !removed.includes(k.grade) && !(written && k.grade === grade));
    schools.set(school, written ? [...left, { grade, source }] : left);
  }
  return [...schools].flatMap(([school, grades]) =>
    grades.map(({ grade, source }) => ({ entry, school, grade, source })),
  );
}
