/**
 * All possible respondents by pseudonym, and what the log says about each: a few packed bytes per person, so that a million fit
 * in tens of megabytes. Codes of the draw are in ascending order and found by bisection; late ones and visitors of open links by
 * a map.
 */
import { isSelfCompleted, type RevisionRule } from '../../answer/revision.ts';
import { channels, type Channel, type CountedSet, type IssuedSet } from '../../model/vocabulary.ts';
import { toHex } from '../../hash.ts';
import type { TallyKey } from '../../scoring/tally/tally.ts';

export interface Place extends Pick<TallyKey, 'questionnaire' | 'samplingStratum' | 'reportingStratum'> {
  readonly set: IssuedSet;
}
export type CountedPlace = Place & { readonly set: CountedSet };
/** Whether it is not a test contact's. */
export function isCounted(place: Place): place is CountedPlace {
  return place.set !== 'canary';
}

/** What happened to a revision that was recorded. */
export type Recorded = 'recorded' | 'twice' | 'unlikely';

export interface Respondents {
  readonly size: number;
  /** @returns false unless it follows the ones before */
  addIssued(pseudonym: Uint8Array, place: Place): boolean;
  /**
   * A late code or a visitor of a link.
   * @returns false if it exists already
   */
  addNamed(pseudonym: Uint8Array, place: Place): boolean;
  /** −1: nobody. */
  find(pseudonym: Uint8Array): number;
  placeOf(who: number): Place;
  pseudonymOf(who: number): Uint8Array;
  /** Call before the first answer is recorded; 1 by default. */
  setRevisionRule(rule: RevisionRule): void;
  record(who: number, revision: number, channel: Channel, hasContents: boolean): Recorded;
  stateOf(who: number): RespondentState;
}

export interface RespondentState {
  /** Their number; 0: has not answered. */
  readonly revisions: number;
  /** Whether they are 1 … revisions, each once. */
  readonly isWhole: boolean;
  readonly best: number;
  readonly bestChannel: Channel;
  readonly firstChannel: Channel;
  /** Revision whose contents are present; 0: none. */
  readonly contents: number;
  readonly hasTwoContents: boolean;
}

/** More than anyone sends by hand; prevents a forged number from using up memory. */
const likely = 10_000;

/** An empty list of respondents. */
export function createRespondents(): Respondents {
  let capacity = 1024;
  let size = 0;
  let sorted = 0;
  let starts: Uint32Array | null = null;
  const places: Place[] = [];
  const placeNumbers = new Map<string, number>();
  const named = new Map<string, number>();
  const beyond = new Set<string>();
  let pseudonyms = new Uint8Array(capacity * 16);
  let place = new Uint32Array(capacity);
  /** Revisions 1 … 32 seen. */
  let seen = new Uint32Array(capacity);
  let count = new Uint16Array(capacity);
  let highest = new Uint16Array(capacity);
  let best = new Uint16Array(capacity);
  let first = new Uint16Array(capacity);
  let contents = new Uint16Array(capacity);
  let channelOfBest = new Uint8Array(capacity);
  let channelOfFirst = new Uint8Array(capacity);
  let twoContents = new Uint8Array(capacity);

  function grow(): void {
    capacity *= 2;
    const larger = <T extends Uint8Array | Uint16Array | Uint32Array>(made: T, from: T): T => {
      made.set(from);
      return made;
    };
    pseudonyms = larger(new Uint8Array(capacity * 16), pseudonyms);
    place = larger(new Uint32Array(capacity), place);
    seen = larger(new Uint32Array(capacity), seen);
    count = larger(new Uint16Array(capacity), count);
    highest = larger(new Uint16Array(capacity), highest);
    best = larger(new Uint16Array(capacity), best);
    first = larger(new Uint16Array(capacity), first);
    contents = larger(new Uint16Array(capacity), contents);
    channelOfBest = larger(new Uint8Array(capacity), channelOfBest);
    channelOfFirst = larger(new Uint8Array(capacity), channelOfFirst);
    twoContents = larger(new Uint8Array(capacity), twoContents);
  }

  function compareAt(who: number, pseudonym: Uint8Array): number {
    const at = who * 16;
    for (let i = 0; i < 16; i++) {
      const d = pseudonyms[at + i]! - pseudonym[i]!;
      if (d !== 0) return d;
    }
    return 0;
  }

  function add(pseudonym: Uint8Array, of: Place): number {
    if (size === capacity) grow();
    const name = `${of.questionnaire} ${of.samplingStratum} ${of.reportingStratum} ${of.set}`;
    let number = placeNumbers.get(name);
    if (number === undefined) {
      number = places.push(of) - 1;
      placeNumbers.set(name, number);
    }
    pseudonyms.set(pseudonym, size * 16);
    place[size] = number;
    return size++;
  }

  /** Start of the pseudonyms with each two-byte prefix: they are uniformly distributed, so few remain to be searched. */
  function indexStarts(): Uint32Array {
    const found = new Uint32Array(65_537);
    let next = 0;
    for (let who = 0; who < sorted; who++) {
      const head = pseudonyms[who * 16]! * 256 + pseudonyms[who * 16 + 1]!;
      while (next <= head) found[next++] = who;
    }
    while (next <= 65_536) found[next++] = sorted;
    return found;
  }

  function find(pseudonym: Uint8Array): number {
    starts ??= indexStarts();
    const head = pseudonym[0]! * 256 + pseudonym[1]!;
    let low = starts[head]!;
    let high = starts[head + 1]! - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const order = compareAt(middle, pseudonym);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return named.size === 0 ? -1 : (named.get(toHex(pseudonym)) ?? -1);
  }

  const selfUnder = (rule: RevisionRule) => channels.map((c) => isSelfCompleted(c, rule));
  let isSelf = selfUnder(1);
  const channelNumber = new Map(channels.map((c, i) => [c, i]));

  return {
    get size() {
      return size;
    },
    addIssued(pseudonym, of) {
      if (named.size > 0 || (sorted > 0 && compareAt(sorted - 1, pseudonym) >= 0)) return false;
      add(pseudonym, of);
      sorted = size;
      starts = null;
      return true;
    },
    addNamed(pseudonym, of) {
      if (find(pseudonym) >= 0) return false;
      named.set(toHex(pseudonym), add(pseudonym, of));
      return true;
    },
    find,
    placeOf: (who) => places[place[who]!]!,
    pseudonymOf: (who) => pseudonyms.slice(who * 16, who * 16 + 16),
    setRevisionRule(rule) {
      isSelf = selfUnder(rule);
    },
    record(who, revision, channel, hasContents) {
      if (revision > likely) return 'unlikely';
      if (revision <= 32) {
        const bit = 2 ** (revision - 1);
        if ((seen[who]! & bit) !== 0) return 'twice';
        seen[who] = seen[who]! | bit;
      } else {
        const name = `${who} ${revision}`;
        if (beyond.has(name)) return 'twice';
        beyond.add(name);
      }
      count[who] = count[who]! + 1;
      highest[who] = Math.max(highest[who]!, revision);
      const number = channelNumber.get(channel)!;
      const self = isSelf[number]!;
      // Like effectiveRevision and firstRevision: among the self-completed ones if there are any.
      const had = best[who]! > 0;
      const hadSelf = had && isSelf[channelOfBest[who]!]!;
      if (!had || (self === hadSelf ? revision > best[who]! : self)) {
        best[who] = revision;
        channelOfBest[who] = number;
      }
      if (!had || (self === hadSelf ? revision < first[who]! : self)) {
        first[who] = revision;
        channelOfFirst[who] = number;
      }
      if (hasContents) {
        if (contents[who]! > 0) twoContents[who] = 1;
        contents[who] = revision;
      }
      return 'recorded';
    },
    stateOf: (who) => ({
      revisions: count[who]!,
      isWhole: count[who] === highest[who],
      best: best[who]!,
      bestChannel: channels[channelOfBest[who]!]!,
      firstChannel: channels[channelOfFirst[who]!]!,
      contents: contents[who]!,
      hasTwoContents: twoContents[who] === 1,
    }),
  };
}
