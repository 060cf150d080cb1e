/**
 * The demonstration's gateway: it sends nothing anywhere. What it is given stands on invented phones that anybody can open in the browser, and some
 * seconds later it says what became of it, as a gateway would. Holds everything in memory; the demonstration carries it over a restart.
 */
import { createHash } from 'node:crypto';
import type { Channel, ChannelCapabilities, OutgoingMessage, Receipt } from '../domain/messaging/channel.ts';
import { countSegments } from '../domain/messaging/segments.ts';

export interface Phone {
  readonly number: string;
  /** Oldest first. */
  readonly messages: readonly { readonly text: string; readonly at: number }[];
}

export interface Phones {
  /** The newest message first; at most `limit`, and how many there are. */
  list(limit: number): { readonly phones: readonly Phone[]; readonly count: number };
  find(number: string): Phone | undefined;
  /** What they had before a restart, as `list` gave it. */
  restore(phones: readonly Phone[]): void;
}

const capabilities: ChannelCapabilities = {
  personalLink: true,
  variableLength: true,
  maxSegments: 4,
  optOutText: 'free',
  window: undefined,
  receipts: true,
  templateIds: false,
  perSecond: 200,
  idempotent: true,
};

/** @param delay until the receipt, in milliseconds */
export function createLoopbackChannel(
  now: () => number = Date.now,
  delay = 1_500,
): Channel & { readonly phones: Phones } {
  const phones = new Map<string, { text: string; at: number }[]>();
  const known = new Set<string>();
  const timers = new Set<NodeJS.Timeout>();
  let listener: (receipt: Receipt) => Promise<void> = () => Promise.resolve();

  function put({ to, text }: OutgoingMessage): void {
    const messages = phones.get(to) ?? [];
    // Moves it to the end: the newest message has the last key.
    phones.delete(to);
    phones.set(to, [...messages, { text, at: now() }]);
  }

  function tellLater(receipt: Receipt): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      // Sent again until it is stored, as a gateway does.
      listener(receipt).catch(() => tellLater(receipt));
    }, delay);
    timers.add(timer);
    timer.unref();
  }

  return {
    name: 'loopback',
    capabilities,
    send(message) {
      const segments = countSegments(message.text).segments;
      const providerId = `loopback-${message.id}`;
      if (!known.has(message.id)) {
        known.add(message.id);
        const state = fateOf(message.to);
        if (state === 'delivered') put(message);
        tellLater({ providerId, state });
      }
      return Promise.resolve({ kind: 'accepted', providerId, segments });
    },
    onReceipt(given) {
      listener = given;
    },
    close() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      return Promise.resolve();
    },
    phones: {
      list: (limit) => ({
        count: phones.size,
        phones: [...phones]
          .slice(-limit)
          .reverse()
          .map(([number, messages]) => ({ number, messages })),
      }),
      find(number) {
        const messages = phones.get(number);
        return messages && { number, messages };
      },
      restore(had) {
        for (const { number, messages } of [...had].reverse()) phones.set(number, [...messages]);
      },
    },
  };
}

/** Deterministic by number: a few in a hundred cannot be reached. */
function fateOf(number: string): Receipt['state'] {
  const lot = createHash('sha256').update(number).digest().readUInt16BE(0) % 100;
  return lot < 3 ? 'wrong-number' : lot < 5 ? 'failed' : 'delivered';
}
