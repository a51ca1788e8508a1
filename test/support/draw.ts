// Chance that can be repeated: everything a fault scenario leaves open is drawn from its seed.

export class Draw {
  private state: number;

  constructor(seed: number) {
    // Neighbouring seeds would begin alike without a first stir.
    this.state = Math.imul(seed + 1, 0x9e37_79b1) | 0;
  }

  /** In [0, 1); a Random for the parts under test. */
  readonly next = (): number => {
    this.state = (this.state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };

  /** A whole number, both ends included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.int(0, items.length - 1)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  /** The same bytes in 1 to `most` pieces, cut anywhere: inside characters, line ends, frames. */
  chop(bytes: Buffer, most = 12): Buffer[] {
    const borders = new Set<number>([0, bytes.length]);
    for (let cuts = this.int(0, most - 1); cuts > 0; cuts -= 1) borders.add(this.int(0, bytes.length));
    const sorted = [...borders].sort((a, b) => a - b);
    const pieces = sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
    return pieces.length === 0 ? [bytes] : pieces;
  }
}
