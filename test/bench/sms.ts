/**
 * Messages a second through the outbox, durable, against an SMSC on loopback in a process of its own, beside a bare client: the same library, the same
 * SMSC, the same texts and window, and nothing stored. Both run as the built program does, in turns, and the medians are compared; the time of the outbox
 * includes its filling. `npm run bench:sms [-- --messages 10000 --rounds 3 --receipts]`. Goal: half of the bare client's.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { createSmppChannel } from '../../src/messaging/smpp.ts';
import { openFolder } from '../support/folder.ts';
import { built } from '../support/process.ts';
import { smppSettings } from '../support/sms-settings.ts';
import { median } from './support/processes.ts';
import { openCounty, scheduleInvitation } from './support/sms-county.ts';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '3' },
    receipts: { type: 'boolean', default: false },
  },
});
const [messages, rounds] = [Number(values.messages), Number(values.rounds)];

interface Turn {
  readonly seconds: number;
  readonly processor: number;
}
const script = join(built(), 'sms-sender.js');
async function turn(...args: readonly string[]): Promise<Turn> {
  const profile = process.env['PROFILE'];
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]),
    script,
    ...args,
  ]);
  return JSON.parse(stdout) as Turn;
}

const smsc = spawn(
  process.execPath,
  ['--import', 'tsx', fileURLToPath(new URL('support/smsc-process.ts', import.meta.url))].concat(
    values.receipts ? ['receipts'] : [],
  ),
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
try {
  const [port] = (await once(createInterface({ input: smsc.stdout }), 'line')) as [string];
  await turn('bare', port, String(messages));
  const alone: Turn[] = [];
  const through: Turn[] = [];
  for (let round = 0; round < rounds; round++) {
    const world = await openCounty(messages);
    const { directory } = world;
    try {
      const channel = createSmppChannel(smppSettings(Number(port)), {
        log: () => undefined,
        random: Math.random,
      });
      await scheduleInvitation(world, channel);
      await channel.close();
      await world.storage.close();
      alone.push(await turn('bare', port, String(messages)));
      through.push(await turn('outbox', port, directory));
      const { deps, close } = await openFolder(directory, { inline: true });
      const [campaign] = await deps.storage.listCampaigns();
      const counts = await deps.storage.countMessages(campaign!.id, campaign!.counties[0]!.code);
      const sent = counts.filter((c) => c.state === 'sent' || c.state === 'delivered');
      const count = sent.reduce((sum, c) => sum + c.messages, 0);
      await close();
      if (count !== messages) throw new Error(`${count} of ${messages} were sent`);
    } finally {
      await world.close();
    }
  }
  const perSecond = (turns: readonly Turn[]) => messages / median(turns.map((t) => t.seconds));
  const each = (turns: readonly Turn[]) =>
    ((median(turns.map((t) => t.processor)) / messages) * 1000).toFixed(3);
  console.log(
    `bare client ${Math.round(perSecond(alone))}/s, ${each(alone)} ms of its processor time a message; ` +
      `through the outbox ${Math.round(perSecond(through))}/s, ${each(through)} ms`,
  );
  console.log(
    JSON.stringify({
      bench: 'sms',
      per_second: Math.round(perSecond(through)),
      ratio: Number((perSecond(through) / perSecond(alone)).toFixed(2)),
    }),
  );
} finally {
  smsc.kill();
}
