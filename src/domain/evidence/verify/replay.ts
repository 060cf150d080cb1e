/**
 * The verifier: reads a bundle and says whether it is whole, whether it is the log that the given checkpoints are of, whether everything in it follows from
 * what was committed before, and what the summary is. Shares with the writer hashing, decoding and scoring; nothing of storage, intake or the fold. Whatever is
 * wrong becomes a finding with what was expected and what was found: nothing is repaired, nothing is trusted because it is signed.
 */
import { AppError } from '../../errors.ts';
import { readDice, seedFromDice } from '../../frame/sample.ts';
import { canonicalJson, contentHash, fromBase64, fromHex, sha256, toHex } from '../../hash.ts';
import { checkQuestionnaire } from '../../questionnaire/check.ts';
import { compileQuestionnaire } from '../../questionnaire/compile.ts';
import type { CompiledQuestionnaire } from '../../questionnaire/compiled.ts';
import { decodeAnswers } from '../../questionnaire/decode.ts';
import { checkProfile, type RuleProfile } from '../../scoring/rules/profile.ts';
import {
  countRolls,
  createSheetCounter,
  findRecountableFlags,
  recountableFlags,
} from '../../scoring/signals/find-flags.ts';
import { compareFlags, type Flag } from '../../scoring/signals/flags.ts';
import {
  computeSummary,
  type QuestionnaireTexts,
  type Summary,
  type SummaryInput,
} from '../../scoring/summary/summary.ts';
import { questionnaireTexts, summaryCampaign, voidsOfCounty } from '../../scoring/summary/summary-input.ts';
import { suppressSummary } from '../../scoring/suppression/suppression.ts';
import { decodeTally, type TallyCell, type TallyKey } from '../../scoring/tally/tally.ts';
import { createValidityTest } from '../../scoring/rules/valid.ts';
import {
  decodeIssued,
  parseHead,
  parseLine,
  sections,
  type BundleHead,
  type BundleLine,
  type LeafLine,
} from '../bundle.ts';
import {
  canaryCommitment,
  judgeCanary,
  parseCanaryFile,
  type CanaryFile,
  type CanaryResult,
} from '../canaries.ts';
import { encodeFrameEntry } from '../frame-entry.ts';
import {
  decodeResponseLeaf,
  decodeStateLeaf,
  leafTypeOf,
  type StateLeaf,
  type StateLeafBody,
  type StateLeafType,
} from '../leaf.ts';
import { createTreeBuilder, leafHash } from '../merkle.ts';
import {
  isSignedBy,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  type Note,
  type NoteKey,
} from '../note.ts';
import { cellName, createCellCounter } from './recount-cells.ts';
import { hasIneligible, sumIneligible, type IneligibleCount } from '../../campaign/proposal.ts';
import type { RevisionRule } from '../../answer/revision.ts';
import { parseReceipt } from '../receipt.ts';
import { replayDraw, type DrawInput } from './replay-draw.ts';
import { createRespondents, isCounted, type Place } from './respondents.ts';
import type { Channel } from '../../model/vocabulary.ts';

/** Opens the bundle anew and gives its lines, some at a time. */
export type BundleSource = () => AsyncIterable<readonly string[]>;

export const findingCodes = [
  'malformed',
  'truncated',
  'key',
  'checkpoint-signature',
  'checkpoint-root',
  'checkpoint-beyond',
  'checkpoint-missing',
  'leaf-differs',
  'leaf-missing',
  'leaf-malformed',
  'order',
  'document',
  'frame-root',
  'seed',
  'draw',
  'issue',
  'late',
  'two-people',
  'ineligible',
  'lot',
  'not-issued',
  'wrong-stratum',
  'revision',
  'contents-differ',
  'answers',
  'superseded-contents',
  'contents-missing',
  'dispositions',
  'first-answers',
  'canary-issue',
  'canary-file',
  'canary',
  'receipt',
  'receipt-missing',
  'flags',
  'erased-contents',
  'tallies',
  'summary',
] as const;
export type FindingCode = (typeof findingCodes)[number];

export interface Finding {
  readonly code: FindingCode;
  /** Index of the leaf; null where it concerns no single one. */
  readonly leaf: number | null;
  readonly expected: string;
  readonly found: string;
}

/** What an inspector should look at, though nothing is wrong with it. */
export interface LogEvent {
  readonly leaf: number;
  readonly type: StateLeafType;
  readonly at: number;
  readonly by: string | null;
  readonly what: string;
}

export interface Verification {
  readonly ok: boolean;
  readonly findings: readonly Finding[];
  /** Findings beyond those named. */
  readonly more: number;
  readonly head: BundleHead | null;
  readonly size: number;
  /** Hexadecimal. */
  readonly root: string;
  /** Checkpoints given from outside that the log agrees with. */
  readonly held: number;
  /** Receipts given whose leaf is in the log. */
  readonly receipts: number;
  /** Each test contact of the file given; null: none was given, or it is not the one committed to. */
  readonly canaries: readonly CanaryResult[] | null;
  readonly responses: number;
  readonly respondents: number;
  readonly events: readonly LogEvent[];
  /** When answers were erased at the end of the storage period: the summary is then that of the tallies that the log commits to, not counted again. */
  readonly erasedAt: number | null;
  /** Earlier versions stated less, and had other rules: which ones the log was read by. */
  readonly rules: { readonly revision: RevisionRule; readonly statesFates: boolean };
  /** After suppression, as the service shows it; null if it does not follow from the bundle. */
  readonly summary: Summary | null;
}

export interface VerifyOptions {
  /** Checkpoints kept outside the service, as they were published. */
  readonly checkpoints?: readonly string[];
  /** Opens the commitment to an inspector's test contacts. */
  readonly canaries?: string | undefined;
  /** Receipts that respondents kept. */
  readonly receipts?: readonly string[];
  /** The log's verifier key, if it is known from elsewhere (a poster). */
  readonly key?: string | undefined;
}

const maximumNamed = 100;

/** Splits text that comes in pieces into lines; the last one must end in a newline. */
export function createLineSplitter(): { push(text: string): readonly string[]; rest(): string } {
  let rest = '';
  return {
    push(text) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      return lines;
    },
    rest: () => rest,
  };
}

export async function verifyBundle(source: BundleSource, options: VerifyOptions = {}): Promise<Verification> {
  const run = createRun(options);
  try {
    let number = 0;
    for await (const lines of source()) {
      for (const line of lines) {
        number += 1;
        if (number === 1) run.head(parseHead(line));
        else run.line(parseLine(line, number), number);
      }
    }
    await run.finish(number, source);
  } catch (error) {
    // RangeError: what should be base 64 is not.
    if (!(error instanceof AppError || error instanceof RangeError)) throw error;
    const params = error instanceof AppError ? canonicalJson(error.params) : '';
    run.find('malformed', null, '', `${error.message} ${params}`.trim());
  }
  return run.result();
}

function createRun(options: VerifyOptions) {
  const findings: Finding[] = [];
  let more = 0;
  function find(code: FindingCode, leaf: number | null, expected: string, found: string): void {
    if (findings.length < maximumNamed) findings.push({ code, leaf, expected, found });
    else more += 1;
  }

  let head: BundleHead | null = null;
  let key: NoteKey | null = null;
  let section = 0;
  let ended: number | null = null;

  // Documents, roll, codes.
  const documents = new Map<string, unknown>();
  let schools: DrawInput['schools'] = [];
  const frameTree = createTreeBuilder();
  let lastEntry = '';
  const respondents = createRespondents();
  let firstCells: readonly TallyCell[] = [];
  let firstHash: string | null = null;
  let lastCells: readonly TallyCell[] = [];
  let lastHash: string | null = null;
  let erasedAt: number | null = null;
  const declared: (IneligibleCount & { readonly leaf: number })[] = [];

  // Roots that the log must have had, by size.
  interface Wanted {
    readonly root: string;
    readonly isHeld: boolean;
  }
  const wanted = new Map<number, Wanted[]>();
  let agreed = 0;
  /** Whose signatures are checked at the end, when all keys of the log are known. */
  const signed: {
    readonly code: 'checkpoint-signature' | 'receipt';
    /** null: a receipt. */
    readonly size: number | null;
    readonly note: Note;
    readonly raw: string;
  }[] = [];
  const rekeys: { readonly index: number; readonly before: string; readonly after: string }[] = [];
  /** Leaf hashes that receipts promised: found yet? */
  const promised = new Map<string, boolean>();
  /** Answers that count of test contacts, by pseudonym. */
  const canaryAnswers = new Map<string, string>();
  let canaries: readonly CanaryResult[] | null = null;
  let lastAgreed = 0;

  // The log.
  const tree = createTreeBuilder();
  const states = new Map<StateLeafType, StateLeaf[]>();
  const events: LogEvent[] = [];
  let lots = 0;
  let leftInLot = 0;
  let previousHash: Uint8Array | null = null;
  let responses = 0;
  const visitors = new Set<number>();
  const linked = new Map<number, Place>();
  const questionnaires = new Map<number, CompiledQuestionnaire>();
  const texts = new Map<number, QuestionnaireTexts>();
  let profile: RuleProfile | null = null;
  const counter = createCellCounter();
  const sheets = createSheetCounter();
  /** Contacts by group and school, as the roll's entries name them. */
  const affiliated = new Map<string, number>();
  const validity = new Map<number, (answers: Uint8Array) => boolean>();

  const first = <T extends StateLeafType>(type: T): StateLeafBody<T> | undefined =>
    states.get(type)?.[0]?.body as StateLeafBody<T> | undefined;
  const all = <T extends StateLeafType>(type: T): readonly StateLeafBody<T>[] =>
    (states.get(type) ?? []).map((s) => s.body as StateLeafBody<T>);

  function want(size: number, root: Uint8Array, isHeld: boolean): void {
    wanted.set(size, [...(wanted.get(size) ?? []), { root: toHex(root), isHeld }]);
  }
  function checkRoot(): void {
    const list = wanted.get(tree.size);
    if (!list) return;
    wanted.delete(tree.size);
    const root = toHex(tree.root());
    for (const w of list) {
      if (w.root !== root) {
        // Somewhere after the last root that agrees.
        find('checkpoint-root', lastAgreed, `${w.root} at ${tree.size} leaves`, root);
        continue;
      }
      lastAgreed = tree.size;
      if (w.isHeld) agreed += 1;
    }
  }

  function takeHead(value: BundleHead): void {
    head = value;
    key = parseVerifierKey(value.key);
    if (options.key !== undefined && options.key.trim() !== value.key) {
      find('key', null, options.key.trim(), value.key);
      key = parseVerifierKey(options.key);
    }
    for (const raw of options.checkpoints ?? []) takeCheckpoint(raw, true);
    for (const raw of options.receipts ?? []) {
      try {
        // Who signed it shows when the log has said which keys it had.
        const { origin, note, leaf } = parseReceipt(raw);
        if (origin !== key.name)
          throw new AppError('invalid', 'evidence.receipt-key', { params: { origin } });
        signed.push({ code: 'receipt', size: null, note, raw });
        promised.set(toHex(leaf), false);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        find('receipt', null, value.key, raw.slice(0, 200));
      }
    }
    checkRoot();
  }

  function takeCheckpoint(raw: string, isHeld: boolean): void {
    if (!key) return;
    try {
      const note = parseNote(raw);
      const { origin, size, root } = parseCheckpoint(note.text);
      if (origin !== key.name) throw new AppError('invalid', 'evidence.signature', { params: { origin } });
      signed.push({ code: 'checkpoint-signature', size, note, raw });
      want(size, root, isHeld);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      find('checkpoint-signature', null, head?.key ?? '', raw.slice(0, 200));
    }
  }

  /**
   * Each note is signed by the key that the log had at its size: the present one, or, before a `rekey` leaf, the one that the leaf replaced. Receipts have no
   * size: any key that the log ever had may have signed them.
   */
  function checkSignatures(): void {
    if (!key || !head) return;
    const present = key;
    const keyOf = (publicKey: string): NoteKey => ({ ...present, publicKey: fromHex(publicKey) });
    for (const [i, { index, after }] of rekeys.entries()) {
      const next = rekeys[i + 1]?.before ?? toHex(present.publicKey);
      if (after !== next) find('key', index, next, after);
    }
    for (const { code, size, note, raw } of signed) {
      const keys =
        size === null
          ? [present, ...rekeys.map((r) => keyOf(r.before))]
          : [keyOf(rekeys.find((r) => size <= r.index)?.before ?? toHex(present.publicKey))];
      if (!keys.some((k) => isSignedBy(note, k))) find(code, null, head.key, raw.slice(0, 200));
    }
  }

  function takeLine(line: BundleLine, number: number): void {
    const at = sections.indexOf(line.kind);
    if (at < section || ended !== null)
      throw new AppError('corrupt', 'evidence.bundle', { params: { line: number, fault: 'order' } });
    section = at;
    switch (line.kind) {
      case 'document': {
        const { document, hash, body } = line.value;
        let value: unknown;
        try {
          value = JSON.parse(body);
        } catch {
          value = null;
        }
        if (contentHash(value) !== hash) find('document', null, hash, contentHash(value));
        else documents.set(`${document} ${hash}`, value);
        return;
      }
      case 'schools':
        schools = line.value;
        return;
      case 'entries':
        for (const { id, group, schools: of, commitment } of line.value) {
          if (id <= lastEntry) find('frame-root', null, `more than ${lastEntry}`, id);
          lastEntry = id;
          const affiliations = of.map(([school, grade]) => ({ school, grade: grade === 0 ? null : grade }));
          for (const school of new Set(affiliations.map((a) => a.school))) {
            const name = `${group} ${school}`;
            affiliated.set(name, (affiliated.get(name) ?? 0) + 1);
          }
          const entry = { id: fromHex(id), group, affiliations, commitment: fromHex(commitment) };
          frameTree.append(leafHash(encodeFrameEntry(entry)));
        }
        return;
      case 'issued':
        for (const { pseudonym, ...place } of decodeIssued(line.value))
          if (!respondents.addIssued(pseudonym, place))
            find('issue', null, 'ascending pseudonyms', toHex(pseudonym));
        return;
      case 'first':
        firstHash = contentHash(line.value);
        firstCells = line.value.map((c) => ({ ...c, bytes: fromHex(c.bytes) }));
        return;
      case 'last':
        lastHash = contentHash(line.value);
        lastCells = line.value.map((c) => ({ ...c, bytes: fromHex(c.bytes) }));
        return;
      case 'checkpoint':
        takeCheckpoint(line.value, false);
        return;
      case 'leaf':
        takeLeaf(line.value);
        return;
      case 'end':
        if (line.value !== number - 1) find('truncated', null, String(line.value), String(number - 1));
        ended = line.value;
    }
  }

  function takeLeaf(line: LeafLine): void {
    const index = tree.size;
    const hash = fromBase64(line.h);
    // What was appended; whether the leaf is still what was appended is another question.
    tree.append(hash);
    if (line.l === null) find('leaf-missing', index, toHex(hash), '');
    else {
      const data = fromBase64(line.l);
      const got = leafHash(data);
      if (!sameBytes(got, hash)) find('leaf-differs', index, toHex(hash), toHex(got));
      if (promised.size > 0 && promised.has(toHex(hash))) promised.set(toHex(hash), true);
      try {
        if (leafTypeOf(data) === 'response') takeResponse(index, data, hash, line.c);
        else takeState(index, decodeStateLeaf(data));
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        find('leaf-malformed', index, '', String(error.params['fault']));
      }
    }
    checkRoot();
  }

  // State --------------------------------------------------------------------------------------------------------------

  /** What must have come before, and what must not. */
  const order: Readonly<
    Record<
      StateLeafType,
      { readonly after?: StateLeafType; readonly before?: StateLeafType; readonly once?: true }
    >
  > = {
    frame: { once: true, before: 'draw' },
    'late-edit': { after: 'frame', before: 'closing' },
    draw: { after: 'frame', before: 'open', once: true },
    issue: { after: 'draw', before: 'open', once: true },
    'late-issue': { after: 'issue', before: 'closing' },
    links: { after: 'issue', before: 'closing' },
    open: { after: 'issue', once: true },
    export: { after: 'issue', before: 'closing' },
    void: { after: 'frame' },
    dates: { after: 'frame', before: 'closing' },
    ineligible: { after: 'frame', before: 'closing' },
    flag: { after: 'issue' },
    signal: { after: 'dispositions', before: 'keys-destroyed' },
    lot: { after: 'open', before: 'keys-destroyed' },
    closing: { after: 'open', once: true },
    dispositions: { after: 'closing', once: true },
    'keys-destroyed': { after: 'dispositions' },
    closed: { after: 'keys-destroyed', once: true },
    release: { after: 'closed', once: true },
    bundle: { after: 'closed' },
    canaries: { after: 'frame', before: 'draw', once: true },
    'canaries-opened': { after: 'closed' },
    rekey: { after: 'frame' },
  };

  function takeState(index: number, leaf: StateLeaf): void {
    const { type } = leaf;
    if (leftInLot > 0) {
      find('lot', index, `${leftInLot} more responses`, type);
      leftInLot = 0;
    }
    if ((index === 0) !== (type === 'frame'))
      find('order', index, index === 0 ? 'frame' : 'no second frame', type);
    const rule = order[type];
    if (rule.after !== undefined && !states.has(rule.after))
      find('order', index, `${rule.after} before`, type);
    if (rule.before !== undefined && states.has(rule.before))
      find('order', index, `no ${type} after ${rule.before}`, type);
    if (rule.once && states.has(type)) find('order', index, `one ${type}`, 'another');
    states.set(type, [...(states.get(type) ?? []), leaf]);
    tell(index, leaf);
    switch (leaf.type) {
      case 'frame':
        return takeFrame(index, leaf.body);
      case 'draw':
        return takeDraw(index, leaf.body);
      case 'issue':
        return takeIssue(index, leaf.body);
      case 'late-issue':
        return takeLateIssue(index, leaf.body);
      case 'open':
        respondents.setRevisionRule(revisionRule());
        return;
      case 'links':
        for (const { reportingStratum, questionnaire } of leaf.body.links)
          linked.set(reportingStratum, { questionnaire, samplingStratum: 0, reportingStratum, set: 'other' });
        return;
      case 'void':
      case 'ineligible':
      case 'dates':
        if (leaf.type === 'ineligible') declared.push({ ...leaf.body, leaf: index });
        if (leaf.body.by.id === null || leaf.body.by.id === leaf.body.proposedBy.id)
          find('two-people', index, `somebody other than ${leaf.body.proposedBy.name}`, leaf.body.by.name);
        return;
      case 'keys-destroyed':
        if (leaf.body.tallies !== undefined) takeErasure(index, leaf.body.tallies, leaf.body.at);
        return;
      case 'rekey':
        rekeys.push({ index, before: leaf.body.before, after: leaf.body.after });
        return;
      case 'lot':
        if (leaf.body.no !== lots + 1) find('lot', index, `lot ${lots + 1}`, `lot ${leaf.body.no}`);
        lots = leaf.body.no;
        leftInLot = leaf.body.responses;
        previousHash = null;
        return;
      default:
        return;
    }
  }

  /** Contents may be missing from here on, but not before they had to be. */
  function takeErasure(index: number, tallies: string, at: number): void {
    const until = first('open')?.storageUntil ?? 0;
    if (!states.has('closed')) find('order', index, 'closed before', 'erased');
    if (at < until)
      find('order', index, `not before ${new Date(until).toISOString()}`, new Date(at).toISOString());
    if (lastHash !== tallies) find('tallies', index, tallies, String(lastHash));
    erasedAt = at;
  }

  function tell(index: number, { type, body }: StateLeaf): void {
    const by = 'by' in body ? `${body.by.name} (${body.by.role})` : null;
    const { at: _at, by: _by, ...rest } = body as { at: number; by?: unknown };
    const what =
      type === 'issue' || type === 'dispositions' || type === 'late-issue' ? '' : canonicalJson(rest);
    events.push({ leaf: index, type, at: body.at, by, what });
  }

  function takeFrame(index: number, frame: StateLeafBody<'frame'>): void {
    if (head && (frame.campaign !== head.campaign || frame.county !== head.county))
      find('order', index, `${head.campaign}/${head.county}`, `${frame.campaign}/${frame.county}`);
    if (frame.size !== frameTree.size || frame.root !== toHex(frameTree.root()))
      find(
        'frame-root',
        index,
        `${frame.root} of ${frame.size}`,
        `${toHex(frameTree.root())} of ${frameTree.size}`,
      );
    if (frame.schools !== contentHash(schools)) find('document', index, frame.schools, contentHash(schools));
    const checkedProfile = checkProfile(documents.get(`profile ${frame.profile}`) ?? null);
    if (checkedProfile.ok && checkedProfile.hash === frame.profile) profile = checkedProfile.profile;
    else find('document', index, frame.profile, 'no such profile');
    for (const { no, hash } of frame.questionnaires) {
      const checked = checkQuestionnaire(documents.get(`questionnaire ${hash}`) ?? null);
      const compiled = checked.ok ? compileQuestionnaire(checked.questionnaire) : undefined;
      if (!checked.ok || compiled?.hash !== hash) {
        find('document', index, hash, 'no such questionnaire');
        continue;
      }
      questionnaires.set(no, compiled);
      texts.set(no, questionnaireTexts(checked.questionnaire));
      if (profile) validity.set(no, createValidityTest(profile.valid, compiled));
    }
  }

  function takeDraw(index: number, draw: StateLeafBody<'draw'>): void {
    const frame = first('frame');
    if (!frame) return;
    let seed = '';
    try {
      if (readDice(draw.dice) === draw.dice) seed = toHex(seedFromDice(fromHex(frame.root), draw.dice));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
    }
    if (seed !== draw.seed) find('seed', index, seed, draw.seed);
  }

  function takeIssue(index: number, issue: StateLeafBody<'issue'>): void {
    const cells = new Map<string, { readonly who: number[]; readonly place: Place }>();
    for (let who = 0; who < respondents.size; who++) {
      const place = respondents.placeOf(who);
      const name = `${place.questionnaire} ${place.samplingStratum} ${place.reportingStratum} ${place.set}`;
      const cell = cells.get(name);
      if (cell) cell.who.push(who);
      else cells.set(name, { who: [who], place });
    }
    for (const code of issue.codes) {
      const name = `${code.questionnaire} ${code.samplingStratum} ${code.reportingStratum} ${code.set}`;
      const cell = cells.get(name);
      cells.delete(name);
      const bytes = new Uint8Array((cell?.who.length ?? 0) * 16);
      cell?.who.forEach((who, i) => bytes.set(respondents.pseudonymOf(who), i * 16));
      const hash = toHex(sha256(bytes));
      if (code.count !== cell?.who.length || code.pseudonyms !== hash)
        find('issue', index, `${name}: ${code.count} ${code.pseudonyms}`, `${cell?.who.length ?? 0} ${hash}`);
    }
    for (const name of cells.keys()) find('issue', index, 'no codes', name);
    const issuedTo = (of: (code: (typeof issue.codes)[number]) => boolean) =>
      issue.codes.filter(of).reduce((n, c) => n + c.count, 0);
    for (const s of issue.sampling) {
      const drawn = issuedTo((c) => c.samplingStratum === s.no && c.set === 'drawn');
      const replacements = issuedTo((c) => c.samplingStratum === s.no && c.set === 'replacement');
      if (drawn !== s.drawn || replacements !== s.replacements)
        find('issue', index, `stratum ${s.no}: ${s.drawn} + ${s.replacements}`, `${drawn} + ${replacements}`);
    }
    for (const r of issue.reporting)
      for (const set of ['drawn', 'replacement'] as const) {
        const n = issuedTo((c) => c.reportingStratum === r.no && c.set === set);
        if (n !== r.issued[set]) find('issue', index, `stratum ${r.no}: ${r.issued[set]} ${set}`, String(n));
      }
  }

  function takeLateIssue(index: number, late: StateLeafBody<'late-issue'>): void {
    for (const { pseudonyms, count, ...place } of late.codes) {
      const bytes = fromHex(pseudonyms);
      if (bytes.length !== count * 16 || place.set !== 'other' || place.samplingStratum !== 0)
        find('late', index, `${count} codes outside the sample`, `${bytes.length / 16} ${place.set}`);
      for (let at = 0; at < bytes.length; at += 16)
        if (!respondents.addNamed(bytes.subarray(at, at + 16), place))
          find('late', index, 'a new pseudonym', pseudonyms.slice(at * 2, at * 2 + 32));
    }
    const codes = all('late-issue').reduce((n, l) => n + l.codes.reduce((m, c) => m + c.count, 0), 0);
    const added = all('late-edit').reduce((n, l) => n + l.added, 0);
    if (codes > added) find('late', index, `at most ${added} late contacts`, `${codes} late codes`);
  }

  // Responses ----------------------------------------------------------------------------------------------------------

  function takeResponse(index: number, data: Uint8Array, hash: Uint8Array, c: string | undefined): void {
    responses += 1;
    if (leftInLot === 0) find('lot', index, 'a lot that it belongs to', 'a response');
    else leftInLot -= 1;
    if (previousHash && compareHashes(previousHash, hash) >= 0)
      find('lot', index, `more than ${toHex(previousHash)}`, toHex(hash));
    previousHash = hash;

    const leaf = decodeResponseLeaf(data);
    const who = findRespondent(index, leaf.pseudonym, leaf.channel === 'link', leaf.reportingStratum);
    if (who < 0) return;
    const place = respondents.placeOf(who);
    if (place.reportingStratum !== leaf.reportingStratum)
      find('wrong-stratum', index, `stratum ${place.reportingStratum}`, `stratum ${leaf.reportingStratum}`);
    if (place.set === 'canary') canaryAnswers.set(toHex(leaf.pseudonym), 'erased');
    const recorded = respondents.record(who, leaf.revision, leaf.channel, c !== undefined);
    if (recorded !== 'recorded') {
      find('revision', index, 'a revision of its own', `revision ${leaf.revision} ${recorded}`);
      return;
    }
    if (c === undefined) return;
    const contents = fromBase64(c);
    const answers = contents.subarray(16);
    // nonce ‖ answers, as they stand there.
    const content = sha256(contents);
    if (!sameBytes(content, leaf.content)) {
      find('contents-differ', index, toHex(leaf.content), toHex(content));
      return;
    }
    const q = questionnaires.get(place.questionnaire);
    if (!q) return;
    try {
      decodeAnswers(q, answers);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      find('answers', index, q.id, error.message);
      return;
    }
    if (!isCounted(place)) {
      canaryAnswers.set(toHex(leaf.pseudonym), toHex(answers));
      return;
    }
    const valid = validity.get(place.questionnaire)?.(answers) ?? false;
    counter.add(place, leaf.channel, valid, q, answers);
    sheets.add(leaf.reportingStratum, q, answers);
  }

  function findRespondent(index: number, pseudonym: Uint8Array, isLink: boolean, stratum: number): number {
    const who = respondents.find(pseudonym);
    if (who >= 0 && visitors.has(who) === isLink) return who;
    const place = linked.get(stratum);
    if (who >= 0 || !isLink || !place) {
      find(
        'not-issued',
        index,
        isLink ? `a link of stratum ${stratum}` : 'an issued pseudonym',
        toHex(pseudonym),
      );
      return -1;
    }
    respondents.addNamed(pseudonym, place);
    const visitor = respondents.size - 1;
    visitors.add(visitor);
    return visitor;
  }

  // End ----------------------------------------------------------------------------------------------------------------

  async function finish(lines: number, source: BundleSource): Promise<void> {
    if (ended === null) find('truncated', null, 'a last line that counts the lines', `${lines} lines`);
    if (head && tree.size !== head.leaves) find('truncated', null, `${head.leaves} leaves`, `${tree.size}`);
    if (leftInLot > 0) find('lot', tree.size - 1, `${leftInLot} more responses`, 'the end');
    for (const [size, list] of wanted)
      for (const { isHeld } of list)
        find(
          'checkpoint-beyond',
          null,
          `${size} leaves${isHeld ? ' (checkpoint held outside)' : ''}`,
          `${tree.size}`,
        );
    if (lastAgreed !== tree.size || tree.size === 0)
      find('checkpoint-missing', null, `a signed checkpoint of ${tree.size} leaves`, `one of ${lastAgreed}`);
    // Tallies instead of answers: version 2, or version 1 of the days before there was a 2. Never beside answers.
    if (lastHash !== null && erasedAt === null && head?.version === 1)
      throw new AppError('corrupt', 'evidence.bundle', { params: { line: lines, fault: 'section' } });
    checkSignatures();
    for (const [leaf, isThere] of promised) if (!isThere) find('receipt-missing', null, leaf, '');
    checkCanaries();
    checkIneligible();
    await checkDraw(source);
    checkRespondents();
  }

  /** Codes of test contacts take nobody out of the sample, whose codes are counted by stratum; without the list no more can be said. */
  function checkCanaries(): void {
    const sealed = first('canaries');
    const cells = (first('issue')?.codes ?? []).filter((c) => c.set === 'canary');
    const issued = cells.reduce((n, c) => n + c.count, 0);
    if (issued > (sealed?.count ?? 0))
      find('canary-issue', indexOf('issue'), `at most ${sealed?.count ?? 0} test contacts`, String(issued));
    if (options.canaries === undefined) return;
    let file: CanaryFile;
    try {
      file = parseCanaryFile(options.canaries);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      find('canary-file', null, 'a list of test contacts', options.canaries.slice(0, 100));
      return;
    }
    const commitment = canaryCommitment(file);
    if (commitment !== sealed?.commitment || file.canaries.length !== sealed.count) {
      find('canary-file', indexOf('canaries'), sealed?.commitment ?? 'no test contacts', commitment);
      return;
    }
    canaries = file.canaries.map((canary) => {
      const who = respondents.find(fromHex(canary.pseudonym));
      const set = who < 0 ? null : respondents.placeOf(who).set;
      return judgeCanary(canary, { set, answers: canaryAnswers.get(canary.pseudonym) ?? null });
    });
    for (const { label, fault } of canaries) if (fault) find('canary', null, label, fault);
  }

  async function checkDraw(source: BundleSource): Promise<void> {
    const [frame, draw, issue] = [first('frame'), first('draw'), first('issue')];
    if (!frame || !draw || !issue || !profile) return;
    // What is not the committed roll can give no committed draw: said once, above.
    if (frame.root !== toHex(frameTree.root())) return;
    const entries = async function* () {
      for await (const lines of source()) {
        for (const line of lines) {
          if (line.startsWith('{"entries":')) {
            const parsed = parseLine(line, 0);
            if (parsed.kind === 'entries') yield* parsed.value;
          } else if (line.includes('"h":')) return;
        }
      }
    };
    const at = tree.size === 0 ? null : indexOf('issue');
    let again: Awaited<ReturnType<typeof replayDraw>>;
    try {
      again = await replayDraw({ frame, seed: fromHex(draw.seed), profile, schools, entries });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      find('draw', at, 'a draw', error.message);
      return;
    }
    const compare = (what: string, expected: unknown, found: unknown) => {
      if (canonicalJson(expected) !== canonicalJson(found))
        find(
          'draw',
          at,
          `${what} ${canonicalJson(expected)}`.slice(0, 400),
          canonicalJson(found).slice(0, 400),
        );
    };
    compare('quotas', again.quotas, draw.quotas);
    compare('moves', again.moves, draw.moves);
    compare('sampling strata', again.sampling, issue.sampling);
    compare('reporting strata', again.reporting, issue.reporting);
    compare('drawn contacts', again.contacts, issue.contacts);
  }

  const indexOf = (type: StateLeafType) => events.find((e) => e.type === type)?.leaf ?? null;

  function checkRespondents(): void {
    const again = new Map<number, { respondents: number; reanswered: number }>();
    const firsts = createPlaceCounter();
    const lasts = createPlaceCounter();
    for (let who = 0; who < respondents.size; who++) {
      const state = respondents.stateOf(who);
      if (state.revisions === 0) continue;
      const place = respondents.placeOf(who);
      const name = () => toHex(respondents.pseudonymOf(who));
      if (!state.isWhole) find('revision', null, `revisions 1 to ${state.revisions} of ${name()}`, 'others');
      if (erasedAt !== null) {
        if (state.contents > 0)
          find('erased-contents', null, `nothing of ${name()}`, `revision ${state.contents}`);
      } else if (state.hasTwoContents || (state.contents > 0 && state.contents !== state.best))
        find(
          'superseded-contents',
          null,
          `revision ${state.best} of ${name()}`,
          `revision ${state.contents}`,
        );
      else if (state.contents === 0)
        find('contents-missing', null, `revision ${state.best} of ${name()}`, '');
      if (!isCounted(place)) continue;
      let stratum = again.get(place.reportingStratum);
      if (!stratum) again.set(place.reportingStratum, (stratum = { respondents: 0, reanswered: 0 }));
      stratum.respondents += 1;
      if (state.revisions > 1) stratum.reanswered += 1;
      firsts.add(place, state.firstChannel);
      lasts.add(place, state.bestChannel);
    }
    checkDispositions(again, firsts.named());
    if (erasedAt !== null) checkTallies(lasts.named());
  }

  /** Respondents by place and channel. Of equal places always the same object is given. */
  function createPlaceCounter() {
    const counts = new Map<Place, Map<Channel, number>>();
    return {
      add(place: Place, channel: Channel): void {
        let own = counts.get(place);
        if (!own) counts.set(place, (own = new Map<Channel, number>()));
        own.set(channel, (own.get(channel) ?? 0) + 1);
      },
      named: (): ReadonlyMap<string, number> =>
        new Map(
          [...counts].flatMap(([place, own]) =>
            [...own].map(([channel, n]): [string, number] => [firstName({ ...place, channel }), n]),
          ),
        ),
    };
  }

  const firstName = (c: Place & { readonly channel: string }) =>
    `${c.questionnaire} ${c.samplingStratum} ${c.reportingStratum} ${c.channel} ${c.set}`;

  const cellsOfLast = () => (erasedAt === null ? counter.cells() : lastCells);
  function sizesOfLast(): readonly (TallyKey & { readonly n: number })[] {
    if (erasedAt === null) return counter.sizes();
    return lastCells.flatMap((cell) => {
      const q = questionnaires.get(cell.questionnaire);
      const n = q ? decodeTally(q, cell.bytes).n : 0;
      return n > 0 ? [{ ...cell, n }] : [];
    });
  }

  /** Tallies that cannot be counted again hold as many respondents as the log has, each where it has them. */
  function checkTallies(respondentsByCell: ReadonlyMap<string, number>): void {
    const sizes = new Map<string, number>();
    for (const cell of sizesOfLast()) sizes.set(firstName(cell), (sizes.get(firstName(cell)) ?? 0) + cell.n);
    const [a, b] = [respondentsByCell, sizes].map((m) => canonicalJson(Object.fromEntries(m)));
    if (a !== b) find('tallies', null, a!.slice(0, 400), b!.slice(0, 400));
  }

  function checkDispositions(
    again: ReadonlyMap<number, { readonly respondents: number; readonly reanswered: number }>,
    firsts: ReadonlyMap<string, number>,
  ): void {
    const dispositions = first('dispositions');
    if (!dispositions) return;
    const at = indexOf('dispositions');
    const counted = new Map<string, { answered: number; valid: number }>();
    for (const cell of sizesOfLast()) {
      const name = `${cell.reportingStratum} ${cell.set} ${cell.channel}`;
      const sum = counted.get(name) ?? { answered: 0, valid: 0 };
      sum.answered += cell.n;
      if (cell.valid) sum.valid += cell.n;
      counted.set(name, sum);
    }
    const compare = (code: 'dispositions' | 'first-answers', expected: unknown, found: unknown) => {
      const [a, b] = [canonicalJson(expected), canonicalJson(found)];
      if (a !== b) find(code, at, a.slice(0, 400), b.slice(0, 400));
    };
    const stated = dispositions.strata.filter((s) => s.answered > 0);
    compare(
      'dispositions',
      Object.fromEntries(
        stated.map((s) => [
          `${s.reportingStratum} ${s.set} ${s.channel}`,
          { answered: s.answered, valid: s.valid },
        ]),
      ),
      Object.fromEntries(counted),
    );
    compare(
      'dispositions',
      Object.fromEntries(
        dispositions.reanswers.map((r) => [
          r.reportingStratum,
          { respondents: r.respondents, reanswered: r.reanswered },
        ]),
      ),
      Object.fromEntries(again),
    );
    checkFlags(again);
    if (firstHash !== dispositions.first) {
      find('first-answers', at, dispositions.first, String(firstHash));
      return;
    }
    const sizes = new Map<string, number>();
    const last = new Map(cellsOfLast().map((c) => [cellName(c), toHex(c.bytes)]));
    for (const cell of firstCells) {
      const q = questionnaires.get(cell.questionnaire);
      if (!q) continue;
      const { n } = decodeTally(q, cell.bytes);
      if (n > 0) sizes.set(firstName(cell), (sizes.get(firstName(cell)) ?? 0) + n);
      // Where nobody answered again, the first answers are the last.
      if (again.get(cell.reportingStratum)?.reanswered === 0 && n > 0)
        compare(
          'first-answers',
          { [cellName(cell)]: toHex(cell.bytes) },
          { [cellName(cell)]: last.get(cellName(cell)) },
        );
    }
    compare('first-answers', Object.fromEntries(sizes), Object.fromEntries(firsts));
  }

  /** More than a stratum has makes its N too small, and the figure of those who are left too exact. */
  function checkIneligible(): void {
    const strata = first('issue')?.sampling ?? [];
    for (const [i, { samplingStratum, leaf, contacts, issued }] of declared.entries()) {
      const stratum = strata.find((s) => s.no === samplingStratum);
      const all = sumIneligible(declared.slice(0, i + 1), samplingStratum);
      if (stratum && issued <= contacts && hasIneligible(stratum, all)) continue;
      const drawn = (stratum?.drawn ?? 0) + (stratum?.replacements ?? 0);
      find(
        'ineligible',
        leaf,
        `stratum ${samplingStratum}: at most ${drawn} drawn of ${stratum?.frameSize ?? 0}`,
        `${all.issued} drawn of ${all.contacts}`,
      );
    }
  }

  const revisionRule = (): RevisionRule => first('open')?.revisionRule ?? 1;

  const statedFlags = (): readonly Flag[] => all('signal').map(({ at: _at, ...flag }) => flag);

  /** Flags that follow from what the bundle holds must be there, and no others of their kinds. What only the open service saw is stated in the leaves alone. */
  function checkFlags(
    again: ReadonlyMap<number, { readonly respondents: number; readonly reanswered: number }>,
  ): void {
    const issue = first('issue');
    if (!issue || !profile) return;
    // Signals and fates were stated from the same version on. A campaign that was opened since must state them.
    if (first('dispositions')?.fates === undefined) {
      if (first('open')?.revisionRule !== undefined)
        find('dispositions', indexOf('dispositions'), 'fates', 'none');
      return;
    }
    const found = findRecountableFlags(
      issue.reporting,
      {
        sheets,
        reanswers: [...again].map(([stratum, n]) => ({ stratum, n: n.respondents, x: n.reanswered })),
        rolls: countRolls(
          issue.reporting,
          schools,
          (group, school) => affiliated.get(`${group} ${school}`) ?? 0,
        ),
      },
      profile.minimumCell,
    );
    // Once the answers are erased, what was said of sheets can no longer be counted.
    const isCounted = ({ kind }: Flag) =>
      recountableFlags.has(kind) && (erasedAt === null || (kind !== 'identical' && kind !== 'uniform'));
    const stated = statedFlags().filter(isCounted).sort(compareFlags);
    const [a, b] = [canonicalJson(stated), canonicalJson(found.filter(isCounted))];
    if (a !== b) find('flags', indexOf('signal'), a.slice(0, 400), b.slice(0, 400));
  }

  function computeAgain(): Summary | null {
    const [frame, open, issue, closed] = [first('frame'), first('open'), first('issue'), first('closed')];
    const dispositions = first('dispositions');
    if (!frame || !open || !issue || !closed || !dispositions || !profile) return null;
    // A campaign that is void as a whole has no result.
    if (all('void').some((v) => v.county === null && v.group === null)) return null;
    const late = new Map<number, number>();
    for (const l of all('late-issue'))
      for (const c of l.codes) late.set(c.reportingStratum, (late.get(c.reportingStratum) ?? 0) + c.count);
    const reporting = issue.reporting.map((r) => ({
      ...r,
      issued: { ...r.issued, other: r.issued.other + (late.get(r.no) ?? 0) },
    }));
    const voided = voidsOfCounty(all('void'), frame.county, reporting);
    try {
      const summary = computeSummary({
        campaign: summaryCampaign({ ...open, id: frame.campaign, closedAt: closed.at }),
        county: { code: frame.county, name: frame.name, residents: frame.residents },
        profile,
        profileHash: frame.profile,
        questionnaires,
        texts,
        samplingStrata: issue.sampling,
        reportingStrata: reporting,
        cells: cellsOfLast(),
        firstCells,
        voided,
        fates: dispositions.fates ?? [],
        flags: statedFlags(),
        ineligible: all('ineligible').map(({ samplingStratum, contacts, issued, reason }) => ({
          samplingStratum,
          contacts,
          issued,
          reason,
        })),
        // A campaign closed before fates were counted kept a void stratum's part of N: its figures stay what they were.
        ...(dispositions.fates !== undefined &&
          voided.some((v) => v.reportingStratum !== null) &&
          profile.voidedStratum !== 'insufficient' && { drawnCodes: drawnCodesOf(issue.codes) }),
        reanswers: dispositions.reanswers.map((r) => ({
          reportingStratum: r.reportingStratum,
          responses: r.respondents,
          reanswered: r.reanswered,
        })),
      });
      return suppressSummary(summary, profile.minimumCell);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      find('summary', null, 'a summary', error.message);
      return null;
    }
  }

  function result(): Verification {
    let answered = 0;
    for (let who = 0; who < respondents.size; who++)
      if (respondents.stateOf(who).revisions > 0) answered += 1;
    const isMalformed = findings.some((f) => f.code === 'malformed');
    const summary = isMalformed ? null : computeAgain();
    return {
      ok: findings.length === 0,
      findings,
      more,
      head,
      size: tree.size,
      root: toHex(tree.root()),
      held: agreed,
      receipts: [...promised.values()].filter(Boolean).length,
      canaries,
      responses,
      respondents: answered,
      events,
      erasedAt,
      rules: { revision: revisionRule(), statesFates: first('dispositions')?.fates !== undefined },
      summary,
    };
  }

  return { find, head: takeHead, line: takeLine, finish, result };
}

/** As the service counts them, in the order of their strata. */
function drawnCodesOf(codes: StateLeafBody<'issue'>['codes']): NonNullable<SummaryInput['drawnCodes']> {
  const sums = new Map<string, { samplingStratum: number; reportingStratum: number; drawn: number }>();
  for (const { samplingStratum, reportingStratum, set, count } of codes) {
    if (set !== 'drawn') continue;
    const name = `${samplingStratum} ${reportingStratum}`;
    const sum = sums.get(name) ?? { samplingStratum, reportingStratum, drawn: 0 };
    sum.drawn += count;
    sums.set(name, sum);
  }
  return [...sums.values()].sort(
    (a, b) => a.samplingStratum - b.samplingStratum || a.reportingStratum - b.reportingStratum,
  );
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function compareHashes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < 32; i++) {
    const d = a[i]! - b[i]!;
    if (d !== 0) return d;
  }
  return 0;
}
