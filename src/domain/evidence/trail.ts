/**
 * The trail as a hash chain: each entry's hash includes the hash of the entry before, so that removing or changing one is
 * detected.
 */
import { canonicalJson, sha256, toHex } from '../hash.ts';
import type { TrailEntry } from '../model/trail.ts';
import { sameBytes } from './verify/bytes.ts';

/** As stored, without its hash. */
export interface ChainedEntry extends Omit<TrailEntry, 'campaign' | 'county' | 'details'> {
  readonly campaign: string | null;
  readonly county: string | null;
  /** JSON, to the byte. */
  readonly details: string;
}

/** What the first entry follows. */
const start = new Uint8Array(32);

/** SHA-256(hash of the entry before ‖ canonical JSON of the entry). */
export function trailHash(previous: Uint8Array | null, entry: ChainedEntry): Uint8Array {
  const { no, at, actor, role, via, action, campaign, county, details } = entry;
  return sha256(
    previous ?? start,
    canonicalJson({ no, at, actor, role, via, action, campaign, county, details }),
  );
}

/** A position at which the chain is broken. */
export interface TrailBreak {
  readonly no: number;
  /** `missing`: this entry and those up to `to` are missing; `changed`: it was changed; `unchained`: it has no hash. */
  readonly what: 'missing' | 'changed' | 'unchained';
  readonly to: number;
}

export interface TrailState {
  readonly breaks: readonly TrailBreak[];
  /** Hexadecimal, for the requested entries that exist. */
  readonly hashes: ReadonlyMap<number, string>;
  readonly entries: number;
}

/**
 * @param entries in ascending order of their numbers;
 * @param wanted numbers of entries whose hashes are requested
 */
export function checkTrail(
  entries: Iterable<ChainedEntry & { readonly hash: Uint8Array | null }>,
  wanted: ReadonlySet<number>,
): TrailState {
  const breaks: TrailBreak[] = [];
  const hashes = new Map<number, string>();
  let previous: Uint8Array | null = null;
  let last = 0;
  let count = 0;
  for (const { hash, ...entry } of entries) {
    const { no } = entry;
    count += 1;
    if (hash === null) breaks.push({ no, what: 'unchained', to: no });
    else if (!sameBytes(trailHash(previous, entry), hash))
      breaks.push(
        no > last + 1 ? { no: last + 1, what: 'missing', to: no - 1 } : { no, what: 'changed', to: no },
      );
    if (hash !== null && wanted.has(no)) hashes.set(no, toHex(hash));
    previous = hash;
    last = no;
  }
  return { breaks, hashes, entries: count };
}
