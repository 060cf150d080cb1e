/**
 * Metrics for Prometheus (text format 0.0.4). Nothing about a campaign, county or respondent is among them. Requires
 * METRICS_TOKEN: a reverse proxy on this machine cannot be distinguished from the machine itself.
 */
import { timingSafeEqual } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { AppError } from '../../domain/errors.ts';
import { sha256 } from '../../domain/hash.ts';
import type { Histogram } from '../../intake/intake.ts';
import type { ServerHealth } from '../../storage/port/maintenance.ts';
import type { HttpDeps } from '../deps.ts';
import { anyone } from '../plugins/access.ts';

export function metricsRoutes(deps: Pick<HttpDeps, 'storage' | 'intake' | 'http'>): FastifyPluginAsync {
  const token = deps.http.metricsToken === null ? null : sha256(`Bearer ${deps.http.metricsToken}`);

  function mayRead({ headers }: FastifyRequest): boolean {
    return token !== null && timingSafeEqual(sha256(headers.authorization ?? ''), token);
  }

  return async (app) => {
    const lag = monitorEventLoopDelay({ resolution: lagResolution });
    lag.enable();
    app.addHook('onClose', async () => void lag.disable());
    app.get('/metrics', anyone, async (request, reply) => {
      // Unauthorised requests only learn that there is no such page, however often they ask.
      if (!mayRead(request)) {
        await app.limits.countUnknown(request);
        throw new AppError('not-found', 'http.not-found');
      }
      const { writerAlive, server } = await deps.storage.health();
      const i = deps.intake.counters();
      const memory = process.memoryUsage();
      const text = [
        gauge('manyi_storage_writer_up', 'Is the storage writer alive?', writerAlive ? 1 : 0),
        ...serverGauges(server),
        gauge('manyi_intake_queue_depth', 'Answers waiting, without the batch in flight.', i.depth),
        gauge('manyi_intake_in_flight', 'Answers in the batch being committed.', i.inFlight),
        counter('manyi_intake_recorded_total', 'Answers that the storage has decided on.', i.recorded),
        counter('manyi_intake_refused_total', 'Answers refused because the queue was full.', i.refused),
        counter('manyi_intake_failed_total', 'Answers that could not be stored.', i.failed),
        histogram('manyi_intake_batch_size', 'Answers in a batch.', i.batchSizes, 1),
        histogram(
          'manyi_intake_commit_seconds',
          'From handing a batch over until it is durable.',
          i.commitMs,
          1000,
        ),
        gauge('process_resident_memory_bytes', 'Resident memory.', memory.rss),
        gauge('nodejs_heap_size_used_bytes', 'Heap in use.', memory.heapUsed),
        gauge(
          'nodejs_eventloop_lag_seconds',
          'How much later than planned the event loop came round, on average since the last reading.',
          lagSeconds(lag.mean),
        ),
        gauge(
          'nodejs_eventloop_lag_max_seconds',
          'The same, at its worst since the last reading.',
          lag.count === 0 ? 0 : lagSeconds(lag.max),
        ),
        gauge('process_start_time_seconds', 'Start of the process.', processStart),
      ].join('');
      lag.reset();
      return reply
        .header('cache-control', 'no-store')
        .type('text/plain; version=0.0.4; charset=utf-8')
        .send(text);
    });
  };
}

/** Only for a database server; unknown values are left out. */
function serverGauges(server: ServerHealth | null): readonly string[] {
  if (server === null) return [];
  const { connections: c, state } = server;
  const own = [
    gauge('manyi_database_connections_limit', 'Connections that the pool keeps at most.', c.limit),
    gauge('manyi_database_connections_open', 'Connections of the pool.', c.open),
    gauge('manyi_database_connections_idle', 'Connections that nobody uses.', c.idle),
    gauge('manyi_database_connections_waiting', 'Calls that wait for a connection.', c.waiting),
  ];
  if (state === null) return own;
  return [
    ...own,
    gauge(
      'manyi_database_in_recovery',
      'Is the server a standby, which only reads?',
      Number(state.isInRecovery),
    ),
    gauge(
      'manyi_database_commits_waiting_for_standby',
      'Commits that wait for the synchronous standby.',
      state.waitingForStandby,
    ),
    gauge(
      'manyi_database_processes',
      'Services and commands that work on the database now.',
      state.processes,
    ),
  ];
}

/** Interval of measurements in milliseconds. It is part of what is measured, and subtracted. */
const lagResolution = 10;
/** From nanoseconds; without a measurement: NaN. */
const lagSeconds = (ns: number): number =>
  Number.isNaN(ns) ? 0 : Number((Math.max(0, ns - lagResolution * 1e6) / 1e9).toFixed(6));

const processStart = Math.round(performance.timeOrigin) / 1000;

const metric = (kind: string, name: string, help: string, lines: readonly string[]) =>
  `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${lines.join('\n')}\n`;
const gauge = (name: string, help: string, value: number) =>
  metric('gauge', name, help, [`${name} ${value}`]);
const counter = (name: string, help: string, value: number) =>
  metric('counter', name, help, [`${name} ${value}`]);
const histogram = (name: string, help: string, h: Histogram, scale: number) =>
  metric('histogram', name, help, [
    ...h.bounds.map((bound, i) => `${name}_bucket{le="${bound / scale}"} ${h.atMost[i] ?? 0}`),
    `${name}_bucket{le="+Inf"} ${h.count}`,
    `${name}_sum ${h.sum / scale}`,
    `${name}_count ${h.count}`,
  ]);
