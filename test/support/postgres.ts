/**
 * A private PostgreSQL server for the tests of one process: in a temporary folder, reached by a socket there and by nothing else. Sorted by the rules
 * of Chinese, so that a text that is not compared byte by byte shows.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { openPostgresStorage } from '../../src/storage/postgres/index.ts';
import { findBinaries, findProgram, skipped } from './postgres-binaries.ts';

export { findBinaries, findProgram, skipped };

/** The server refuses to run as root. */
function account(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const row = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((line) => /^(postgres|nobody):/.test(line));
  const [, , uid, gid] = row?.split(':') ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}

export interface ServerOptions {
  /** What is committed stays after a kill of the machine, too: slow. */
  readonly durable?: boolean;
  /** Further settings. */
  readonly settings?: Readonly<Record<string, string>>;
  /** A standby, made of a base backup of this one, by its folder; its name is `standby`. */
  readonly primary?: string;
  /** Of a server that has been killed: in its place. */
  readonly directory?: string;
}

/**
 * Runs the server as long as somebody holds the other end of its input: the end of this process, however it comes, is the end of the server
 * and of its folder, whose watcher then lets nobody end it first. A signal is passed on.
 */
const untilWeEnd = `
exec 3<&0
"$0" "$@" </dev/null 3<&- &
server=$!
trap 'kill -INT $server' INT
trap 'kill -QUIT $server' QUIT
( cat <&3 >/dev/null; trap '' TERM; kill -QUIT $server; while kill -0 $server; do sleep 0.1; done; rm -rf "$PWD" ) 2>/dev/null &
watcher=$!
while kill -0 $server 2>/dev/null; do wait $server; done
kill $watcher 2>/dev/null`;

export type Server = Awaited<ReturnType<typeof startServer>>;

export async function startServer(options: ServerOptions = {}) {
  const { durable = false, settings = {}, primary } = options;
  const binaries = findBinaries();
  if (binaries === undefined) throw new Error(skipped);
  const owner = account();
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'manyi-pg-'));
  if (owner) chownSync(directory, owner.uid, owner.gid);
  const data = join(directory, 'data');
  rmSync(data, { recursive: true, force: true });
  if (primary === undefined) {
    const words = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync', ...collation];
    const made = spawnSync(join(binaries, 'initdb'), words, { ...owner, cwd: directory, encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  } else await copyPrimary(primary, data, owner);
  const all = {
    listen_addresses: '',
    unix_socket_directories: directory,
    max_connections: '200',
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
    ...settings,
  };
  const parameters = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  let process_: ChildProcess | null = null;

  const urlOf = (database: string): string => `postgres:///${database}?host=${directory}&user=postgres`;
  async function query(sql: string, database = 'postgres'): Promise<pg.QueryResult> {
    const client = new pg.Client({ connectionString: urlOf(database) });
    // A server that goes down meanwhile is told by the query.
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await client.query(sql);
    } finally {
      await client.end();
    }
  }

  async function start(): Promise<void> {
    const child = spawn('sh', ['-c', untilWeEnd, join(binaries!, 'postgres'), '-D', data, ...parameters], {
      ...owner,
      cwd: directory,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    process_ = child;
    for (;;) {
      try {
        await query('SELECT 1');
        return;
      } catch (error) {
        if (child.exitCode !== null) throw error;
        await pause(20);
      }
    }
  }

  /** `SIGINT`: connections are cut and everything is written; `SIGQUIT`: as a crash of the server. */
  async function stop(signal: 'SIGINT' | 'SIGQUIT' = 'SIGINT'): Promise<void> {
    const child = process_;
    process_ = null;
    if (!child || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }

  /** As a machine that loses its power: every process of the server at once. */
  async function kill(): Promise<void> {
    const child = process_!;
    process_ = null;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    const first = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n', 1)[0]!;
    const others = readFileSync(`/proc/${first}/task/${first}/children`, 'utf8').split(' ').filter(Boolean);
    for (const pid of [first, ...others]) {
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch (error) {
        // One that has ended since is what was wanted.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
    await gone;
  }

  let databases = 0;
  let template: Promise<void> | null = null;
  async function makeTemplate(): Promise<void> {
    await query('CREATE DATABASE ready');
    const storage = await openPostgresStorage({ url: urlOf('ready') });
    await storage.close();
  }

  await start();
  return {
    directory,
    start,
    stop,
    kill,
    query,
    urlOf,
    /** With the schema in it, and nothing else; or a copy of a database to which nobody is connected. @returns its address */
    async createDatabase(original?: string): Promise<string> {
      await (template ??= makeTemplate());
      const name = `t${++databases}`;
      const source = original === undefined ? 'ready' : new URL(original).pathname.slice(1);
      await query(`CREATE DATABASE ${name} TEMPLATE ${source} STRATEGY file_copy`);
      return urlOf(name);
    },
    async close(): Promise<void> {
      await stop('SIGQUIT');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A base backup that becomes a standby by the name of `standby`. */
async function copyPrimary(primary: string, data: string, owner: ReturnType<typeof account>): Promise<void> {
  const address = `host=${primary} user=postgres application_name=standby`;
  const program = findProgram('pg_basebackup');
  if (program !== undefined) {
    const words = ['-D', data, '-d', address, '-R', '-c', 'fast', '--no-sync'];
    const made = spawnSync(program, words, { ...owner, cwd: primary, encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`pg_basebackup: ${made.stderr}`);
    return;
  }
  // The same by hand, where the package of the server comes without that program. Whoever calls it leaves the server alone meanwhile.
  const client = new pg.Client({ connectionString: `postgres:///postgres?host=${primary}&user=postgres` });
  await client.connect();
  try {
    await client.query("SELECT pg_backup_start('standby', true)");
    const left = /(^|\/)(postmaster\.(pid|opts)|pg_replslot\/.*|pg_wal\/.*)$/;
    cpSync(join(primary, 'data'), data, { recursive: true, filter: (source) => !left.test(source) });
    const { rows } = await client.query<{ label: string }>(
      'SELECT labelfile AS label FROM pg_backup_stop(false)',
    );
    writeFileSync(join(data, 'backup_label'), rows[0]!.label);
  } finally {
    await client.end();
  }
  mkdirSync(join(data, 'pg_wal', 'archive_status'), { recursive: true });
  writeFileSync(join(data, 'standby.signal'), '');
  appendFileSync(join(data, 'postgresql.auto.conf'), `primary_conninfo = '${address}'\n`);
  chmodSync(data, 0o700);
  if (owner) spawnSync('chown', ['-R', `${owner.uid}:${owner.gid}`, data]);
}

const collation = ['--locale=C.UTF-8', '--locale-provider=icu', '--icu-locale=zh-CN'];

let shared: Promise<Server> | null = null;

/** The server of this process, started by whoever asks first and stopped with it. */
export function sharedServer(): Promise<Server> {
  return (shared ??= startServer());
}
