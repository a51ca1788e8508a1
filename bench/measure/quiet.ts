// Repeats measurements in which the host gave the processor to somebody else. On a rented machine that happens for seconds or minutes at a
// time, multiplies every time by ten and says nothing about what is measured. The kernel counts it as `steal`, so what is
// repeated is chosen by that and not by its result.
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** A larger share of the processor's time may not be missing. */
const mostStolen = 0.02;
const pauseMs = 2_000;

export interface Quiet {
  /** What the quietest of the tries gave. */
  measure<T>(work: () => Promise<T>): Promise<T>;
  /** For the report; none where nothing had to be repeated. */
  notes(): string[];
}

export interface QuietOptions {
  /** How long a run may take longer for it, all measurements together. */
  readonly patienceMs: number;
  /** The kernel's figures, as in the first line of /proc/stat. */
  readonly readStat?: () => string;
  readonly pauseMs?: number;
}

export function createQuiet(options: QuietOptions): Quiet {
  const { readStat = readKernelStat } = options;
  let patienceMs = options.patienceMs;
  let repeated = 0;
  let worst = 0;

  async function measureOnce<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly stolen: number }> {
    const before = readTimes(readStat());
    const value = await work();
    const after = readTimes(readStat());
    return { value, stolen: (after.stolen - before.stolen) / Math.max(1, after.all - before.all) };
  }

  return {
    async measure(work) {
      let best = await measureOnce(work);
      while (best.stolen > mostStolen && patienceMs > 0) {
        const startedAt = performance.now();
        await wait(options.pauseMs ?? pauseMs);
        const next = await measureOnce(work);
        repeated += 1;
        if (next.stolen < best.stolen) best = next;
        patienceMs -= performance.now() - startedAt;
      }
      worst = Math.max(worst, best.stolen);
      return best.value;
    },
    notes() {
      if (worst <= mostStolen && repeated === 0) return [];
      const kept = worst > mostStolen ? `; in the worst that was kept it was ${(worst * 100).toFixed(0)} %` : '';
      return [
        `${repeated} measurements repeated: the host had taken more than ${mostStolen * 100} % of the processor's time from them${kept}.`,
      ];
    },
  };
}

function readKernelStat(): string {
  return readFileSync('/proc/stat', 'latin1');
}

/** In the kernel's ticks, of all cores. What guests of this machine take is part of its user time. */
function readTimes(stat: string): { readonly stolen: number; readonly all: number } {
  const times = stat.slice(0, stat.indexOf('\n')).trim().split(/\s+/).slice(1, 9).map(Number);
  return { stolen: times[7] ?? 0, all: times.reduce((sum, time) => sum + time, 0) };
}
