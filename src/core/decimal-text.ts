// Numbers as text, digit by digit into bytes that are used again. An engine makes a string for each number, and one more for each
// time two are joined; on the path of every request that is garbage by the kilobyte.

const zero = 0x30;
const point = 0x2e;

export class DecimalText {
  readonly #bytes = Buffer.alloc(512);
  #end = 0;

  get length(): number {
    return this.#end;
  }

  /** Forgets what was written before. */
  start(): this {
    this.#end = 0;
    return this;
  }

  /** One character, by its code below 128. */
  character(code: number): this {
    this.#bytes[this.#end] = code;
    this.#end += 1;
    return this;
  }

  /** ASCII. */
  text(text: string): this {
    this.#end += this.#bytes.write(text, this.#end, 'latin1');
    return this;
  }

  /** A whole number from 0 to 2^53. */
  whole(value: number): this {
    let size = 1;
    for (let power = 10; power <= value; power *= 10) size += 1;
    this.#digits(value, size);
    return this;
  }

  /** `.05` for 5 hundredths: the point and what follows it, without zeros at the end; nothing for 0. `value` is below 10^digits. */
  fraction(value: number, digits: number): this {
    if (value === 0) return this;
    this.character(point);
    this.#digits(value, digits);
    while (this.#bytes[this.#end - 1] === zero) this.#end -= 1;
    return this;
  }

  toString(): string {
    return this.#bytes.toString('latin1', 0, this.#end);
  }

  #digits(value: number, size: number): void {
    let rest = value;
    for (let at = this.#end + size - 1; at >= this.#end; at -= 1) {
      const tenth = Math.floor(rest / 10);
      this.#bytes[at] = zero + (rest - tenth * 10);
      rest = tenth;
    }
    this.#end += size;
  }
}
