import type { Health } from '../../../operations/service/health.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { alertBox, card, emptyState, facts, grid, progressBar, tag } from '../../../html/parts.ts';
import { administrationPage } from '../administration-view.ts';
import { actionForm, formatCount, table, timeTag, type StaffContext } from '../page-view.ts';

export interface ServiceFacts {
  readonly version: string;
  readonly startedAt: number;
  readonly now: number;
  /** Answers waiting to be written, and failed ones. */
  readonly waiting: number;
  readonly failed: number;
}

export function healthPage(
  c: StaffContext,
  o: {
    readonly health: Health;
    readonly service: ServiceFacts;
    readonly oldBackupDays: number;
    readonly live: Content;
  },
): Html {
  const { t } = c.page;
  const { health, service } = o;
  const { faults, warnings, schemaVersion } = health.readiness;
  const isRunning = health.work?.isRunning === true;
  return administrationPage(c, 'health', {
    title: t('staff.health'),
    cards: true,
    head: isRunning && o.live,
    body: grid(
      card({
        title: t('staff.health.now'),
        span: 6,
        aside:
          faults.length > 0
            ? tag('bad', t('staff.health.not-ready'))
            : warnings.length > 0
              ? tag('warn', t('staff.health.look'))
              : tag('ok', t('staff.health.ready')),
        body: html`${faults.map((fault) => alertBox('bad', t('staff.health.fault'), t(`staff.health.fault.${fault}`)))}${warnings.map(
          (warning) => alertBox('warn', t('staff.health.warning'), t(`staff.health.warning.${warning}`)),
        )}${facts([
          [t('staff.health.waiting'), formatCount(service.waiting)],
          [t('staff.health.failed'), service.failed === 0 ? '0' : tag('bad', formatCount(service.failed))],
          [t('staff.health.started'), timeTag(service.startedAt)],
          [
            t('staff.health.version'),
            t('staff.health.version.text', { version: service.version, schema: schemaVersion }),
          ],
        ])}`,
      }),
      card({
        title: t('staff.health.disk'),
        span: 6,
        body: facts([
          [t('staff.health.used'), size(c, health.usedBytes)],
          health.freeBytes !== null && [
            t('staff.health.free'),
            roomTag(c, health.freeBytes, health.usedBytes),
          ],
          health.backupFreeBytes !== null && [
            t('staff.health.backup-free'),
            roomTag(c, health.backupFreeBytes, health.usedBytes),
          ],
        ]),
      }),
      card({ title: t('staff.health.backups'), id: 'backups', body: backups(c, o) }),
    ),
  });
}

function backups(c: StaffContext, o: Parameters<typeof healthPage>[1]): Content {
  const { t } = c.page;
  const { backups: known, work } = o.health;
  if (known === null) return html`<p>${t('backup.no-folder')}</p>`;
  const newest = known[0];
  const isOld = newest === undefined || o.service.now - newest.madeAt > o.oldBackupDays * 86_400_000;
  return html`${isOld && work?.isRunning !== true && alertBox('warn', t('staff.health.warning'), t('staff.health.backup-old', { days: o.oldBackupDays }))}
  ${
    work?.isRunning === true
      ? progressBar({
          label: t('staff.health.backup-running'),
          percent: null,
          text: t('staff.health.backup-wait'),
          live: '/staff/health/live',
        })
      : html`${
            work?.failure &&
            alertBox('bad', t('staff.health.backup-failed'), t(work.failure.message, work.failure.params))
          }${actionForm(c, '/staff/health/backups', t('staff.health.backup-now'), { secondary: !isOld })}
          <p class="quiet">${t('staff.health.backup-about')}</p>`
  }
  ${
    known.length === 0
      ? emptyState(t('staff.health.backup-none'))
      : table({
          caption: t('staff.health.backups'),
          stack: true,
          columns: [
            { text: t('staff.health.file') },
            { text: t('staff.health.made') },
            { text: t('staff.health.size'), number: true },
            { text: t('staff.health.checked') },
          ],
          rows: known.map((b) => [
            b.name,
            timeTag(b.madeAt),
            size(c, b.bytes),
            b.check === null
              ? t('staff.health.unchecked')
              : html`${b.check.sound ? tag('ok', t('staff.health.sound')) : tag('bad', t('staff.health.unsound'))}
                ${timeTag(b.check.at)}${
                  b.check.sound &&
                  html`<br /><span class="quiet"
                      >${t('staff.health.counted', { count: formatCount(b.check.responses) })}</span
                    >`
                }`,
          ]),
        })
  }`;
}

/** Too little for a second copy of the database, as an upgrade or a compaction needs it. */
function roomTag(c: StaffContext, free: number, used: number): Content {
  const text = size(c, free);
  return free < Math.max(used * 2, 500_000_000) ? tag('warn', text) : text;
}

function size(c: StaffContext, bytes: number): string {
  const { t } = c.page;
  return bytes >= 1e9
    ? t('staff.health.gigabytes', { count: String(Math.round(bytes / 1e8) / 10) })
    : t('staff.trail.megabytes', { count: String(Math.round(bytes / 1e5) / 10) });
}
