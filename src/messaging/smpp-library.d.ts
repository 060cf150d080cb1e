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
  /** As much of a PDU as sending needs: it is given a number first, then asked for its bytes. */
  export interface Outgoing {
    sequence_number: number;
    isResponse(): boolean;
    toBuffer(): Buffer;
  }
  export interface Session extends EventEmitter {
    readonly socket: Socket;
    /** False where the socket takes no more. */
    send(pdu: Pdu | Outgoing, answered?: (answer: Pdu) => void): boolean;
    destroy(): void;
  }
  export interface Library {
    readonly Session: new (options: { readonly socket: Socket }) => Session;
    readonly PDU: new (command: string, fields?: Readonly<Record<string, unknown>>) => Pdu;
  }
  const smpp: Library;
  export default smpp;
}
