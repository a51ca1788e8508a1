// The time an exchange may take with all its attempts; when it is over, the exchange is interrupted.
import type { Clock } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import type { CallContext } from './call.ts';

export class TimeLimit {
  totalMs: number;
  private readonly call: CallContext;
  private readonly clock: Clock;
  private end: () => void;

  constructor(call: CallContext, totalMs: number, clock: Clock) {
    this.call = call;
    this.clock = clock;
    this.totalMs = totalMs;
    this.end = this.start(totalMs);
  }

  /** What an alias may take at most, counted from the arrival, if that is less. */
  shorten(totalMs: number | undefined): void {
    if (totalMs === undefined || totalMs >= this.totalMs) return;
    this.cancel();
    this.totalMs = totalMs;
    this.end = this.start(totalMs - (this.clock.monotonicMs() - this.call.arrivedMs));
  }

  cancel(): void {
    this.end();
  }

  private start(leftMs: number): () => void {
    return this.clock.after(leftMs, () => {
      this.call.interruption.interrupt(
        new GatewayError('upstream_timeout', 'no complete answer within the total time limit; raise timeouts.total_ms or ask for less'),
      );
    });
  }
}
