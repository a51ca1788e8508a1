// How much second attempts may cost a key: a share of what it has spent in the last hour. Reserved before the attempt, settled after.
import type { Clock } from '../core/clock.ts';

const bucketMs = 10 * 60_000;
const buckets = 6;
const rememberedPrincipals = 10_000;

class Window {
  readonly spent = new Array<number>(buckets).fill(0);
  readonly extra = new Array<number>(buckets).fill(0);
  private latest = -1;

  /** The bucket of now; what is older than the window is forgotten. */
  at(nowMs: number): number {
    const now = Math.floor(nowMs / bucketMs);
    for (let at = Math.max(this.latest + 1, now - buckets + 1); at <= now; at += 1) {
      this.spent[at % buckets] = 0;
      this.extra[at % buckets] = 0;
    }
    this.latest = Math.max(this.latest, now);
    return now % buckets;
  }
}

export class HedgeAllowance {
  private readonly clock: Clock;
  private readonly windows = new Map<string, Window>();
  private isWatching = false;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Somebody hedges: from now on it matters what calls cost. Until then nothing is counted. */
  watch(): void {
    this.isWatching = true;
  }

  /** A call was charged for. */
  spent(principal: string, nanoUsd: number | null): void {
    if (!this.isWatching || nanoUsd === null || nanoUsd === 0) return;
    const window = this.windowOf(principal);
    const at = window.at(this.clock.monotonicMs());
    window.spent[at] = (window.spent[at] ?? 0) + nanoUsd;
  }

  /** Reserves; false = it would be more than this share of what was spent. What costs nothing always may. */
  take(principal: string, { nanoUsd, maxPercent }: { readonly nanoUsd: number; readonly maxPercent: number }): boolean {
    if (nanoUsd === 0) return true;
    const window = this.windowOf(principal);
    const at = window.at(this.clock.monotonicMs());
    if (sum(window.extra) + nanoUsd > (sum(window.spent) * maxPercent) / 100) return false;
    window.extra[at] = (window.extra[at] ?? 0) + nanoUsd;
    return true;
  }

  /** Gives back what was reserved and not needed. */
  giveBack(principal: string, nanoUsd: number): void {
    if (nanoUsd <= 0) return;
    const window = this.windowOf(principal);
    const at = window.at(this.clock.monotonicMs());
    window.extra[at] = Math.max(0, (window.extra[at] ?? 0) - nanoUsd);
  }

  private windowOf(principal: string): Window {
    let window = this.windows.get(principal);
    if (window === undefined) {
      // Whoever is forgotten starts without an allowance.
      const [oldest] = this.windows.size < rememberedPrincipals ? [] : this.windows.keys();
      if (oldest !== undefined) this.windows.delete(oldest);
      window = new Window();
      this.windows.set(principal, window);
    }
    return window;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
