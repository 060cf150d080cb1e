/**
 * The attacker. He has a closed campaign's files as they lie on the disk, the server's log, all checkpoints with their times, two backups made while it was
 * open, the full list of phones and codes with their schools, and he knows who answered when. He wants to know who gave which answers.
 */
import { createHash } from 'node:crypto';
import Database from 'better-sqlite3';
import { pseudonymOf } from '../../src/domain/code/pseudonym.ts';
import { atLeast, atMost, rightOf, rightPairs, sumOf } from './chance.ts';

export interface Person {
  readonly code: string;
  readonly phone: string;
  readonly school: string;
  /** When he or she sent answers, ascending. */
  readonly times: readonly number[];
}

export interface Loot {
  /** Path of the closed campaign's database. */
  readonly database: string;
  /** Everything that lies beside it, by name: log file, index of the log file. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly backups: readonly { readonly path: string; readonly bytes: Buffer }[];
  readonly serverLog: string;
  readonly checkpoints: readonly { readonly size: number; readonly at: number }[];
  readonly people: readonly Person[];
}

interface Row {
  readonly pseudonym: Buffer;
  readonly revision: number;
  readonly stratum: number;
  readonly channel: number;
  readonly nonce: Buffer | null;
  readonly answers: Buffer | null;
  readonly lot: number;
  readonly content: Buffer | null;
}

/** All that one respondent left. */
interface Trace {
  readonly pseudonym: Buffer;
  readonly rows: readonly Row[];
}

/** People and traces that belong together: as many of the one as of the other. */
export interface Class {
  readonly name: string;
  /** In the order in which they answered. */
  readonly people: readonly Person[];
  readonly traces: readonly Trace[];
}

const hex = (b: Uint8Array) => Buffer.from(b).toString('hex');

function read<T>(path: string, sql: string): T[] {
  const raw = new Database(path, { readonly: true });
  try {
    return raw.prepare(sql).all() as T[];
  } finally {
    raw.close();
  }
}

function tracesOf(loot: Loot): readonly Trace[] {
  const byPseudonym = new Map<string, Row[]>();
  for (const row of read<Row>(
    loot.database,
    `SELECT pseudonym, revision, reporting_stratum AS stratum, channel, nonce, answers, lot, content_hash AS content
     FROM responses ORDER BY pseudonym, revision`,
  ))
    byPseudonym.set(hex(row.pseudonym), [...(byPseudonym.get(hex(row.pseudonym)) ?? []), row]);
  return [...byPseudonym.values()].map((rows) => ({ pseudonym: rows[0]!.pseudonym, rows }));
}

/**
 * What anybody with the files and the times knows at once: the stratum is that of the school; and as a stratum's waiting answers go into a lot together,
 * lots take them in the order of time. A respondent is in the class of those whose answers went into the same lots.
 */
export function classesOf(loot: Loot): readonly Class[] {
  const strata = read<{ no: number; schools: string }>(
    loot.database,
    'SELECT no, schools FROM reporting_strata',
  );
  const stratumOf = (p: Person) =>
    strata.find((s) => (JSON.parse(s.schools) as string[]).includes(p.school))!.no;
  const traces = tracesOf(loot);
  const sent = loot.people
    .flatMap((person) => person.times.map((at) => ({ person, at, stratum: stratumOf(person) })))
    .sort((a, b) => a.at - b.at);
  const lotsOf = new Map<Person, number[]>();
  for (const { no } of strata) {
    const lots = traces
      .flatMap((t) => t.rows)
      .filter((r) => r.stratum === no)
      .map((r) => r.lot)
      .sort((a, b) => a - b);
    sent
      .filter((s) => s.stratum === no)
      .forEach(({ person }, i) => lotsOf.set(person, [...(lotsOf.get(person) ?? []), lots[i]!]));
  }
  const classes = new Map<string, { people: Person[]; traces: Trace[] }>();
  const classOf = (name: string) => {
    let found = classes.get(name);
    if (!found) classes.set(name, (found = { people: [], traces: [] }));
    return found;
  };
  for (const person of [...loot.people].sort((a, b) => (a.times[0] ?? 0) - (b.times[0] ?? 0)))
    if (person.times.length > 0)
      classOf(`${stratumOf(person)} ${lotsOf.get(person)!.join(',')}`).people.push(person);
  for (const trace of traces)
    classOf(`${trace.rows[0]!.stratum} ${trace.rows.map((r) => r.lot).join(',')}`).traces.push(trace);
  return [...classes].map(([name, c]) => ({ name, ...c }));
}

/** A number that may grow with the time of answering; undefined where there is none. */
export interface Clue {
  readonly name: string;
  readonly of: (trace: Trace) => number | undefined;
}

const pageSize = 4096;
const fraction = (b: Uint8Array) => parseInt(hex(b.subarray(0, 6)), 16);

/** Where each needle stands in a file: every place, for the first time and for the last. */
function places(file: string, bytes: Buffer, needleOf: (t: Trace) => Buffer | null, what: string): Clue[] {
  const all = (t: Trace) => {
    const needle = needleOf(t);
    const found: number[] = [];
    if (needle)
      for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + 1)) found.push(at);
    return found;
  };
  const cache = new Map<Trace, readonly number[]>();
  const at = (t: Trace) => {
    let found = cache.get(t);
    if (!found) cache.set(t, (found = all(t)));
    return found;
  };
  const inPage = (n: number | undefined) => (n === undefined ? undefined : n % pageSize);
  return [
    { name: `${what} in ${file}: whether, how often`, of: (t) => at(t).length },
    { name: `${what} in ${file}: first place`, of: (t) => at(t)[0] },
    { name: `${what} in ${file}: last place`, of: (t) => at(t).at(-1) },
    { name: `${what} in ${file}: first place in its page`, of: (t) => inPage(at(t)[0]) },
    { name: `${what} in ${file}: last place in its page`, of: (t) => inPage(at(t).at(-1)) },
  ];
}

/** Everything that might betray an order: keys, nonces, hashes, order of leaves, places in files, pages and logs, what a backup holds already, order of tallies. */
export function cluesOf(loot: Loot): readonly Clue[] {
  const leaves = new Map(
    read<{ no: number; data: Buffer }>(
      loot.database,
      'SELECT no, data FROM evidence_leaves WHERE type = 1',
    ).map((l) => [hex(l.data), l.no]),
  );
  const leafOf = (r: Row) => {
    const data = Buffer.alloc(20, r.pseudonym);
    data.writeUInt32BE(r.revision, 16);
    return leaves.get(hex(data));
  };
  const cells = read<{ id: number; stratum: number; channel: number }>(
    loot.database,
    'SELECT rowid AS id, reporting_stratum AS stratum, channel FROM tallies',
  );
  const last = (t: Trace) => t.rows.at(-1)!;
  const nonce = (t: Trace) => t.rows.findLast((r) => r.nonce)?.nonce ?? null;
  const sheet = (t: Trace) => t.rows.findLast((r) => r.answers)?.answers ?? null;
  const clues: Clue[] = [
    { name: 'pseudonym', of: (t) => fraction(t.pseudonym) },
    { name: 'nonce', of: (t) => (nonce(t) ? fraction(nonce(t)!) : undefined) },
    { name: 'first nonce', of: (t) => (t.rows[0]!.nonce ? fraction(t.rows[0]!.nonce) : undefined) },
    {
      name: 'answers',
      of: (t) => (sheet(t) ? fraction(Buffer.concat([sheet(t)!, Buffer.alloc(6)])) : undefined),
    },
    {
      name: 'what the leaf commits to',
      of: (t) =>
        nonce(t) ? fraction(createHash('sha256').update(nonce(t)!).update(sheet(t)!).digest()) : undefined,
    },
    { name: 'leaf of the first answer', of: (t) => leafOf(t.rows[0]!) },
    { name: 'leaf of the last answer', of: (t) => leafOf(last(t)) },
    {
      name: 'order of tally cells',
      of: (t) => cells.find((c) => c.stratum === last(t).stratum && c.channel === last(t).channel)?.id,
    },
    ...[...loot.files, ...loot.backups.map((b, i): [string, Buffer] => [`backup ${i + 1}`, b.bytes])].flatMap(
      ([name, bytes]) => [
        ...places(name, bytes, (t) => t.pseudonym, 'pseudonym'),
        ...places(name, bytes, nonce, 'nonce'),
        ...places(name, bytes, (t) => t.rows[0]!.nonce, 'first nonce'),
      ],
    ),
    ...(['hex', 'base64'] as const).map((how) => ({
      name: `pseudonym in the server's log, ${how}`,
      of: (t: Trace) => {
        const at = loot.serverLog.indexOf(t.pseudonym.toString(how));
        return at < 0 ? undefined : at;
      },
    })),
  ];
  const since = new Map<string, number>();
  loot.backups.forEach(({ path }, i) => {
    const there = new Set(
      read<{ pseudonym: Buffer }>(path, 'SELECT pseudonym FROM responses').map((r) => hex(r.pseudonym)),
    );
    for (const pseudonym of there) if (!since.has(pseudonym)) since.set(pseudonym, i);
    clues.push({ name: `row in backup ${i + 1}`, of: (t) => (there.has(hex(t.pseudonym)) ? 0 : 1) });
  });
  clues.push({ name: 'first backup that has a row', of: (t) => since.get(hex(t.pseudonym)) });
  return clues;
}

export interface Verdict {
  readonly clue: string;
  readonly people: number;
  /** Right pairs, when the people of a class in the order of their times are paired with its traces in the order of the clue. */
  readonly pairs: number;
  /** How often chance does as well or better. */
  readonly chanceOfPairs: number;
  /** How many of the earlier part of a class are among its lower part by the clue; and how often chance is as far off, to the side where it is. */
  readonly half: number;
  readonly chanceOfHalf: number;
}

/** Pairs by one clue, and counts what was right; `isRight` knows. */
export function judge(
  classes: readonly Class[],
  clue: Clue,
  isRight: (person: Person, pseudonym: Buffer) => boolean,
): Verdict {
  let [people, pairs, half] = [0, 0, 0];
  const ofPairs: (readonly number[])[] = [];
  const ofHalf: (readonly number[])[] = [];
  for (const c of classes) {
    const n = c.people.length;
    const values = new Set(c.traces.map((t) => clue.of(t)));
    // Where the clue says nothing, or there is but one to choose, chance knows as much.
    if (n < 2 || values.size < 2) continue;
    const sorted = [...c.traces].sort(
      (a, b) =>
        (clue.of(a) ?? Infinity) - (clue.of(b) ?? Infinity) || Buffer.compare(a.pseudonym, b.pseudonym),
    );
    people += n;
    pairs += c.people.filter((person, i) => isRight(person, sorted[i]!.pseudonym)).length;
    // A clue that has but two values says where to cut.
    const least = clue.of(sorted[0]!);
    const a = values.size === 2 ? sorted.filter((t) => clue.of(t) === least).length : Math.floor(n / 2);
    half += c.people
      .slice(0, a)
      .filter((person) => sorted.slice(0, a).some((t) => isRight(person, t.pseudonym))).length;
    ofPairs.push(rightPairs(n));
    ofHalf.push(rightOf(n, a));
  }
  const [p, h] = [sumOf(ofPairs), sumOf(ofHalf)];
  return {
    clue: clue.name,
    people,
    pairs,
    chanceOfPairs: atLeast(p, pairs),
    half,
    chanceOfHalf: Math.min(atLeast(h, half), atMost(h, half)),
  };
}

/** With the key there is nothing to guess. */
export function matchWithKey(loot: Loot, key: Uint8Array): ReadonlyMap<Person, Buffer> {
  const traces = new Map(tracesOf(loot).map((t) => [hex(t.pseudonym), t.pseudonym]));
  const found = new Map<Person, Buffer>();
  for (const person of loot.people) {
    const trace = traces.get(hex(pseudonymOf(key, person.code)));
    if (trace) found.set(person, trace);
  }
  return found;
}
