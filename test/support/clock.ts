import { systemActor } from '../../src/domain/campaign/permissions.ts';
import { refuseStep } from '../../src/domain/service-time.ts';
import type { Storage } from '../../src/storage/port/index.ts';

/** The clock stands at `at`, a person has confirmed it, and it has run for a day since. */
export async function holdClock(storage: Storage, at: number): Promise<void> {
  if (refuseStep(await storage.readTime(), 'expire', at) === null) return;
  const stamp = { at, actor: systemActor };
  const day = 86_400_000;
  await storage.confirmTime({ ...stamp, at: at - day });
  await storage.observeTime(stamp, day);
}
