// `[0.12,3,null]` from whole microseconds. As the text of each number by itself, joined into one, it was a kilobyte of garbage for
// each entry of the ledger.
import { DecimalText } from '../../core/decimal-text.ts';

const open = 0x5b;
const close = 0x5d;
const comma = 0x2c;
/** Below, the digits are those that the number itself would be printed with. */
const exactBelow = 1e15;

export class MillisecondList {
  readonly #text = new DecimalText();

  /** Forgets what was added before. Up to a dozen numbers. */
  start(): this {
    this.#text.start().character(open);
    return this;
  }

  /** NaN = null. */
  micros(value: number): this {
    this.#separate();
    if (value >= 0 && value < exactBelow) {
      const ms = Math.floor(value / 1_000);
      this.#text.whole(ms).fraction(value - ms * 1_000, 3);
    } else this.#text.text(Number.isNaN(value) ? 'null' : String(value / 1_000));
    return this;
  }

  /** A number as it is. NaN = null. */
  whole(value: number): this {
    return this.micros(value * 1_000);
  }

  end(): string {
    return this.#text.character(close).toString();
  }

  #separate(): void {
    if (this.#text.length > 1) this.#text.character(comma);
  }
}
