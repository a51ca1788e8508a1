// How long the slow ones of recent calls took, from a histogram with buckets that grow by a tenth: noting is one increment.

const bucketsPerDoubling = 8;
/** Up to 2^17 ms, two minutes; what takes longer counts as that. */
const buckets = 17 * bucketsPerDoubling + 1;
/** From here on all counts are halved, so that what is known is about recent calls. */
const mostNoted = 512;
/** Fewer say nothing about one in twenty. */
const leastNoted = 20;

export class Quantile {
  private readonly counts = new Uint16Array(buckets);
  private noted = 0;

  note(tookMs: number): void {
    const at = Math.min(buckets - 1, Math.max(0, Math.ceil(Math.log2(Math.max(1, tookMs)) * bucketsPerDoubling)));
    this.counts[at] = (this.counts[at] ?? 0) + 1;
    this.noted += 1;
    if (this.noted >= mostNoted) this.fade();
  }

  /** At least this share of the calls took no longer, to a tenth of the time; undefined = too few are known. */
  read(share: number): number | undefined {
    if (this.noted < leastNoted) return undefined;
    let left = Math.ceil(this.noted * share);
    for (let at = 0; at < buckets; at += 1) {
      left -= this.counts[at] ?? 0;
      if (left <= 0) return 2 ** (at / bucketsPerDoubling);
    }
    return undefined;
  }

  private fade(): void {
    this.noted = 0;
    for (let at = 0; at < buckets; at += 1) {
      const kept = (this.counts[at] ?? 0) >> 1;
      this.counts[at] = kept;
      this.noted += kept;
    }
  }
}
