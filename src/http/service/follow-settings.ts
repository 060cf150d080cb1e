import type { FastifyInstance } from 'fastify';
import type { Deps } from '../../operations/deps.ts';

/** Maximum age of settings that another process has changed. */
const everyMs = 2_000;

/** @returns ends it */
export function followSettings(
  app: FastifyInstance,
  { storage, log }: Pick<Deps, 'storage' | 'log'>,
): () => void {
  const timer = setInterval(() => {
    storage.readSettings().then(
      (settings) => app.settings.put(settings),
      (err: unknown) => log.warn({ err }, 'settings.unread'),
    );
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
