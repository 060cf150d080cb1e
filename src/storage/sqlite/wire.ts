/** Messages between the storage and its threads. AppErrors cross as data and are made whole on the other side. */
import { AppError, type ErrorKind, type Issue, type MessageParams } from '../../domain/errors.ts';
import { storageError } from './connection.ts';
import type { PortOperation } from './operations.ts';

export interface ThreadData {
  readonly role: 'writer' | 'reader';
  readonly directory: string;
}
export interface Call {
  readonly id: number;
  readonly name: PortOperation;
  readonly args: readonly unknown[];
}
export type WireError =
  | {
      readonly app: true;
      readonly kind: ErrorKind;
      readonly message: string;
      readonly params: MessageParams;
      readonly issues: readonly Issue[];
      readonly cause: string;
    }
  | { readonly app: false; readonly message: string; readonly stack: string };
export type Reply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: WireError };

export function packError(raw: unknown): WireError {
  const error = storageError(raw);
  if (error instanceof AppError) {
    const { kind, message, params, issues } = error;
    return {
      app: true,
      kind,
      message,
      params,
      issues,
      cause: error.cause instanceof Error ? error.cause.message : '',
    };
  }
  return error instanceof Error
    ? { app: false, message: error.message, stack: error.stack ?? '' }
    : { app: false, message: String(error), stack: '' };
}

export function unpackError(wire: WireError): Error {
  if (wire.app) {
    const { kind, message, params, issues, cause } = wire;
    return new AppError(kind, message, { params, issues, cause });
  }
  const error = new Error(wire.message);
  error.stack = wire.stack;
  return error;
}
