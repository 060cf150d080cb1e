/** Shared strings as bytes, in blocks outside the heap: as objects, three million short ones take 200 MB. */
const blockBytes = 1024 * 1024;

export class StringTable {
  readonly #limits: { readonly sharedBytes: number; readonly sharedStrings: number };
  readonly #blocks: Buffer[] = [];
  #block = Buffer.alloc(0);
  #used = 0;
  #bytes = 0;
  #count = 0;
  /** By number: the block, and start and end of the string in it. */
  #places = new Uint32Array(3 * 1024);

  constructor(limits: { readonly sharedBytes: number; readonly sharedStrings: number }) {
    this.#limits = limits;
  }

  /** @returns false if it does not fit within the limits */
  add(text: string): boolean {
    const size = Buffer.byteLength(text);
    this.#bytes += size;
    if (this.#bytes > this.#limits.sharedBytes || this.#count >= this.#limits.sharedStrings) return false;
    if (this.#used + size > this.#block.length) {
      this.#block = Buffer.allocUnsafeSlow(Math.max(size, blockBytes));
      this.#blocks.push(this.#block);
      this.#used = 0;
    }
    if (3 * this.#count === this.#places.length) {
      const larger = new Uint32Array(this.#places.length * 2);
      larger.set(this.#places);
      this.#places = larger;
    }
    this.#places.set([this.#blocks.length - 1, this.#used, this.#used + size], 3 * this.#count);
    this.#block.write(text, this.#used);
    this.#used += size;
    this.#count += 1;
    return true;
  }

  /** '' for a number outside the table. */
  get(number: number): string {
    if (!Number.isInteger(number) || number < 0 || number >= this.#count) return '';
    const [block = 0, from, to] = this.#places.subarray(3 * number, 3 * number + 3);
    return this.#blocks[block]?.toString('utf8', from, to) ?? '';
  }
}
