/** A gateway in memory that does what a test tells it to. */
import type {
  Channel,
  ChannelCapabilities,
  OutgoingMessage,
  Receipt,
  Reply,
  SendOutcome,
} from '../../src/domain/messaging/channel.ts';

export interface FakeChannel extends Channel {
  /** Everything that it took, in order. */
  readonly taken: OutgoingMessage[];
  /** What it answers instead of taking the message; undefined: it takes it. */
  answer: (message: OutgoingMessage) => Promise<SendOutcome | undefined> | SendOutcome | undefined;
  receipt(providerId: string, state: Receipt['state']): Promise<void>;
  reply(from: string, text: string): Promise<void>;
}

export function createFakeChannel(more: Partial<ChannelCapabilities> = {}, name = 'loopback'): FakeChannel {
  const taken: OutgoingMessage[] = [];
  let listener: (receipt: Receipt) => Promise<void> = () => Promise.resolve();
  let replyListener: (reply: Reply) => Promise<void> = () => Promise.resolve();
  const channel: FakeChannel = {
    name,
    capabilities: {
      ...{ personalLink: true, variableLength: true, maxSegments: 3, optOutText: 'free', window: undefined },
      ...{ receipts: true, templateIds: false, perSecond: 100_000, idempotent: false },
      ...more,
    },
    taken,
    answer: () => undefined,
    async send(message) {
      const other = await channel.answer(message);
      if (other) return other;
      taken.push(message);
      return { kind: 'accepted', providerId: `p-${message.id}`, segments: 1 };
    },
    onReceipt(given) {
      listener = given;
    },
    onReply(given) {
      replyListener = given;
    },
    reply: (from, text) => replyListener({ from, text }),
    receipt: (providerId, state) => listener({ providerId, state }),
    close: () => Promise.resolve(),
  };
  return channel;
}
