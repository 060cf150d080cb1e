/** A channel to an SMSC on this machine. */
import type { SmppSettings } from '../../src/messaging/smpp.ts';
import { Secret } from '../../src/domain/secret.ts';
import type { Channel } from '../../src/domain/messaging/channel.ts';
import { defaultWindow } from '../../src/domain/messaging/send-window.ts';
import type { Messaging } from '../../src/operations/deps.ts';

export const numberOf = (i: number) => `138${String(i).padStart(8, '0')}`;

export const messagingBy = (channel: Channel): Messaging => ({
  channels: [channel],
  window: defaultWindow,
  perNumberADay: 100,
});

export function smppSettings(port: number, more: Partial<SmppSettings> = {}): SmppSettings {
  return {
    capabilities: {
      ...{ personalLink: true, variableLength: true, maxSegments: 1, optOutText: 'free', window: undefined },
      perSecond: 100_000,
    },
    ...{
      name: 'smpp',
      host: '127.0.0.1',
      port,
      tls: false,
      ca: undefined,
      systemId: 'survey',
      systemType: '',
    },
    ...{
      password: new Secret('smsc-pass'),
      from: '1069012345',
      numbers: 'national',
      long: 'udh',
      window: 64,
    },
    ...{ validHours: 24, ids: 'same', statuses: {}, receiptStates: {}, patience: 10_000 },
    ...more,
  };
}
