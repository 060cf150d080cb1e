/** The used part of the package `smpp`, which has no types. */
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
    /** False if the socket's buffer is full. */
    send(pdu: Pdu, answered?: (answer: Pdu) => void): boolean;
    destroy(): void;
  }
  export interface Library {
    readonly Session: new (options: { readonly socket: Socket }) => Session;
    /** For a command, or for its bytes. */
    readonly PDU: new (command: string | Buffer, fields?: Readonly<Record<string, unknown>>) => Pdu;
  }
  const smpp: Library;
  export default smpp;
}
