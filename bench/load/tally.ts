// Counts what the connections of one job saw.
import { percentiles } from '../measure/statistics.ts';
import type { LoadReport } from './job.ts';

export interface Tally {
  answered(times: { readonly latencyMs: number; readonly firstByteMs: number; readonly read: boolean }): void;
  failed(fault: string): void;
  /** Shall the next answer be read completely? */
  mustRead(): boolean;
  /** All answers of a job say the same, so their lengths may differ by ids and numbers only. */
  lengthFault(bodyBytes: number): string | undefined;
  readonly answers: number;
  readonly failures: number;
  report(elapsedMs: number): LoadReport;
}

const shownFaults = 3;

export function createTally({ readEvery }: { readonly readEvery: number }): Tally {
  const latencies: number[] = [];
  const firstBytes: number[] = [];
  const faults: string[] = [];
  let failures = 0;
  let started = 0;
  let read = 0;
  let usualBytes: number | undefined;
  return {
    answered(times) {
      latencies.push(times.latencyMs);
      firstBytes.push(times.firstByteMs);
      if (times.read) read += 1;
    },
    failed(fault) {
      failures += 1;
      if (faults.length < shownFaults && !faults.includes(fault)) faults.push(fault);
    },
    mustRead() {
      started += 1;
      return (started - 1) % readEvery === 0;
    },
    lengthFault(bodyBytes) {
      usualBytes ??= bodyBytes;
      const differs = Math.abs(bodyBytes - usualBytes);
      return differs <= Math.max(64, usualBytes * 0.02) ? undefined : `the answer has ${bodyBytes} bytes, the first one had ${usualBytes}`;
    },
    get answers() {
      return latencies.length;
    },
    get failures() {
      return failures;
    },
    report: (elapsedMs) => ({
      answers: latencies.length,
      read,
      failures,
      faults,
      elapsedMs,
      latencyMs: percentiles(latencies),
      firstByteMs: percentiles(firstBytes),
    }),
  };
}
