/**
 * Sends in a process of its own, from the built program: `bare PORT MESSAGES` by the library alone, `outbox PORT FOLDER` what is due in the data of a
 * folder. Prints one line of JSON: seconds, and processor seconds of the process.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import smpp, { type Pdu, type Session } from 'smpp';
import { createSmppChannel } from '../../src/messaging/smpp.ts';
import { partsOf } from '../../src/messaging/smpp-pdu.ts';
import { storeReceiptsOf } from '../../src/operations/message/receipts.ts';
import { sendDue } from '../../src/operations/message/send.ts';
import { openFolder } from './folder.ts';
import { messagingBy, numberOf, smppSettings } from './sms-settings.ts';

const window = 64;

interface Sending {
  run(): Promise<void>;
  end(): Promise<void>;
}

async function bare(port: number, messages: number): Promise<Sending> {
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
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < messages; i = next++) {
      const text = `【示范市教育督导室】教育满意度调查，请5月26日10时前访问 my.example.cn 答题码${numberOf(i)}，勿转发。`;
      const [part] = partsOf(text, () => 0);
      const answer = await ask('submit_sm', {
        ...{ source_addr: '1069012345', destination_addr: numberOf(i), registered_delivery: 1 },
        ...{ data_coding: part!.dataCoding, short_message: part!.bytes },
      });
      if (answer.command_status !== 0) throw new Error(`status ${answer.command_status}`);
    }
  };
  return {
    async run() {
      await Promise.all(Array.from({ length: window }, worker));
    },
    end() {
      session.destroy();
      return Promise.resolve();
    },
  };
}

async function outbox(port: number, folder: string): Promise<Sending> {
  const opened = await openFolder(folder, { inline: false });
  const channel = createSmppChannel(smppSettings(port, { window }), {
    log: () => undefined,
    random: Math.random,
  });
  const deps = { ...opened.deps, messaging: messagingBy(channel) };
  storeReceiptsOf(deps, channel);
  // The line stands before the time is taken, as the bare client's does.
  await new Promise((resolve) => setTimeout(resolve, 500));
  return {
    run: () => sendDue(deps),
    async end() {
      await channel.close();
      await opened.close();
    },
  };
}

const [, , mode, port = '', what = ''] = process.argv;
const sending = await (mode === 'bare' ? bare(Number(port), Number(what)) : outbox(Number(port), what));
const before = process.cpuUsage();
const started = performance.now();
await sending.run();
const seconds = (performance.now() - started) / 1000;
const { user, system } = process.cpuUsage(before);
process.stdout.write(`${JSON.stringify({ seconds, processor: (user + system) / 1e6 })}\n`);
await sending.end();
