/** An SMSC in a process of its own, which takes every message at once. `smsc-process.ts [receipts]`; prints its port. */
import { createServer, type AddressInfo } from 'node:net';
import smpp, { type Pdu } from 'smpp';

const withReceipts = process.argv[2] === 'receipts';
let no = Date.now();
const server = createServer((socket) => {
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  const session = new smpp.Session({ socket });
  session.on('error', () => session.destroy());
  session.on('pdu', (pdu: Pdu) => {
    if (pdu.isResponse()) return;
    if (pdu.command !== 'submit_sm') return void session.send(pdu.response());
    const id = String((no += 1));
    session.send(pdu.response({ message_id: id }));
    if (!withReceipts) return;
    const text = `id:${id} sub:001 dlvrd:001 submit date:2611290900 done date:2611290901 stat:DELIVRD err:000 text:`;
    session.send(new smpp.PDU('deliver_sm', { esm_class: 4, source_addr: '1', short_message: text }));
  });
}).listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
