import { AppError } from '../../errors.ts';

/**
 * Splits a file that arrives in chunks into lines. Text that is not UTF-8 is refused, not replaced, and a byte order mark is a
 * character like any other: the log commits to neither.
 */
export function createLineReader(): {
  /** @throws AppError corrupt `evidence.bundle` */
  push(bytes: Uint8Array): readonly string[];
  /** @throws AppError corrupt `evidence.bundle` if the last line is not terminated */
  end(): void;
} {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let number = 1;
  let rest = '';
  const refuse = (fault: string) =>
    new AppError('corrupt', 'evidence.bundle', { params: { line: number, fault } });
  const decode = (bytes?: Uint8Array) => {
    try {
      return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
    } catch {
      throw refuse('not UTF-8');
    }
  };
  return {
    push(bytes) {
      const lines = (rest + decode(bytes)).split('\n');
      rest = lines.pop() ?? '';
      number += lines.length;
      return lines;
    },
    end() {
      if (rest + decode() !== '') throw refuse('no end of line');
    },
  };
}
