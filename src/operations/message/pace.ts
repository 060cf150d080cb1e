/** The sending rate of a channel. */
import type { Channel } from '../../domain/messaging/channel.ts';

export interface Pace {
  /** Undefined: now. */
  wait(): Promise<void> | undefined;
  /** The gateway asked for a pause. */
  hold(milliseconds: number): void;
}

/** In this process: several on one gateway each keep to its rate, and the gateway throttles them. */
const paces = new WeakMap<Channel, Pace>();

export function paceOf(channel: Channel): Pace {
  const known = paces.get(channel);
  if (known) return known;
  const step = 1000 / Math.max(0.01, channel.capabilities.perSecond);
  let next = 0;
  const pace: Pace = {
    wait() {
      const now = performance.now();
      // Timers are accurate to a few milliseconds: the difference is made up.
      next = Math.max(next + step, now - 50);
      const ahead = next - now;
      return ahead > 4 ? new Promise((resolve) => setTimeout(resolve, ahead)) : undefined;
    },
    hold(milliseconds) {
      next = Math.max(next, performance.now() + Math.min(milliseconds, 60_000));
    },
  };
  paces.set(channel, pace);
  return pace;
}
