/** Messages on the socket: a length of four bytes, then one value serialised by V8. AppErrors are sent as data. */
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { AppError, type ErrorKind, type Issue, type MessageParams } from '../../domain/errors.ts';
import { systemError } from '../../domain/system-error.ts';

/** A longer one is cut off by some versions of libuv: the socket would be made elsewhere. macOS allows 103 bytes, Linux 107. */
const longestPath = 103;

/** @throws AppError config `storage.socket-path` */
export function socketPath(directory: string): string {
  const path = join(directory, 'manyi.sock');
  if (Buffer.byteLength(path) > longestPath)
    throw new AppError('config', 'storage.socket-path', {
      params: { directory, most: longestPath - '/manyi.sock'.length },
    });
  return path;
}
/** Prefix of names that are not operations of the storage. */
export const taskPrefix = 'task:';

export interface Call {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}
interface PackedError {
  readonly kind: ErrorKind | null;
  readonly message: string;
  readonly params: MessageParams;
  readonly issues: readonly Issue[];
}
export type Answer =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: PackedError };

/** A part of a whole roll's rows is a few megabytes. */
const largest = 512 * 1024 * 1024;

export function sendFrame(socket: Socket, value: Call | Answer): void {
  const body = serialize(value);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  socket.cork();
  socket.write(head);
  socket.write(body);
  socket.uncork();
}

/** Calls `take` with each complete message; an invalid length ends the connection. */
export function onFrames(socket: Socket, take: (value: unknown) => void): void {
  let parts: Buffer[] = [];
  let length = 0;
  let wanted = 4;
  let isHead = true;
  socket.on('data', (chunk: Buffer) => {
    parts.push(chunk);
    length += chunk.length;
    while (length >= wanted) {
      const all = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
      const piece = all.subarray(0, wanted);
      parts = [all.subarray(wanted)];
      length = all.length - wanted;
      if (isHead) {
        wanted = piece.readUInt32BE(0);
        isHead = false;
        if (wanted > largest) {
          socket.destroy();
          return;
        }
      } else {
        wanted = 4;
        isHead = true;
        try {
          take(deserialize(piece));
        } catch {
          // No message of ours.
          socket.destroy();
          return;
        }
      }
    }
  });
}

export function packError(thrown: unknown): PackedError {
  const error = systemError(thrown) ?? thrown;
  if (error instanceof AppError) {
    const { kind, message, params, issues } = error;
    return { kind, message, params, issues };
  }
  return {
    kind: null,
    message: error instanceof Error ? error.message : String(error),
    params: {},
    issues: [],
  };
}

export function unpackError({ kind, message, params, issues }: PackedError): Error {
  return kind === null ? new Error(message) : new AppError(kind, message, { params, issues });
}
