/** Gates of the determination sheet in words: what an inspector signs has to say what is the case. */
import { describe, expect, test } from 'vitest';
import type { GateState } from '../src/domain/inspection/gate-states.ts';
import type { Gate } from '../src/domain/inspection/sheet.ts';
import { gateName, gateState, overallText } from '../src/texts/gate-words.ts';
import { translator } from '../src/texts/texts.ts';

const t = translator('zh-CN');
const zh = (text: Readonly<Record<string, string>>) => text['zh-CN']!;
const gate = (kind: Gate['kind'], id: string, state: GateState, title: string | null = null): Gate => ({
  id,
  kind,
  state,
  title: title === null ? null : { 'zh-CN': title },
  reasons: [],
});
const veto = (state: GateState) => gate('veto', 'veto-weak', state, '薄弱学校未完成改造');

describe('gates in words', () => {
  test('a veto applies or does not; it is not met', () => {
    expect(gateName(t, zh, veto('met'))).toBe('一票否决：薄弱学校未完成改造');
    // “薄弱学校未完成改造：达到” would say that they were not renovated.
    expect(gateState(t, veto('met'))).toBe('未触发');
    expect(gateState(t, veto('not-met'))).toBe('已触发');
    expect(gateState(t, gate('balance', 'balance-primary', 'not-met'))).toBe('未达到');
  });

  test('the first sentence names what decides', () => {
    const gates = [
      gate('balance', 'balance-primary', 'not-met'),
      gate('work', 'work', 'missing'),
      veto('met'),
      veto('not-met'),
    ];
    expect(overallText(t, zh, { state: 'not-met', gates })).toBe(
      '4 项中通过 1 项。未通过：小学校际均衡、一票否决：薄弱学校未完成改造。',
    );
    expect(overallText(t, zh, { state: 'missing', gates: gates.slice(1, 3) })).toBe(
      '2 项中通过 1 项。还缺材料：政府工作评估。',
    );
    expect(overallText(t, zh, { state: 'met', gates: [veto('met')] })).toBe('全部 1 项都已通过。');
  });
});
