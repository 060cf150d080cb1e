/** What is used of the package `smpp`, which has no types of its own. */
declare module 'smpp' {
  import type { EventEmitter } from 'node:events';
  import type { Socket } from 'node:net';

  export interface Pdu {
    readonly command: string;
    readonly command_status: number;
    readonly sequence_number: number;
    readonly [field: string]: unknown;
    isResponse(): boolean;
    toBuffer(): Buffer;
    response(fields?: Readonly<Record<string, unknown>>): Pdu;
  }
  export interface Session extends EventEmitter {
    readonly socket: Socket;
    /** False where the socket takes no more. */
    send(pdu: Pdu, answered?: (answer: Pdu) => void): boolean;
    destroy(): void;
  }
  export interface Library {
    readonly Session: new (options: { readonly socket: Socket }) => Session;
    /** Of a command, or of the bytes of one. */
    readonly PDU: new (command: string | Buffer, fields?: Readonly<Record<string, unknown>>) => Pdu;
  }
  const smpp: Library;
  export default smpp;
}
