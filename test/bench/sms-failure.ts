/**
 * Messages through an SMSC of Net::SMPP (which shares no code with ours) that cuts the line, throttles, answers late and twice, while the process that
 * sends is killed at random moments. Everybody must get the message; who gets it twice must be counted; nothing may be stuck.
 * `npm run bench:sms-failure [-- --messages 10000 --kills 20]`. Needs libnet-smpp-perl. Ends by itself after ten minutes.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';
import { createSmppChannel } from '../../src/messaging/smpp.ts';
import { storeReceiptsOf } from '../../src/operations/message/receipts.ts';
import { sendDue } from '../../src/operations/message/send.ts';
import { openFolder } from '../support/folder.ts';
import { startPerlSmsc } from '../support/gateways/perl-smsc.ts';
import { messagingBy, numberOf, smppSettings } from '../support/sms-settings.ts';
import { openCounty, scheduleInvitation } from './support/sms-county.ts';

const minute = 60_000;
/** A claim is released after ten minutes; the clock of whoever comes after a kill is past that. */
const lease = 11 * minute;
const channelTo = (port: number) =>
  createSmppChannel(smppSettings(port, { window: 20, patience: 3_000 }), {
    log: () => undefined,
    random: Math.random,
    backoff: { first: 100, most: 1_000 },
  });

/** Sends until nothing is left to send. Its clock jumps a minute a round, so that nothing waits for long. */
async function sendAll(folder: string, port: number): Promise<void> {
  const clock = join(folder, 'clock');
  let time = Number(readFileSync(clock, 'utf8'));
  const opened = await openFolder(folder, { inline: true });
  const channel = channelTo(port);
  const deps = { ...opened.deps, now: () => time, messaging: messagingBy(channel) };
  storeReceiptsOf(deps, channel);
  const [campaign] = await deps.storage.listCampaigns();
  const left = async (states: readonly string[]) =>
    (await deps.storage.countMessages(campaign!.id, campaign!.counties[0]!.code)).filter((c) =>
      states.includes(c.state),
    ).length;
  do {
    await sendDue(deps);
    time += minute;
    writeFileSync(clock, String(time));
  } while ((await left(['queued', 'sending'])) > 0);
  // Receipts of the last ones; those of lost lines never come.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  await channel.close();
  await opened.close();
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { messages: { type: 'string', default: '10000' }, kills: { type: 'string', default: '20' } },
  });
  const [messages, kills] = [Number(values.messages), Number(values.kills)];
  const started = performance.now();
  const world = await openCounty(messages);
  const smsc = await startPerlSmsc(['cut=499', 'throttle=701', 'twice=7', 'late=997']);
  try {
    const channel = channelTo(smsc.port);
    await scheduleInvitation(world, channel);
    await channel.close();
    await world.storage.close();
    const clock = join(world.directory, 'clock');
    writeFileSync(clock, String(world.now()));
    let killed = 0;
    for (;;) {
      const child = spawn(
        process.execPath,
        ['--import', 'tsx', fileURLToPath(import.meta.url), 'child', world.directory, String(smsc.port)],
        { stdio: ['ignore', 'ignore', 'inherit'] },
      );
      const timer =
        killed < kills ? setTimeout(() => child.kill('SIGKILL'), 2_000 + Math.random() * 4_000) : undefined;
      const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
      clearTimeout(timer);
      if (code === 0) break;
      if (signal !== 'SIGKILL') throw new Error(`the sender ended with ${code ?? signal}`);
      killed += 1;
      if (performance.now() - started > 10 * minute) throw new Error('not done after ten minutes');
      writeFileSync(clock, String(Number(readFileSync(clock, 'utf8')) + lease));
    }
    const db = new Database(join(world.directory, 'data', 'manyi.db'), { readonly: true });
    const states = db.prepare('SELECT state, count(*) AS n FROM outbox GROUP BY state').all() as {
      state: string;
      n: number;
    }[];
    const counted = db.prepare('SELECT sum(repeats) FROM outbox').pluck().get() as number;
    db.close();
    const times = new Map<string, number>();
    for (const { to } of smsc.received()) times.set(to, (times.get(to) ?? 0) + 1);
    let missing = 0;
    for (let i = 0; i < messages; i++) if (!times.has(numberOf(i))) missing += 1;
    const repeated = [...times.values()].reduce((sum, n) => sum + n - 1, 0);
    const stuck = states
      .filter((s) => !['sent', 'delivered'].includes(s.state))
      .reduce((sum, s) => sum + s.n, 0);
    console.log(`states: ${states.map((s) => `${s.state} ${s.n}`).join(', ')}`);
    const seconds = Math.round((performance.now() - started) / 1000);
    console.log(
      JSON.stringify({
        bench: 'sms-failure',
        messages,
        kills: killed,
        missing,
        repeated,
        counted,
        stuck,
        seconds,
      }),
    );
    if (missing > 0 || stuck > 0 || repeated > counted) process.exitCode = 1;
  } finally {
    await smsc.stop();
    rmSync(world.directory, { recursive: true, force: true });
  }
}

const [, , mode, folder = '', port = ''] = process.argv;
await (mode === 'child' ? sendAll(folder, Number(port)) : main());
