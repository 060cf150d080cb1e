/**
 * Messages a second through the outbox, durable, against an SMSC on loopback in a process of its own, beside a bare client: the same library, the same
 * SMSC, the same texts and window, and nothing stored. `npm run bench:sms [-- --messages 10000 --receipts]`. Goal: half of the bare client's.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import smpp, { type Pdu, type Session } from 'smpp';
import { createSmppChannel } from '../../src/messaging/smpp.ts';
import { partsOf } from '../../src/messaging/smpp-pdu.ts';
import { storeReceiptsOf } from '../../src/operations/message/receipts.ts';
import { sendDue } from '../../src/operations/message/send.ts';
import { messagingBy, numberOf, openCounty, scheduleInvitation, smppSettings } from './support/sms-county.ts';

const { values } = parseArgs({
  options: { messages: { type: 'string', default: '10000' }, receipts: { type: 'boolean', default: false } },
});
const messages = Number(values.messages);
const window = 64;

const smsc = spawn(
  process.execPath,
  ['--import', 'tsx', fileURLToPath(new URL('support/smsc-process.ts', import.meta.url))].concat(
    values.receipts ? ['receipts'] : [],
  ),
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
const [line] = (await once(createInterface({ input: smsc.stdout }), 'line')) as [string];
const port = Number(line);

/** @returns messages a second */
async function bare(): Promise<number> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.setNoDelay(true);
  const session: Session = new smpp.Session({ socket });
  session.on('pdu', (pdu: Pdu) => {
    if (!pdu.isResponse()) session.send(pdu.response());
  });
  const ask = (command: string, fields: object) =>
    new Promise<Pdu>((resolve) => session.send(new smpp.PDU(command, { ...fields }), resolve));
  await ask('bind_transceiver', { system_id: 'survey', password: 'smsc-pass' });
  const started = performance.now();
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < messages; i = next++) {
      const text = `【示范市教育督导室】教育满意度调查，请5月26日10时前访问 my.example.cn 答题码${numberOf(i)}，勿转发。`;
      const [part] = partsOf(text, 0);
      const answer = await ask('submit_sm', {
        ...{ source_addr: '1069012345', destination_addr: numberOf(i), registered_delivery: 1 },
        ...{ data_coding: part!.dataCoding, short_message: part!.bytes },
      });
      if (answer.command_status !== 0) throw new Error(`status ${answer.command_status}`);
    }
  };
  await Promise.all(Array.from({ length: window }, worker));
  const seconds = (performance.now() - started) / 1000;
  session.destroy();
  return messages / seconds;
}

const world = await openCounty(messages);
const channel = createSmppChannel(smppSettings(port, { window }), {
  log: () => undefined,
  random: Math.random,
});
try {
  await bare();
  const alone = await bare();
  await scheduleInvitation(world, channel);
  const deps = { ...world.deps, messaging: messagingBy(channel) };
  storeReceiptsOf(deps, channel);
  const started = performance.now();
  await sendDue(deps);
  const seconds = (performance.now() - started) / 1000;
  const [campaign] = await world.storage.listCampaigns();
  const counts = await world.storage.countMessages(campaign!.id, campaign!.counties[0]!.code);
  const sent = counts.filter((c) => c.state === 'sent' || c.state === 'delivered');
  const count = sent.reduce((sum, c) => sum + c.messages, 0);
  if (count < messages) throw new Error(`${count} of ${messages} were sent`);
  const through = count / seconds;
  console.log(
    `bare client ${Math.round(alone)}/s, through the outbox ${Math.round(through)}/s (${seconds.toFixed(1)} s)`,
  );
  console.log(
    JSON.stringify({
      bench: 'sms',
      per_second: Math.round(through),
      ratio: Number((through / alone).toFixed(2)),
    }),
  );
} finally {
  await channel.close();
  await world.close();
  smsc.kill();
}
