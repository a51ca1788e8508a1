// Facts about the machine, without which a time says nothing.
import { cpus, loadavg, release, totalmem } from 'node:os';
import type { Cores } from '../measure/child-process.ts';

export interface MachineFacts {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly node: string;
  /** Runnable processes over the last minute, before the benchmark began: near 0 on a quiet machine. */
  readonly loadBefore: number;
  readonly pinning: string;
  readonly date: string;
}

export function machineFacts(cores: Cores | undefined): MachineFacts {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    node: process.versions.node,
    loadBefore: loadavg()[0] ?? 0,
    pinning: cores ? `candidate on core ${cores.candidate}, load and upstream on core ${cores.load}` : 'none: no taskset, or one core only',
    date: new Date().toISOString().slice(0, 10),
  };
}

export function describeMachine(facts: MachineFacts): string {
  return `${facts.processor}, ${facts.cores} cores, ${facts.memoryGb} GB, Linux ${facts.kernel}, Node ${facts.node}; pinning: ${facts.pinning}; load before the run ${facts.loadBefore.toFixed(2)}; ${facts.date}`;
}
