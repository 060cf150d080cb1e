/**
 * C2SP tlog-policy: a text that a verifier brings along, which says whose signatures a checkpoint needs. Lines `log`, `witness`,
 * `group` and one `quorum`; each name is defined before it is used.
 */
import { AppError } from '../errors.ts';
import { toHex } from '../hash.ts';
import { parseVerifierKey, type NoteKey } from './note.ts';

/** At least this many of the members: witnesses (by name in the file) or groups. */
interface Group {
  readonly atLeast: number;
  readonly members: readonly string[];
}

export interface WitnessPolicy {
  readonly logs: readonly NoteKey[];
  readonly witnesses: ReadonlyMap<string, NoteKey>;
  readonly groups: ReadonlyMap<string, Group>;
  /** Name of a witness or group; null: none is needed. */
  readonly quorum: string | null;
}

const mostLines = 1000;

/** @throws AppError invalid `verify.policy` with the number of the line */
export function parsePolicy(text: string): WitnessPolicy {
  const logs: NoteKey[] = [];
  const witnesses = new Map<string, NoteKey>();
  const groups = new Map<string, Group>();
  const taken = new Set<string>();
  let quorum: string | null | undefined;
  let no = 0;
  const refuse = () => new AppError('invalid', 'verify.policy', { params: { line: no } });
  const isDefined = (name: string) => witnesses.has(name) || groups.has(name);

  function keyOf(word: string | undefined, type: NoteKey['type'], before: Iterable<NoteKey>): NoteKey {
    let key: NoteKey;
    try {
      key = parseVerifierKey(word ?? '');
    } catch {
      throw refuse();
    }
    const isTwice = [...before].some((k) => toHex(k.publicKey) === toHex(key.publicKey));
    if (key.type !== type || isTwice) throw refuse();
    return key;
  }
  function nameOf(word: string | undefined): string {
    if (word === undefined || word === 'none' || isDefined(word)) throw refuse();
    return word;
  }

  // The characters that the specification forbids.
  const forbidden = /[\u0000-\u0008\u000b-\u001f\u007f]/;
  const lines = text.split('\n');
  if (lines.length > mostLines) throw refuse();
  for (const line of lines) {
    no += 1;
    if (forbidden.test(line)) throw refuse();
    const words = line.split(/[ \t]+/).filter((word) => word !== '');
    const [what, ...rest] = words;
    if (what === undefined || what.startsWith('#')) continue;
    switch (what) {
      case 'log':
        if (rest.length > 2) throw refuse();
        logs.push(keyOf(rest[0], 'log', logs));
        break;
      case 'witness': {
        if (rest.length > 3) throw refuse();
        const name = nameOf(rest[0]);
        witnesses.set(name, keyOf(rest[1], 'cosignature', witnesses.values()));
        break;
      }
      case 'group': {
        const [, count = '', ...members] = rest;
        const name = nameOf(rest[0]);
        for (const member of members) {
          if (!isDefined(member) || taken.has(member)) throw refuse();
          taken.add(member);
        }
        const isNumber = /^[1-9][0-9]{0,3}$/.test(count);
        const atLeast = count === 'any' ? 1 : count === 'all' ? members.length : isNumber ? Number(count) : 0;
        if (atLeast < 1 || atLeast > members.length) throw refuse();
        groups.set(name, { atLeast, members });
        break;
      }
      case 'quorum': {
        const [name] = rest;
        if (quorum !== undefined || rest.length !== 1 || name === undefined) throw refuse();
        if (name !== 'none' && !isDefined(name)) throw refuse();
        quorum = name === 'none' ? null : name;
        break;
      }
      default:
        throw refuse();
    }
  }
  no = lines.length;
  if (quorum === undefined) throw refuse();
  return { logs, witnesses, groups, quorum };
}

/** @param hasSigned whether a witness, by its name in the file, has signed */
export function isQuorum(policy: WitnessPolicy, hasSigned: (name: string) => boolean): boolean {
  const holds = (name: string): boolean => {
    const group = policy.groups.get(name);
    return group ? group.members.filter(holds).length >= group.atLeast : hasSigned(name);
  };
  return policy.quorum === null || holds(policy.quorum);
}
