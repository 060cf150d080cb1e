/** Searches for keys where none may be: as bytes, as hexadecimal digits, as base64. */

export interface SecretSearch {
  /** A chunk of the data; the next one follows without a gap. */
  add(bytes: Uint8Array): void;
  /** How many encodings of secrets were found. */
  found(): number;
}

export function createSecretSearch(secrets: readonly Uint8Array[]): SecretSearch {
  const needles = secrets.flatMap((s) => {
    const bytes = Buffer.from(s);
    const hex = bytes.toString('hex');
    return [bytes, Buffer.from(hex), Buffer.from(hex.toUpperCase()), Buffer.from(bytes.toString('base64'))];
  });
  const longest = Math.max(1, ...needles.map((n) => n.length));
  const found = new Set<Buffer>();
  let tail = Buffer.alloc(0);
  return {
    add(bytes) {
      const window = Buffer.concat([tail, bytes]);
      for (const needle of needles) if (window.includes(needle)) found.add(needle);
      tail = window.subarray(Math.max(0, window.length - longest + 1));
    },
    found: () => found.size,
  };
}
