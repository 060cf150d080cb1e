import type { FastifyInstance } from 'fastify';
import {
  beginBackup,
  isBackupRunning,
  oldBackupDays,
  viewHealth,
} from '../../../operations/service/health.ts';
import { createReadiness } from '../../../operations/service/readiness.ts';
import { readVersion } from '../../../operations/service/version.ts';
import { liveHead } from '../../../html/parts.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { sendLive } from '../live.ts';
import { contextOf, sayDone, type PagesOptions } from '../pages.ts';
import { healthPage } from './view.ts';

export async function healthPages(app: FastifyInstance, { deps }: PagesOptions): Promise<void> {
  const readiness = createReadiness(deps);
  const startedAt = deps.now();
  const version = readVersion();
  app.get('/health', { config: { who: 'health.view' } }, async (request, reply) => {
    const { depth, inFlight, failed } = deps.intake.counters();
    return reply.html(
      healthPage(contextOf(request, reply), {
        health: await viewHealth(deps, actorOfRequest(request), readiness),
        service: { version, startedAt, now: deps.now(), waiting: depth + inFlight, failed },
        oldBackupDays,
        live: liveHead(app.assets.href('live.js')),
      }),
    );
  });
  app.get('/health/live', { config: { who: 'health.view' } }, async (request, reply) => {
    const { t } = request.page;
    return sendLive(reply, async () => ({
      percent: null,
      text: t('staff.health.backup-wait'),
      done: !isBackupRunning(deps),
    }));
  });
  app.post('/health/backups', { config: { who: 'backup.make' } }, async (request, reply) => {
    // Its end is shown on the page, and an error is in the log.
    beginBackup(deps, actorOfRequest(request)).catch(() => undefined);
    sayDone(request, 'staff.health.backup-begun');
    return reply.redirect('/staff/health#backups', 303);
  });
}
