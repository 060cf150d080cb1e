import { describe, expect, test } from 'vitest';
import { formatVerifierKey } from '../../../src/domain/evidence/note.ts';
import { isQuorum, parsePolicy } from '../../../src/domain/evidence/policy.ts';

const keyOf = (name: string, byte: number, type: 'log' | 'cosignature' = 'cosignature') =>
  formatVerifierKey({ name, type, publicKey: new Uint8Array(32).fill(byte) });
const witness = (name: string, byte: number) => `witness ${name} ${keyOf(`${name}.example`, byte)}`;
const log = `log ${keyOf('my.example.cn/log/a/990101', 99, 'log')} https://my.example.cn/`;

describe('a policy (C2SP tlog-policy)', () => {
  // The example of the specification, with keys.
  const example = `# two organisations
${log}

${witness('X1', 1)}
${witness('X2', 2)}
\t${witness('X3', 3)} https://x3.example
group X-witnesses 2 X1 X2 X3

${witness('Y1', 4)}
${witness('Y2', 5)}
${witness('Y3', 6)}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
`;

  test('its groups are counted as the specification says', () => {
    const policy = parsePolicy(example);
    expect([policy.logs.length, policy.witnesses.size, policy.quorum]).toEqual([1, 6, 'X-and-Y']);
    const holds = (...names: string[]) => isQuorum(policy, (name) => names.includes(name));
    expect(holds('X1', 'X3', 'Y2')).toBe(true);
    expect(holds('X1', 'X2', 'X3')).toBe(false);
    expect(holds('X1', 'Y1', 'Y2', 'Y3')).toBe(false);
    expect(holds()).toBe(false);
  });

  test('one witness, or none', () => {
    const one = parsePolicy(`${witness('W', 1)}\nquorum W\n`);
    expect([isQuorum(one, () => true), isQuorum(one, () => false)]).toEqual([true, false]);
    expect(isQuorum(parsePolicy('quorum none\n'), () => false)).toBe(true);
  });

  test.each([
    ['no quorum', log],
    ['two quorums', 'quorum none\nquorum none'],
    ['a quorum of nobody', 'quorum W'],
    ['a witness that is named later', `quorum W\n${witness('W', 1)}`],
    ['a name twice', `${witness('W', 1)}\n${witness('W', 2)}\nquorum W`],
    ['one key under two names', `${witness('W', 1)}\n${witness('V', 1)}\nquorum W`],
    ['the name none', `${witness('none', 1)}\nquorum none`],
    ["a log's key for a witness", `witness W ${keyOf('W', 1, 'log')}\nquorum W`],
    ["a witness's key for a log", `log ${keyOf('L', 1)}\nquorum none`],
    ['a member of two groups', `${witness('W', 1)}\ngroup A any W\ngroup B any W\nquorum A`],
    ['more than there are', `${witness('W', 1)}\ngroup A 2 W\nquorum A`],
    ['none of them', `${witness('W', 1)}\ngroup A 0 W\nquorum A`],
    ['a group of nobody', 'group A all\nquorum A'],
    ['an unknown line', 'quorum none\nmirror x'],
    ['a carriage return', 'quorum none\r\n'],
  ])('is refused: %s', (_, text) => {
    expect(() => parsePolicy(text)).toThrow('verify.policy');
  });
});
