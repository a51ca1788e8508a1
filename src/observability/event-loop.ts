// How long the event loop keeps callers waiting, sampled by the runtime itself.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from '../core/clock.ts';

export interface EventLoopWatch {
  /** Since the last call. */
  read(): { readonly p50Ms: number; readonly p99Ms: number };
  close(): void;
}

const resolutionMs = 20;

export function watchEventLoop(clock: Clock): EventLoopWatch {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  let last = { p50Ms: 0, p99Ms: 0 };
  let readMs = Number.NEGATIVE_INFINITY;
  return {
    read() {
      // Both percentiles of one scrape come from one reading.
      if (clock.monotonicMs() - readMs < 100) return last;
      readMs = clock.monotonicMs();
      const lag = (percentile: number): number => Math.max(0, histogram.percentile(percentile) / 1e6 - resolutionMs);
      last = { p50Ms: lag(50), p99Ms: lag(99) };
      histogram.reset();
      return last;
    },
    close: () => histogram.disable(),
  };
}
