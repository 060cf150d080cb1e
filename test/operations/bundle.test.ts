import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StateLeafType } from '../../src/domain/evidence/leaf.ts';
import { exportBundle } from '../../src/operations/evidence/bundle.ts';
import { getSummary } from '../../src/operations/summary/summary.ts';
import { closedSurvey, verify, type ClosedSurvey } from '../support/evidence.ts';
import { createWorld } from '../support/world.ts';

let survey: ClosedSurvey;
beforeAll(async () => {
  survey = await closedSurvey();
});
afterAll(() => survey.world.close());

describe('a bundle', () => {
  test('verifies, agrees with checkpoints kept outside, and gives the summary that the service shows', async () => {
    const { lines, held, opening, world, id, county } = survey;
    const result = await verify(lines, { checkpoints: [opening, held] });
    expect(result.findings).toEqual([]);
    expect(result).toMatchObject({ ok: true, held: 2, more: 0 });
    expect(result.responses).toBeGreaterThan(result.respondents);
    const shown = await getSummary(world.deps, world.actors.inspector, id, county);
    expect(result.summary).toEqual(shown);
    expect(shown.official.kind).toBe('estimate');
  });

  test('tells of every change of state', async () => {
    const { events } = await verify(survey.lines);
    const types = new Set<StateLeafType>(events.map((e) => e.type));
    for (const type of [
      'frame',
      'draw',
      'issue',
      'open',
      'export',
      'links',
      'lot',
      'late-edit',
      'late-issue',
      'dates',
      'void',
      'closing',
      'dispositions',
      'keys-destroyed',
      'closed',
      'bundle',
    ] as const)
      expect(types.has(type), type).toBe(true);
  });

  test('holds no phone, code, salt or superseded answer', () => {
    const text = survey.lines.join('\n');
    expect(text).not.toMatch(/1380[12]\d{7}/);
    expect(text).not.toContain('13811119999');
    const withContents = survey.lines.filter((l) => l.includes('"c":')).length;
    const responses = survey.lines.filter((l) => l.includes('"h":')).length;
    expect(withContents).toBeGreaterThan(50);
    expect(withContents).toBeLessThan(responses);
  });

  test('is given to inspectors after close and to nobody else, and each hand-over is in the next one', async () => {
    const { world, id, county } = survey;
    const { deps, actors } = world;
    for (const actor of [actors.official, actors.operator, actors.administrator, actors.interviewer])
      await expect(exportBundle(deps, actor, id, county)).rejects.toMatchObject({ kind: 'forbidden' });
    const before = (await verify(survey.lines)).events.filter((e) => e.type === 'bundle').length;
    expect(before).toBe(1);
    const again = await createWorld();
    const open = await again.openedCampaign({ counties: [again.campaignInput().counties[0]!] });
    await expect(exportBundle(again.deps, again.actors.inspector, open.id, county)).rejects.toThrow(
      'evidence.not-closed',
    );
    await again.close();
  });
});
