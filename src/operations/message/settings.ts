import { defaultWindow } from '../../domain/messaging/send-window.ts';
import type { Deps, Messaging } from '../deps.ts';

const without: Messaging = { channels: [], window: defaultWindow, perNumberADay: 2 };

/** How messages are sent, if they are. */
export function messagingOf(deps: Pick<Deps, 'messaging'>): Messaging {
  return deps.messaging ?? without;
}
