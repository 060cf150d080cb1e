import { AppError } from '../../errors.ts';

/**
 * Lines of a file that comes in pieces. What is not UTF-8 is refused, not replaced, and a byte order mark is a character like others: nobody committed to it.
 */
export function createLineReader(): {
  /** @throws AppError corrupt `evidence.bundle` */
  push(bytes: Uint8Array): readonly string[];
  /** @throws AppError corrupt `evidence.bundle` if the last line does not end */
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
