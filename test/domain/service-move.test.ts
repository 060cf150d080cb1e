import { describe, expect, test } from 'vitest';
import { AppError } from '../../src/domain/errors.ts';
import { assertActive, decideMove, type MoveMark, type MoveStep } from '../../src/domain/service-move.ts';

const at = 1_780_000_000_000;
type Side = 'old' | 'new';
const steps: readonly (readonly [Side, MoveStep])[] = [
  ['old', { step: 'begin', to: 'postgres://db/manyi', rows: 5 }],
  ['new', { step: 'receive', id: 'a', from: 'sqlite:/data' }],
  ['new', { step: 'compared', id: 'a' }],
  ['old', { step: 'leave', id: 'a', to: 'postgres://db/manyi', rows: 5 }],
  ['new', { step: 'take-over', id: 'a', rows: 5 }],
];
const refusal = (work: () => unknown): string => {
  try {
    work();
    return 'done';
  } catch (error) {
    return error instanceof AppError ? error.message : String(error);
  }
};
const isInCharge = (mark: MoveMark | null) => refusal(() => assertActive(mark)) === 'done';

describe('which database is in charge', () => {
  test('wherever a move is interrupted, never both, and never the new one before it was compared', () => {
    const marks: Record<Side, MoveMark | null> = { old: null, new: null };
    const inCharge: string[] = [];
    for (const [side, step] of steps) {
      marks[side] = decideMove(marks[side], step, { at }).changes;
      inCharge.push(`${isInCharge(marks.old) ? 'old' : ''}${isInCharge(marks.new) ? 'new' : ''}`);
    }
    // Before anything is in it, the new one is an empty database like any other.
    expect(inCharge).toEqual(['oldnew', 'old', 'old', '', 'new']);
    expect(refusal(() => assertActive(marks.old))).toBe('move.left');
    marks.old = decideMove(marks.old, { step: 'undo' }, { at }).changes;
    expect(isInCharge(marks.old)).toBe(true);
  });

  test('the trail tells of each step that changes who is in charge, and of nothing while it is copied itself', () => {
    const marks: Record<Side, MoveMark | null> = { old: null, new: null };
    const told = steps.flatMap(([side, step]) => {
      const decision = decideMove(marks[side], step, { at });
      marks[side] = decision.changes;
      return decision.trail.map((entry) => [side, entry.action, entry.details['database']]);
    });
    expect(told).toEqual([
      ['old', 'move.begin', 'postgres://db/manyi'],
      ['old', 'move.leave', 'postgres://db/manyi'],
      ['new', 'move.take-over', 'sqlite:/data'],
    ]);
  });

  test.each<readonly [string, MoveMark | null, MoveStep, string]>([
    ['leave twice', mark('left'), steps[3]![1], 'move.left'],
    ['begin where it is left', mark('left'), steps[0]![1], 'move.left'],
    ['fill what was left: it holds the only copy', mark('left'), steps[1]![1], 'move.left'],
    ['move on what is half-done', mark('arriving'), steps[0]![1], 'move.half-done'],
    ['take over before it was compared', mark('arriving'), steps[4]![1], 'move.other-one'],
    ['take over in another move', mark('arrived', 'b'), steps[4]![1], 'move.other-one'],
    ['take over twice', null, steps[4]![1], 'move.other-one'],
    ['compared in another move', mark('arriving', 'b'), steps[2]![1], 'move.other-one'],
    ['undo what was not left', null, { step: 'undo' }, 'move.not-left'],
    ['undo what is half-done', mark('arriving'), { step: 'undo' }, 'move.not-left'],
    ['a copy that was broken off begins anew', mark('arriving', 'b'), steps[1]![1], 'done'],
    [
      'and one that was compared, too: the old one may have gone on',
      mark('arrived', 'b'),
      steps[1]![1],
      'done',
    ],
  ])('%s', (_, before, step, expected) => {
    expect(refusal(() => decideMove(before, step, { at }))).toBe(expected);
  });
});

function mark(state: MoveMark['state'], id = 'a'): MoveMark {
  return { state, id, other: 'sqlite:/data', at };
}
