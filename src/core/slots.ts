// A bag of live things in reused places. A Set would leave dead hash tables in old space that keep the last things they held
// alive, buffers and all, until the next full collection: for live requests that tripled the collector's work.

export class Slots<Item> {
  private readonly slots: (Item | undefined)[] = [];
  private readonly freed: number[] = [];
  size = 0;

  /** Answers the place, to be given back with `remove`. */
  add(item: Item): number {
    const slot = this.freed.pop() ?? this.slots.length;
    this.slots[slot] = item;
    this.size += 1;
    return slot;
  }

  /** Once per place. */
  remove(slot: number): void {
    this.slots[slot] = undefined;
    this.freed.push(slot);
    this.size -= 1;
  }

  all(): readonly Item[] {
    return this.slots.filter((item) => item !== undefined) as Item[];
  }
}
