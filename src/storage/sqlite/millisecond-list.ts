// `[0.12,3,null]` from whole microseconds. Written byte by byte: the text of each number by itself, joined into one, was a kilobyte
// of garbage for each entry of the ledger.

const comma = 0x2c;
const zero = 0x30;
/** Below, the digits are those that the number itself would be printed with. */
const exactBelow = 1e15;

export class MillisecondList {
  readonly #bytes = Buffer.alloc(512);
  #end = 0;

  /** Forgets what was added before. Up to a dozen numbers. */
  start(): this {
    this.#bytes[0] = 0x5b;
    this.#end = 1;
    return this;
  }

  /** NaN = null. */
  micros(value: number): this {
    this.#separate();
    if (!(value >= 0 && value < exactBelow)) {
      this.#text(Number.isNaN(value) ? 'null' : String(value / 1_000));
      return this;
    }
    const ms = Math.floor(value / 1_000);
    this.#digits(ms);
    let rest = value - ms * 1_000;
    if (rest === 0) return this;
    this.#put(0x2e);
    for (let unit = 100; rest > 0; unit = unit === 100 ? 10 : 1) {
      const digit = Math.floor(rest / unit);
      this.#put(zero + digit);
      rest -= digit * unit;
    }
    return this;
  }

  /** A number as it is. NaN = null. */
  whole(value: number): this {
    return this.micros(value * 1_000);
  }

  end(): string {
    this.#bytes[this.#end] = 0x5d;
    return this.#bytes.toString('latin1', 0, this.#end + 1);
  }

  #separate(): void {
    if (this.#end > 1) this.#put(comma);
  }

  #digits(value: number): void {
    let size = 1;
    for (let power = 10; power <= value; power *= 10) size += 1;
    let rest = value;
    for (let at = this.#end + size - 1; at >= this.#end; at -= 1) {
      const tenth = Math.floor(rest / 10);
      this.#bytes[at] = zero + (rest - tenth * 10);
      rest = tenth;
    }
    this.#end += size;
  }

  #text(text: string): void {
    this.#end += this.#bytes.write(text, this.#end, 'latin1');
  }

  #put(byte: number): void {
    this.#bytes[this.#end] = byte;
    this.#end += 1;
  }
}
