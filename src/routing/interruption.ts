// What ends an exchange from outside: the client left, the process stops, the total time is over.
import type { GatewayError } from '../core/errors.ts';

/** Something under way that an interruption ends: an attempt, a pause. */
export interface Interruptible {
  abort(error: GatewayError): void;
}

export class Interruption {
  /** Nearly always one at a time: an attempt, a pause, a stream. */
  private first: Interruptible | undefined;
  private others: Interruptible[] | undefined;
  error: GatewayError | undefined;

  interrupt(error: GatewayError): void {
    if (this.error !== undefined) return;
    this.error = error;
    const { first, others } = this;
    this.first = undefined;
    this.others = undefined;
    first?.abort(error);
    if (others !== undefined) for (const one of others) one.abort(error);
  }

  /** Aborts it at the interruption, at once if that has been. */
  onInterrupt(one: Interruptible): void {
    if (this.error !== undefined) one.abort(this.error);
    else if (this.first === undefined) this.first = one;
    else this.others = [...(this.others ?? []), one];
  }

  offInterrupt(one: Interruptible): void {
    if (this.first === one) this.first = undefined;
    else if (this.others !== undefined) this.others = this.others.filter((other) => other !== one);
  }
}
