/** Splits text that comes in pieces into lines; the last one must end in a newline. */
export function createLineSplitter(): { push(text: string): readonly string[]; rest(): string } {
  let rest = '';
  return {
    push(text) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      return lines;
    },
    rest: () => rest,
  };
}
